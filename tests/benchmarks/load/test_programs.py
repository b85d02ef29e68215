"""Turns with real programs, each in a process of its own: a turn moves its process into another network."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.health.prepare import MissingError
from benchmarks.load import compiled
from benchmarks.load.family import running

ROOT = Path(__file__).parents[3]
TURN = """
import sys
from benchmarks.load.job import Job
from benchmarks.load.tools import C, Tool
from benchmarks.load.turn import take
other = Tool("other", lambda _here, port, _job: [sys.executable, "-c", sys.argv[1], str(port)], lambda: None)
turn = take({tool}, Job({connections}, echoes={echoes}, paced={paced}))
print(turn.why)
seen = turn.figures
print(seen.connect_cpu, seen.connect_s, seen.echo_cpu, seen.held_rss, seen.echo_rate)
assert turn.neighbours is None or turn.neighbours > -0.2, turn.neighbours
"""


@pytest.fixture(autouse=True)
def _compiled() -> None:
    """Or the reason why the C programs cannot be."""
    try:
        compiled.program("server")
        compiled.program("client")
    except MissingError as error:
        pytest.skip(str(error))


def turn(
    tool: str, program: str = "", *, connections: int = 50, echoes: bool = False, paced: bool = False
) -> list[str]:
    """Why it gave no figures, and those that it gave."""
    text = TURN.format(tool=tool, connections=connections, echoes=echoes, paced=paced)
    command = [sys.executable, "-c", text, program]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()


def test_the_c_client_connects_and_echoes_when_the_server_begins() -> None:
    why, figures = turn("C", echoes=True)
    assert why == "None"
    assert all(float(figure) > 0 for figure in figures.split())


def test_without_echoes_it_only_holds() -> None:
    why, figures = turn("C")
    assert why == "None"
    assert figures.split()[2] == "None"


def test_a_client_that_sends_by_the_clock_begins_when_the_server_does() -> None:
    why, figures = turn("C", connections=100, echoes=True, paced=True)
    assert why == "None"
    rate, *seen = map(float, figures.split()[::-1])
    assert rate == pytest.approx(20_000, rel=0.05)
    assert all(figure > 0 for figure in seen)


def test_a_tool_that_ends_early_is_told_with_its_last_words() -> None:
    why, figures = turn("other", "raise SystemExit('no such thing')")
    assert why == "0 of 50 connected; it had ended (no such thing)"
    assert set(figures.split()) == {"None"}


def until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_all_that_came_of_a_command_is_measured_and_ended(tmp_path: Path) -> None:
    """Also a grandchild in a session of its own, whose parent has gone."""
    written = tmp_path / "pid"
    program = "setsid sh -c 'echo $$ > made; mv made pid; while :; do :; done' & exit"
    with running([["sh", "-c", program]], tmp_path) as family:
        until(lambda: family.ended and written.exists())
        family.look()
        began = family.cpu() or 0.0
        until(lambda: (family.cpu() or 0.0) > began + 0.05)
        assert family.rss()
    assert not Path(f"/proc/{int(written.read_text())}/exe").exists()


def test_a_command_is_seen_at_the_first_look_even_while_it_has_no_environment_yet(tmp_path: Path) -> None:
    """In the middle of exec a process has none for a moment, and was taken for a stranger for good."""
    for _ in range(50):
        with running([["sleep", "60"]], tmp_path) as family:
            family.look()
            assert family.cpu() is not None


def test_one_that_clears_its_environment_is_seen_and_ended(tmp_path: Path) -> None:
    with running([["env", "-i", "sleep", "60"]], tmp_path) as family:
        family.look()
        assert family.cpu() is not None
        assert family.rss()


def test_of_nobody_nothing_is_known(tmp_path: Path) -> None:
    with running([], tmp_path) as family:
        family.look()
        assert (family.cpu(), family.rss()) == (None, None)
