"""Each failure of the table, under a whole sidecar: named rightly, and answered rightly."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from drills.cases import DRILLS
from drills.drill import Drill, Result, perform

# The rude clients among the drills leave connections behind on purpose; the collector finds them some time.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
AT_ONCE = 4
"""They wait most of the time."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(drill: Drill) -> Result:
        directory: Path = tmp_path_factory.mktemp("drill")
        async with turns:
            return await perform(drill, directory)

    async def all_of_them() -> list[Result]:
        return await asyncio.gather(*map(one, (drill for drill in DRILLS if not drill.lacks)))

    found = {result.row: result for result in asyncio.run(all_of_them())}
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
    assert result.named, result
    assert result.cured, result
