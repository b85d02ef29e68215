"""One sidecar for one state directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fermatkit.errors import ExitCode, UserError
from sidecar.store.lock import InstanceLock
from support.disks import small_disk

OTHER = """
import subprocess, sys, time
from pathlib import Path
from sidecar.store.lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
child = subprocess.Popen(["sleep", "60"], close_fds=False)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_second_sidecar_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OTHER, tmp_path], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        grandchild = int(first.stdout.readline())
        try:
            with pytest.raises(UserError, match=rf"another sidecar \(pid {first.pid}\)") as refused:
                InstanceLock(tmp_path)
            assert "\n" not in str(refused.value)
            first.kill()
            first.wait()
            lock = InstanceLock(tmp_path)  # though its child lives on
        finally:
            first.kill()
            os.kill(grandchild, 9)
    assert (tmp_path / "sidecar.lock").read_text() == str(os.getpid())
    with pytest.raises(UserError):
        InstanceLock(tmp_path)
    lock.release()
    InstanceLock(tmp_path).release()


def test_on_a_disk_that_is_read_only_the_lock_of_an_earlier_one_serves(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state") as disk:
        InstanceLock(disk.path).release()
        disk.make("ro")
        lock = InstanceLock(disk.path)
        with pytest.raises(UserError, match=rf"another sidecar \(pid {os.getpid()}\)"):
            InstanceLock(disk.path)
        lock.release()


def test_a_disk_that_always_was_read_only_is_refused(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state") as disk:
        disk.make("ro")
        with pytest.raises(UserError, match=r"sidecar\.lock: Read-only file system") as refused:
            InstanceLock(disk.path)
    assert refused.value.code is ExitCode.CONFIGURATION


FULL = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from sidecar.store.lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_disk_without_room_for_a_pid_has_room_for_the_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"locked\n"
        with pytest.raises(UserError, match=r"another sidecar \(pid unknown\)"):
            InstanceLock(tmp_path)
        first.communicate(b"")
    assert first.returncode == 0


def test_a_missing_state_directory_is_made(tmp_path: Path) -> None:
    InstanceLock(tmp_path / "var" / "state").release()
    assert (tmp_path / "var" / "state").is_dir()


def test_one_that_cannot_be_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=f"{tmp_path}/file/state: Not a directory") as refused:
        InstanceLock(tmp_path / "file" / "state")
    assert refused.value.code is ExitCode.CONFIGURATION
