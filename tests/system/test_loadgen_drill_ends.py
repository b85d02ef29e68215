"""What `loadgen drill` refuses; and that it leaves nobody behind, however it ends."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fermatkit.errors import ExitCode
from support.drilling import CLIENTS, belonging, directory_of, end, start
from support.loading import eventually


@pytest.fixture
def under_way(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A drill whose clients are there."""
    process = start(tmp_path, "hang", "--clients", str(CLIENTS))
    eventually(lambda: any(b'"second"' in path.read_bytes() for path in tmp_path.glob("r/*/*/*/run.jsonl")))
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_broken_off_it_ends_all_that_it_started(
    under_way: subprocess.Popen[str], tmp_path: Path, number: int
) -> None:
    directory = directory_of(under_way)
    assert len(belonging(directory)) >= 2, "a sidecar, a server"
    under_way.send_signal(number)
    code, _, err = end(under_way)
    assert code == ExitCode.INTERRUPTED
    assert "broken off" in err
    assert belonging(directory) == []
    assert not Path(directory).exists()
    assert list(tmp_path.glob("r/*/drills/hang/run.jsonl"))


def test_killed_it_leaves_nobody_behind(under_way: subprocess.Popen[str]) -> None:
    directory = directory_of(under_way)
    under_way.kill()
    eventually(lambda: not belonging(directory) and not Path(directory).exists())


def test_killed_with_its_sidecar_it_leaves_nobody_behind_either(under_way: subprocess.Popen[str]) -> None:
    directory = directory_of(under_way)
    for process in belonging(directory):
        if "sidecar" in process.cmdline():
            process.kill()
    under_way.kill()
    eventually(lambda: not belonging(directory) and not Path(directory).exists())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kil"], "no drill is called 'kil'; did you mean 'kill'?"),
        (["kill", "--clients", "1"], "--clients is 1, but must be 2 to 20,000"),
        (["kill", "--url", "ws://127.0.0.1:9090"], "only when that is asked for twice"),
        (["kill", "--i-may-break-this-server"], "only when that is asked for twice"),
        (["kill", "--pid", "1", "--sidecar", "http://127.0.0.1:1"], "only when that is asked for twice"),
    ],
)
def test_what_its_user_can_put_right_is_one_line(words: list[str], said: str, tmp_path: Path) -> None:
    code, out, err = end(start(tmp_path, *words))
    assert (code, out) == (ExitCode.USAGE, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "r").exists()
