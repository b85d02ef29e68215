"""`loadgen plan`: shows a plan that can be run, and checks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fermatkit.errors import ExitCode
from loadgen.cli import main
from loadgen.scenario import presets
from loadgen.scenario.load import good


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["plan", *words]) == ExitCode.GOOD
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["plan", *words]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


@pytest.mark.parametrize("name", presets.NAMES)
def test_a_preset_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert shown(capsys, "--preset", name) == presets.text(name)


def test_a_preset_of_another_size_is_shown_as_a_file_to_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    flags = ("--connections", "20", "--duration", "60", "--rate", "100", "--ramp", "10/s", "--seed", "3")
    text = shown(capsys, "--preset", "spike", *flags)
    plan = good(text, "spike", 1)
    assert (plan.seed, plan.clients, plan.duration, plan.ramp.rate) == (3, 20, 60, 10)
    assert max(stage.rate for stage in plan.stages) == 100
    path = tmp_path / "spike.toml"
    path.write_text(text)
    assert shown(capsys, "--plan", str(path)) == text


def test_without_a_seed_one_is_drawn_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    seeds = {good(shown(capsys), "", 0).seed for _ in range(3)}
    assert len(seeds) == 3


def test_wrong_flags_and_wrong_files_are_told_a_line_each(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert refused(capsys, "--connections", "0", "--rate", "-1") == [
        "fermat-loadgen: --connections: must be at least 1, is 0",
        "--rate: '-1/s' is not a number with one of the units /h, /m, /s (like '250/s')",
    ]
    assert "--i-may-load-this-host" in refused(capsys, "--url", "ws://example.org:80")[0]
    path = tmp_path / "plan.toml"
    path.write_text('client = 3\n[ramp]\nrate = "1"\n')
    assert refused(capsys, "--plan", str(path)) == [
        f"fermat-loadgen: {path}:1: client: is not a setting; did you mean 'clients'?",
        f"{path}:3: ramp.rate: '1' is not a number with one of the units /h, /m, /s (like '250/s')",
    ]
    missing = str(tmp_path / "none.toml")
    assert refused(capsys, "--plan", missing) == [
        f"fermat-loadgen: {missing}: No such file or directory: name a readable file with --plan"
    ]


def test_a_public_host_in_a_file_needs_the_flag_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('url = "ws://example.org:80"\n')
    assert "--i-may-load-this-host" in refused(capsys, "--plan", str(path))[0]
    assert "example.org" in shown(capsys, "--plan", str(path), "--i-may-load-this-host")
