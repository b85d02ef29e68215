"""The golden recordings, and the command that reads them."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import pytest

from drills import story
from drills.cases import DRILLS
from drills.drill import Drill
from recordings.machines import MACHINES, Machine
from recordings.more import MORE
from sidecar.cli import main
from sidecar.config.load import load
from sidecar.core.engine import State
from sidecar.core.observations import Restored, Seen
from sidecar.store.recording import Recorder, RecordingSettings

RECORDINGS = Path(__file__).parents[2] / "recordings"
GOLDEN = sorted(RECORDINGS.glob("*.jsonl.gz"))
COMMON = ("/example/", "/evidence/", "/proc/", "/sys/", "/var/log/fermat")


@pytest.mark.parametrize("recording", GOLDEN, ids=lambda path: str(path.name).partition(".")[0])
def test_a_real_life_replays_to_what_it_was(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a change of the core, tests/recordings/make.py says what changed; a person has to want it."""
    assert main(["replay", str(recording)]) == 0
    out, err = capsys.readouterr()
    assert out == recording.with_name(recording.name.replace(".jsonl.gz", ".txt")).read_text()
    assert err == ""


def printed(name: str) -> str:
    return (RECORDINGS / f"{name}.txt").read_text()


@pytest.mark.parametrize("drill", [*DRILLS, *MORE], ids=lambda drill: drill.name)
def test_there_is_a_recording_of_each_failure_in_which_it_is_named_and_answered(drill: Drill) -> None:
    assert f"finding   {drill.finding} appeared" in printed(drill.name)
    assert story.missing(drill.story, printed(drill.name).splitlines()) == []


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_there_is_a_recording_of_each_ill_machine_on_which_no_server_is_ended(machine: Machine) -> None:
    lines = printed(machine.name).splitlines()
    assert all(any(f"finding   {trouble} appeared" in line for line in lines) for trouble in machine.findings)
    signal = next(number for number, line in enumerate(lines) if "SIGTERM" in line)
    assert all(any(f"finding   {one} cleared" in line for line in lines[:signal]) for one in machine.findings)


def test_there_is_no_recording_of_what_is_no_longer_done() -> None:
    names = {one.name for one in (*DRILLS, *MORE, *MACHINES)}
    assert {path.name.removesuffix(".jsonl.gz") for path in GOLDEN} == names


@pytest.mark.parametrize("recording", GOLDEN, ids=lambda path: str(path.name).partition(".")[0])
def test_a_recording_tells_nothing_of_the_machine_that_it_was_made_on(recording: Path) -> None:
    text = gzip.decompress(recording.read_bytes()).decode()
    foreign = [path for path in re.findall(r"(?<![\w.])/\w[^\s\":]*", text) if not path.startswith(COMMON)]
    assert foreign == []
    recorded_too = recording.name.startswith("machine-")
    assert recorded_too or '"eater":{' not in text


def what_if(directory: Path, limits: str) -> str:
    config = directory / "new.toml"
    config.write_text(f"[server]\ncommand = ['java']\n[limits]\n{limits}\n")
    return str(config)


def test_what_another_configuration_would_have_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that was blocked and ignored SIGTERM for 2 s: with more patience the act comes later."""
    recording = str(RECORDINGS / "hung-ignoring-sigterm.jsonl.gz")
    main(["replay", recording])
    then = capsys.readouterr().out
    assert main(["replay", recording, "--config", what_if(tmp_path, 'hung_after = "2s"')]) == 0
    would = capsys.readouterr().out
    assert "  hung_after: 1.0 -> 2.0\n" in would

    def second(lines: str) -> float:
        act = next(line for line in lines.splitlines() if "collecting" in line)
        hours, minutes, seconds = act.split()[1].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)

    assert 0.9 < second(would) - second(then) < 1.1


def test_what_differs_is_named_by_its_key_and_the_same_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = what_if(tmp_path, 'hung_after = "2s"')
    settings = RecordingSettings(tmp_path / "recording", "0", "host")
    recorder = Recorder(settings, load(Path(config)).policy)
    recorder.record(Seen(1.0, 1e9, Restored(None, 1)), State())
    asyncio.run(recorder.close())

    def differs() -> list[str]:
        assert main(["replay", str(settings.directory), "--config", config]) == 0
        out = capsys.readouterr().out
        return [line.strip() for line in out.partition("What the world")[0].splitlines()[1:]]

    assert differs() == ["nothing: the recording was made under the same"]
    what_if(tmp_path, "hung_after = '2s'\n[rules.fd-limit]\nthreshold = '90%'")
    (line,) = differs()
    assert re.match(r'rules.fd-limit: {"threshold":0.85,.*} -> {"threshold":0.9,', line)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no-such-file"], 2, "no-such-file: No such file or directory"),
        ([__file__], 2, "is not a recording"),
        ([str(RECORDINGS / "exited.jsonl.gz"), "--config", "no-such.toml"], 3, "no-such.toml"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", *arguments]) == code
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
