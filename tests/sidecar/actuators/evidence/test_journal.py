"""The journal: the real journalctl where there is a journal, programs of its name for how it may fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from sidecar.actuators.evidence.collector import EvidenceSettings
from sidecar.actuators.evidence.journal import Journal
from sidecar.core.nouns import Ended
from sidecar.core.observations import Collected
from support.patient import lives, living, printing

PATIENCE = 20.0


def by(seconds: float = PATIENCE) -> float:
    return time.monotonic() + seconds


def test_what_a_unit_of_this_machine_has_printed() -> None:
    if shutil.which("journalctl") is None:
        pytest.skip("no journalctl here")
    asked = subprocess.run(["journalctl", "-F", "_SYSTEMD_UNIT"], capture_output=True, text=True, check=False)
    if not asked.stdout:
        pytest.skip(f"no unit's journal can be read here: {asked.stderr.strip() or 'there are no lines'}")
    journal = Journal(asked.stdout.split()[0])
    head, *lines = journal.last(by()).decode().splitlines()
    assert head.startswith("== journal of ")
    assert lines
    assert journal.since(0.0, by())
    assert journal.since(time.time() + 3600.123456, by()) == b""


def test_the_real_journalctl_takes_what_it_is_asked_and_says_why_there_is_nothing() -> None:
    if shutil.which("journalctl") is None:
        pytest.skip("no journalctl here")
    journal = Journal("fermat-no-such-unit.service")
    said = {reads(lambda: journal.since(time.time(), by())), reads(lambda: journal.last(by()))}
    reasons = ("journalctl: No journal files were", "journalctl: Hint: ")
    assert said == {"", "== journal of fermat-no-such-unit.service\n"} or all(
        line.startswith(reasons) for line in said
    )


def reads(read: Callable[[], bytes]) -> str:
    """The lines, or why there are none."""
    try:
        return read().decode()
    except OSError as error:
        return str(error)


Script = Callable[[str], int]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Puts a program where journalctl is."""
    path = tmp_path / "bin/journalctl"
    path.parent.mkdir()
    path.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    return lambda text: path.write_text(f"#!/bin/sh\n{text}\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "echo 'Hint: You are\nnot in the group.' >&2; echo '-- No entries --'",
            "Hint: You are not in the group.",
        ),
        ("echo 'insufficient permissions.' >&2; exit 1", "insufficient permissions."),
        ("exit 3", "exit code 3"),
        ("exec sleep 60", "no answer within 0.2 s"),
    ],
)
def test_why_there_is_no_answer_is_said(script: Script, text: str, why: str) -> None:
    script(text)
    began = time.monotonic()
    with pytest.raises(OSError, match=f"^journalctl: {why}$"):
        Journal("cloud.service").last(by(PATIENCE if "answer" not in why else 0.2))
    assert time.monotonic() - began < 5


def test_a_machine_without_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="journalctl"):
        Journal("cloud.service").last(by())


def test_its_lines_are_shown_without_secrets(script: Script) -> None:
    script("echo \"$@\"; echo 'password = S3cr3t'; echo 'Hint: much.' >&2")
    lines = Journal("cloud.service").last(by()).decode().splitlines()
    assert lines == [
        "== journal of cloud.service",
        "--unit=cloud.service --output=cat --no-pager --lines=200",
        "password =***",
    ]
    assert b"--since=@1700000000.250000" in Journal("cloud.service").since(1.7e9 + 0.25, by())


def contents(collected: Collected) -> dict[str, str]:
    return {path.name: path.read_text() for path in Path(collected.bundle).iterdir()}


async def test_a_bundle_of_a_unit(
    classes: Path, tmp_path: Path, settings: EvidenceSettings, gather, script: Script
) -> None:
    """Its output comes from the journal; its threads too, though it printed them only when asked."""
    quits: list[int] = []
    journal = tmp_path / "journal"
    journal.write_text("".join(f"a line {number}\n" for number in range(300)))
    script(f"case $* in *--lines=200) tail -n 200;; *) cat;; esac < {journal}")
    with printing(journal, classes, "deadlock") as who:

        def quit_() -> None:
            quits.append(who.pid)
            os.kill(who.pid, signal.SIGQUIT)

        server = msgspec.structs.replace(settings.server, output=None, unit="cloud.service", quit=quit_)
        collected = await gather(who, server=server)
        assert lives(who)
    files = contents(collected)
    assert "Found one Java-level deadlock" in files["jvm-threads.txt"]
    assert files["jvm-threads.txt"].startswith("Full thread dump")
    assert files["server-output.txt"].count("\n") == 201
    assert "thread dump" not in files["server-output.txt"]
    assert "a line 299" in files["server-output.txt"]
    assert quits == [who.pid]


async def test_a_bundle_of_a_unit_that_is_dead(
    tmp_path: Path, settings: EvidenceSettings, gather, script: Script
) -> None:
    """Nobody is asked for anything, for it would be the next one; the last lines are in the journal."""
    script("echo its last line")
    quits: list[str] = []
    server = msgspec.structs.replace(
        settings.server, output=None, unit="cloud.service", quit=lambda: quits.append("asked")
    )
    with living(["sh", "-c", "echo ready"], tmp_path, says=b"ready\n") as who:
        pass
    collected = await gather(who, "exited", ended=Ended(signal=9), server=server)
    assert contents(collected)["server-output.txt"] == "== journal of cloud.service\nits last line\n"
    assert quits == []


async def test_evidence_never_changes_a_unit_that_is_no_jvm(
    tmp_path: Path, settings: EvidenceSettings, gather, script: Script
) -> None:
    script("echo a line")
    quits: list[str] = []
    server = msgspec.structs.replace(
        settings.server, output=None, unit="cloud.service", quit=lambda: quits.append("asked")
    )
    with living(["sh", "-c", "echo ready; exec sleep 60"], tmp_path, says=b"ready\n") as who:
        for _ in range(3):
            collected = await gather(who, server=server)
        assert lives(who)
    assert "jvm-threads.txt: not asked: it does not catch SIGQUIT, which would end it" in collected.missing
    assert quits == []
