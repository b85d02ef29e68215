"""Each failure of the table, under a whole sidecar: named rightly, and answered rightly."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest

from drills import __main__ as program
from drills.acts import nothing
from drills.cases import DRILLS, ROWS
from drills.drill import Drill, Result, Row, perform
from drills.machines import SICK, Sick
from drills.table import good, keep, printed
from sidecar.core.nouns import Trouble

# The rude clients among the drills leave connections behind on purpose; the collector finds them some time.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
AT_ONCE = 8
"""They wait most of the time …"""
BURNING = {"busy, not hung", "busy for too long", "busy, JVM", "heap exhausted"}
"""… but for those that take a core: of them as many as there are in the smallest machine."""
CORES = 2
LONGEST = {"stuck processors", "thread leak", "not serving", "disk"}
"""They begin, so that nobody waits for one of them in the end."""
ROUNDS = 5
"""Of the garbage collector: what is left behind has finalizers, which leave more."""
TABLE = (
    "exited",
    "deaf start",
    "bad configuration",
    "wrong port",
    "hung",
    "stopped",
    "busy, not hung",
    "heap exhausted",
    "fd limit",
    "thread leak",
    "cold burst",
    "zombies",
    "disk",
    "silent log loss",
)
"""What can be done to a real process; a sick host is five rows of its own."""
COLUMNS = ["finding", "named", "seconds_to_detect", "cured", "pid_check", "tcp_check"]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Of those that are asked for: one that has failed is run again without the others."""
    asked = [item.callspec.params.get("drill") for item in request.session.items if hasattr(item, "callspec")]
    drills = [drill for drill in DRILLS if drill in asked]
    turns, cores = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(CORES)

    async def one(drill: Drill) -> Result:
        directory: Path = tmp_path_factory.mktemp("drill")
        async with cores if drill.row in BURNING else nullcontext(), turns:
            return await perform(drill, directory)

    async def all_of_them() -> list[Result]:
        return await asyncio.gather(*map(one, sorted(drills, key=lambda drill: drill.row not in LONGEST)))

    found = {result.row.finding: result for result in asyncio.run(all_of_them())}
    for _ in range(ROUNDS):
        gc.collect()  # here, where it is known what was left behind
    return found


@pytest.mark.parametrize(
    "drill",
    [
        pytest.param(drill, id=drill.row, marks=pytest.mark.skipif(bool(drill.lacks), reason=drill.lacks))
        for drill in DRILLS
    ],
)
def test_a_failure_is_named_and_answered(results: dict[str, Result], drill: Drill) -> None:
    result = results[drill.row]
    assert result.row.named, printed(result)
    assert result.row.cured, printed(result)


@pytest.mark.parametrize("sick", SICK, ids=lambda sick: sick.row)
def test_an_ill_machine_is_named_and_its_server_left_alone(sick: Sick, tmp_path: Path) -> None:
    result = sick.perform(tmp_path)
    assert result.row.named, printed(result)
    assert result.row.cured, printed(result)
    assert (result.row.pid_check, result.row.tcp_check) == (None, None)
    assert "recorded" in result.row.finding


def test_every_failure_of_the_table_has_its_row() -> None:
    assert set(TABLE) <= set(ROWS)
    assert len(ROWS) == len(DRILLS) + len(SICK)
    assert {"heap exhausted", "fd limit, JVM", "thread leak, JVM"} <= set(ROWS)


def lacking() -> Drill:
    return Drill("never", Trouble.HUNG, nothing, nothing, lacks="no JDK")


async def test_what_cannot_be_done_is_not_known_and_says_why(tmp_path: Path) -> None:
    result = await perform(lacking(), tmp_path)
    assert result.row == Row("never")
    assert "not run: no JDK" in printed(result)
    assert good(result)


def test_the_file_has_a_row_for_each_failure_and_a_part_of_a_run_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "build" / "drills.json"
    hung = Row("hung", named=True, seconds_to_detect=0.5, cured=True, pid_check="well", tcp_check="ill")
    keep(path, [hung], ROWS)
    keep(path, [Row("exited", named=False)], ROWS)
    rows = json.loads(path.read_text())
    assert [list(row) for row in rows] == [COLUMNS] * len(ROWS)
    assert [row["finding"] for row in rows] == list(ROWS)
    by_name = {row["finding"]: row for row in rows}
    assert by_name["hung"] == msgspec.to_builtins(hung)
    assert by_name["exited"]["named"] is False
    assert set(list(by_name["disk"].values())[1:]) == {None}


def test_a_file_of_another_shape_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "drills.json"
    path.write_text('{"row": 1}')
    keep(path, [], ["hung"])
    assert json.loads(path.read_text()) == [msgspec.to_builtins(Row("hung"))]


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(program, "RESULT", tmp_path / "drills.json")
    return


@pytest.mark.usefixtures("_elsewhere")
def test_a_name_that_no_drill_has_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["drills", "hnug"])
    assert program.main() == 2
    assert "no drill is called 'hnug'" in capsys.readouterr().err
    assert not program.RESULT.exists()
