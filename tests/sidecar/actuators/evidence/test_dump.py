"""Real JVMs print their threads when they are sent SIGQUIT; whatever else there is, is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fermatkit.process import started
from sidecar.actuators.evidence import dump
from sidecar.actuators.evidence.jvm import NotAsked
from sidecar.actuators.evidence.status import Status
from sidecar.core.nouns import Identity
from support.patient import lives, living, printing

PATIENCE = 20.0


class Output:
    """A file that a server prints to, read as the journal would be: from a moment on, no empty lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[int] = []
        self.skipped = 0

    def quit(self, who: Identity) -> None:
        """SIGQUIT, noted; what was printed before is before the moment."""
        self.asked.append(who.pid)
        self.skipped = self.path.stat().st_size
        os.kill(who.pid, signal.SIGQUIT)

    def __call__(self, _since: float, _deadline: float) -> bytes:
        lines = self.path.read_bytes()[self.skipped :].splitlines(keepends=True)
        return b"".join(line for line in lines if line.strip())

    def threads(self, who: Identity, seconds: float = PATIENCE) -> str:
        return dump.threads(who, lambda: self.quit(who), self, time.monotonic() + seconds).decode()


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "output")


@pytest.mark.parametrize("collector", ["-XX:+UseSerialGC", "-XX:+UseG1GC", "-XX:-UseCompressedClassPointers"])
def test_a_deadlock_is_named_and_the_jvm_lives(classes: Path, output: Output, collector: str) -> None:
    with printing(output.path, classes, "deadlock", collector) as who:
        for _ in range(3):
            lines = output.threads(who).splitlines()
            assert lines[0].startswith("Full thread dump ")
            assert "Found one Java-level deadlock:" in lines
            assert any(line.startswith('"Timer-2"') for line in lines)
            assert lines[lines.index("Heap") + 1 :]
            assert sum(line.startswith("Full thread dump") for line in lines) == 1
            assert lives(who)
    assert output.asked == [who.pid] * 3


def test_what_the_program_prints_after_it_is_not_part_of_it_and_secrets_are_masked(
    classes: Path, output: Output
) -> None:
    with printing(output.path, classes, "idle") as who:
        whole = output.threads(who)
    broken = whole.replace("JNI global", "password = S3cr3t\nJNI global")
    lines = f"2026-11-26 11:47:18\n{broken}INFO a client came\n".encode()
    with printing(output.path, classes, "idle") as who:
        again = dump.threads(who, lambda: None, lambda *_: lines, time.monotonic() + PATIENCE).decode()
    assert again == whole.replace("JNI global", "password =***\nJNI global")


def test_half_a_dump_is_kept_and_called_that(classes: Path, output: Output) -> None:
    with printing(output.path, classes, "idle") as who:
        half = output.threads(who).partition("JNI global")[0].encode()
        kept = dump.threads(who, lambda: None, lambda *_: half, time.monotonic() + 0.3)
    assert kept.startswith(half)
    assert kept[len(half) :].startswith(b"== the rest did not come within 0.")


def test_half_a_dump_is_kept_when_the_journal_falls_silent_and_its_reason_without_one(
    classes: Path, output: Output
) -> None:
    answers: list[bytes] = []

    def printed(*_: float) -> bytes:
        if not answers:
            raise TimeoutError("journalctl: no answer")
        return answers.pop()

    with printing(output.path, classes, "idle") as who:
        with pytest.raises(TimeoutError, match="journalctl"):
            dump.threads(who, lambda: None, printed, time.monotonic() + PATIENCE)
        answers.append(b"Full thread dump of Java\n")
        kept = dump.threads(who, lambda: None, printed, time.monotonic() + PATIENCE)
    assert kept.startswith(b"Full thread dump of Java\n== the rest did not come within ")


def test_a_dump_that_goes_elsewhere_is_said(classes: Path, output: Output) -> None:
    with printing(output.path, classes, "idle") as who:
        with pytest.raises(NotAsked, match=r"no dump within 0\.\d s of SIGQUIT"):
            dump.threads(who, lambda: None, lambda *_: b"INFO as ever\n", time.monotonic() + 0.2)
        assert lives(who)


def test_a_signal_that_cannot_be_sent_is_the_reason(classes: Path, output: Output) -> None:
    def refused() -> None:
        raise OSError("not authorized by polkit")

    with printing(output.path, classes, "idle") as who, pytest.raises(OSError, match="polkit"):
        dump.threads(who, refused, output, time.monotonic() + PATIENCE)


def test_a_stopped_one_is_not_asked(classes: Path, output: Output) -> None:
    with printing(output.path, classes, "idle") as who:
        os.kill(who.pid, signal.SIGSTOP)
        while Status.of(who.pid).state != "T":
            time.sleep(0.001)
        with pytest.raises(NotAsked, match="stopped"):
            output.threads(who)
        os.kill(who.pid, signal.SIGCONT)
        assert output.threads(who)
    assert len(output.asked) == 1


def test_one_that_the_signal_would_end_is_not_signalled(classes: Path, output: Output) -> None:
    with printing(output.path, classes, "idle", "-Xrs") as who:
        with pytest.raises(NotAsked, match="does not catch SIGQUIT"):
            output.threads(who)
        assert lives(who)
    assert output.asked == []


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ((sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(60)"), "SIGQUIT"),
        (("sh", "-c", "trap : QUIT; echo ready; while :; do sleep 60 & wait $!; done"), "no JVM"),
        (("./java", "-c", "trap : QUIT; echo ready; while :; do sleep 60 & wait $!; done"), "no JVM"),
    ],
    ids=["python", "catches-it", "is-called-java"],
)
def test_what_is_no_jvm_is_left_alone(
    tmp_path: Path, output: Output, command: tuple[str, ...], why: str
) -> None:
    (tmp_path / "java").symlink_to("/bin/sh")
    with living([*command], tmp_path, says=b"ready\n") as who:
        with pytest.raises(NotAsked, match=why):
            output.threads(who)
        time.sleep(0.05)
        assert lives(who)
    assert output.asked == []


NAMELESS = """
import signal, threading, time
lines = "Full thread dump of Java", "JNI global references: 1", "Heap", "  class space used"
def dump(*_): print(*lines, sep="\\n", flush=True)
signal.signal(signal.SIGQUIT, dump)
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("ready", flush=True)
while True: time.sleep(0.01)
"""


def test_one_that_gives_its_threads_no_names_is_known_by_its_programs(tmp_path: Path, output: Output) -> None:
    """As Java 8 does; a program of that name stands for it."""
    (tmp_path / "java").symlink_to(Path(sys.executable).resolve())
    with output.path.open("wb") as file:
        process = subprocess.Popen(["./java", "-c", NAMELESS], cwd=tmp_path, stdout=file)
    try:
        while not output.path.read_bytes().endswith(b"ready\n"):
            time.sleep(0.005)
        who = Identity(process.pid, started(process.pid) or 0)
        assert output.threads(who).endswith("references: 1\nHeap\n  class space used\n")
        assert lives(who)
    finally:
        process.kill()
        process.wait()


def test_another_process_with_the_same_pid_is_not_asked(classes: Path, output: Output) -> None:
    with printing(output.path, classes, "idle") as who, pytest.raises(NotAsked, match="another's"):
        output.threads(Identity(who.pid, who.started - 1))
    assert output.asked == []


AS_ANOTHER = """
import os, sys, time
from pathlib import Path
from sidecar.actuators.evidence import dump
from sidecar.core.nouns import Identity
os.setresuid(65534, 65534, 65534)
pid, started, output = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def printed(*_): return Path(output).read_bytes()
def quit_(): print("quit", flush=True); sys.stdin.readline()
print(dump.threads(Identity(pid, started), quit_, printed, time.monotonic() + 20).decode())
"""


def test_a_jvm_of_another_user_is_known_as_one(classes: Path, output: Output) -> None:
    """By an ordinary user, who may not send it a signal: that is somebody else's part."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for directory in output.path.parents:
        if directory.name.startswith(("test_", "popen-", "pytest-")):  # one more where workers share them
            directory.chmod(0o755)  # the journal is read for the sidecar; this file it has to read itself
    with printing(output.path, classes, "idle") as who:
        arguments = [sys.executable, "-c", AS_ANOTHER, str(who.pid), str(who.started), str(output.path)]
        with subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            assert other.stdout.readline() == "quit\n"
            os.kill(who.pid, signal.SIGQUIT)
            other.stdin.write("sent\n")
            other.stdin.flush()
            assert "Full thread dump" in other.stdout.read()
        assert lives(who)
