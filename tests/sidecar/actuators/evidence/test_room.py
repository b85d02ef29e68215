"""A JVM that can make no more threads is not woken, for that would end it."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidecar.actuators.evidence import room
from sidecar.actuators.evidence.jvm import Jvm, NotAsked
from sidecar.core.nouns import Identity
from support.jvm import compiled
from support.patient import lives, living

PATIENCE = 20.0
MOST = 100
"""Threads that its user may have."""
NOBODYS = 300_000 + os.getpid() % 100_000
"""A user who runs nothing else: the limit counts all that is the user's, and does not bind root."""
AS_NOBODY = ("setpriv", "--reuid", str(NOBODYS), "--regid", str(NOBODYS), "--clear-groups")
FILLS = """
import os, sys, threading, time
os.setresuid(*[int(sys.argv[1])] * 3)
for _ in range(int(sys.argv[2]) - 1):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""


@contextmanager
def jvm_of_nobody(spare: int) -> Iterator[Identity]:
    """Beside another process of its user, which leaves so many threads to it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o777)  # pytest's own are root's
        classes = compiled(directory, "Patient")
        java = ["java", "-Xmx16m", "-XX:+UseSerialGC", "-cp", str(classes), "Patient", "idle"]
        command = [*AS_NOBODY, "prlimit", f"--nproc={MOST}:{MOST}", *java]
        with living(command, directory, says=b"ready\n") as who:
            others = MOST - spare - len(list(Path(f"/proc/{who.pid}/task").iterdir()))
            filler = [sys.executable, "-c", FILLS, str(NOBODYS), str(others)]
            with living(filler, directory, says=b"ready\n"):
                yield who


def test_with_no_thread_left_it_is_not_asked_and_lives() -> None:
    with jvm_of_nobody(spare=0) as who:
        with pytest.raises(NotAsked, match=r"its user has \d+ of 100 threads"):
            Jvm(who, time.monotonic() + PATIENCE).ask("threaddump")
        time.sleep(0.3)
        assert lives(who)


def test_with_room_for_some_more_it_is_asked() -> None:
    with jvm_of_nobody(spare=20) as who:
        assert b"Full thread dump" in Jvm(who, time.monotonic() + PATIENCE).ask("threaddump")
        assert lives(who)


def test_root_has_no_limit_of_its_own(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("not root")
    with living(
        ["prlimit", "--nproc=1:1", "sh", "-c", "echo ready; exec sleep 60"], tmp_path, b"ready\n"
    ) as who:
        assert room.lacking(who.pid) == ""
