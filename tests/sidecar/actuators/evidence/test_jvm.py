"""Real processes are asked, or not; none is changed by it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fermatkit.process import started
from sidecar.actuators.evidence.jvm import Jvm, NotAsked
from sidecar.actuators.evidence.status import Status
from sidecar.core.nouns import Identity
from support.patient import lives, living, patient
from support.standin import serving

PATIENCE = 20.0


def jvm(identity: Identity, seconds: float = PATIENCE) -> Jvm:
    return Jvm(identity, time.monotonic() + seconds)


def test_a_deadlock_is_named_and_the_jvm_lives(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "deadlock") as who:
        dump = jvm(who).ask("threaddump").decode()
        assert "Found one Java-level deadlock" in dump
        assert '"left-first"' in dump
        assert "used" in jvm(who).ask("jcmd", "GC.heap_info").decode()
        assert b"java.lang.String" in jvm(who).ask("inspectheap", "-all")
        assert lives(who)
        assert not list(tmp_path.glob(".attach_pid*"))  # nothing stays behind in the server's directory


def test_a_command_that_it_does_not_know_is_refused(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle") as who:
        with pytest.raises(NotAsked, match="refused"):
            jvm(who).ask("nonsense")
        assert lives(who)


def test_a_stopped_one_is_not_asked(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle") as who:
        os.kill(who.pid, signal.SIGSTOP)
        while Status.of(who.pid).state != "T":
            time.sleep(0.001)
        with pytest.raises(NotAsked, match="stopped"):
            jvm(who).ask("threaddump")
        assert not _pending(who.pid)
        os.kill(who.pid, signal.SIGCONT)
        assert jvm(who).ask("threaddump")


def _pending(pid: int) -> int:
    """Signals that wait for it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("ShdPnd")).split()[1], 16)


def test_one_without_signals_is_asked_without_one(classes: Path, tmp_path: Path) -> None:
    """Started with -Xrs a JVM leaves SIGQUIT to the kernel, which would end it; it listens from the start."""
    with patient(classes, tmp_path, "idle", options=("-Xrs",)) as who:
        assert not Status.of(who.pid).catches(signal.SIGQUIT)
        assert jvm(who).ask("threaddump")
        assert lives(who)


def test_one_that_a_signal_would_end_is_not_signalled(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle", options=("-Xrs", "-XX:+DisableAttachMechanism")) as who:
        with pytest.raises(NotAsked, match="SIGQUIT"):
            jvm(who).ask("threaddump")
        assert lives(who)


def test_one_that_may_not_be_attached_to_lives(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle", options=("-XX:+DisableAttachMechanism",)) as who:
        with pytest.raises(NotAsked, match="in time"):
            jvm(who, 0.3).ask("threaddump")
        assert lives(who)
        assert not list(tmp_path.glob(".attach_pid*"))


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ((sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(60)"), "SIGQUIT"),
        (("sh", "-c", "echo ready; while :; do sleep 60; done"), "SIGQUIT"),
        (("sh", "-c", "trap : QUIT; echo ready; while :; do sleep 60 & wait $!; done"), "no JVM"),
    ],
    ids=["python", "shell", "catches-it"],
)
def test_what_is_no_jvm_is_left_alone(tmp_path: Path, command: tuple[str, ...], why: str) -> None:
    with living([*command], tmp_path, says=b"ready\n") as who:
        with pytest.raises(NotAsked, match=why):
            jvm(who).ask("threaddump")
        time.sleep(0.05)
        assert lives(who)


def test_the_stand_in_is_left_alone(tmp_path: Path) -> None:
    with serving(tmp_path) as standin:
        who = Identity(standin.process.pid, started(standin.process.pid) or 0)
        with pytest.raises(NotAsked, match="SIGQUIT"):
            jvm(who).ask("threaddump")
        time.sleep(0.05)
        assert lives(who)


def test_another_process_with_the_same_pid_is_not_asked(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle") as who, pytest.raises(NotAsked, match="another's"):
        jvm(Identity(who.pid, who.started - 1)).ask("threaddump")


def test_a_socket_of_somebody_else_is_not_believed(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle") as who, socket.socket(socket.AF_UNIX) as impostor:
        path = Path(f"/tmp/.java_pid{who.pid}")
        impostor.bind(str(path))
        try:
            impostor.listen()
            with pytest.raises(NotAsked, match="another process"):
                jvm(who).ask("threaddump")
        finally:
            path.unlink()


def test_a_socket_that_a_dead_jvm_left_is_replaced(classes: Path, tmp_path: Path) -> None:
    with patient(classes, tmp_path, "idle") as who:
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(f"/tmp/.java_pid{who.pid}")
        assert jvm(who).ask("threaddump")


def test_a_jvm_of_another_user_is_not_asked(tmp_path: Path) -> None:
    """Asked by an ordinary user; root may ask everybody."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    script = (
        "import sys, time, os\n"
        "from sidecar.actuators.evidence.jvm import Jvm\n"
        "from sidecar.core.nouns import Identity\n"
        "os.setuid(65534)\n"
        "try: Jvm(Identity(int(sys.argv[1]), int(sys.argv[2])), time.monotonic() + 5).ask('threaddump')\n"
        "except OSError as error: print(error.strerror)\n"
    )
    with living(["sh", "-c", "echo ready; sleep 60"], tmp_path, says=b"ready\n") as who:
        arguments = [sys.executable, "-c", script, str(who.pid), str(who.started)]
        answer = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert answer.stdout == "not asked: it belongs to user 0, and we are 65534\n"
