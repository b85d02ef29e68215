"""``make chaos``: 300 times kill -9 in an outage, on the screen and in build/chaos.json; some ten minutes.

    python -m chaos [SEED …]

The seed of a lane, a line's first word, makes that lane alone: the same again, as far as chance decides.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec
import pytest

from chaos.count import Counts, added
from chaos.lane import Say, perform
from chaos.plan import Lack, Lane
from support.disks import small_disk

RESULT = Path("build/chaos.json")
LANES = 30
RUNS = 10
"""Of one lane."""
AT_ONCE = 8
"""Sidecars, on two cores: they wait most of the time."""
ROW = "{:10} {:>6} {:>12} {:>16} {:>11}"
Found = dict[Lack, Counts]


async def chaos(lanes: list[Lane], runs: int, directory: Path, say: Say) -> Found:
    """All lanes, some at once, so many runs each."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(lane: Lane) -> Counts:
        place = directory / str(lane.seed)
        place.mkdir()
        async with turns:
            return await perform(lane, place, runs, say)

    all_ = list(zip(lanes, await asyncio.gather(*map(one, lanes)), strict=True))
    kinds = dict.fromkeys(lane.lack for lane in lanes)
    return {kind: added([counts for lane, counts in all_ if lane.lack is kind]) for kind in kinds}


def chosen(number: int) -> list[Lane]:
    """Lanes of every kind that can be had here, in turn."""
    first = 4 * random.randrange(10**6)
    lanes = [Lane(first + offset) for offset in range(2 * number)]
    disks = _can_mount()
    return [lane for lane in lanes if disks or lane.lack is not Lack.DISK][:number]


def _can_mount() -> bool:
    with suppress(pytest.skip.Exception), ExitStack() as end:
        directory = Path(end.enter_context(tempfile.TemporaryDirectory()))
        end.enter_context(small_disk(directory / "disk"))
        return True
    return False


def table(found: Found) -> str:
    """What was found, for people."""
    rows = [ROW.format("lack of", "runs", "alerts lost", "recoveries lost", "duplicates")]
    rows += [ROW.format(kind, *msgspec.structs.astuple(counts)) for kind, counts in found.items()]
    return "\n".join([*rows, ROW.format("all", *msgspec.structs.astuple(added(list(found.values()))))])


def main() -> int:
    """Exit status 1 if anything was lost."""
    lanes = [Lane(int(seed)) for seed in sys.argv[1:]] or chosen(LANES)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(chaos(lanes, RUNS, Path(directory), lambda line: print(line, flush=True)))
    counts = added(list(found.values()))
    print(table(found), f"{time.monotonic() - began:.0f} s", sep="\n")
    if Lack.DISK not in found:
        print("Without a full disk: none can be mounted here.")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(counts), indent=1) + b"\n")
    return 1 if counts.lost else 0


if __name__ == "__main__":
    sys.exit(main())
