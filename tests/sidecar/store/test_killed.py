"""A kill -9 at any moment leaves a database that opens, with all that was said to be saved."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from structlog.testing import capture_logs

from sidecar.core.memory import Memory
from sidecar.store.remembered import load
from support.memories import owed

SAVES = """
import sys
from pathlib import Path
from sidecar.core.memory import Memory
from sidecar.store.database import opened
from support.memories import INCIDENT, owed

print("ready", flush=True)
database = opened(Path(sys.argv[1]) / "sidecar.db")
number = database.memory.next_number if database.memory else 0
while True:
    number += 1
    messages = tuple(owed(one) for one in range(number, number + number % 50))
    database.write(Memory(number, next_number=number, incidents={"server": INCIDENT}, owed=messages))
    print(number, flush=True)
"""


def killed(directory: Path, seconds: float) -> list[int]:
    """What it said to be saved, until it was killed so long after it was ready."""
    command = [sys.executable, "-c", SAVES, str(directory)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
        return [int(line) for line in process.stdout]


def found(directory: Path) -> Memory | None:
    """Without a word that something were damaged."""
    with capture_logs() as lines:
        memory = load(directory)
    assert lines == []
    return memory


def test_whatever_was_saved_is_there_and_nothing_by_half(tmp_path: Path) -> None:
    chance, last, kills, rounds = random.Random(1), 0, 0, 0
    while rounds < 20 or (last <= 20 and rounds < 100):
        for number in killed(tmp_path, chance.uniform(0, 0.2)):
            assert (
                1 <= number - last <= 1 + kills
            )  # with each one may have been saved, but not been said to be
            last, kills = number, 0
        kills, rounds = kills + 1, rounds + 1
    memory = found(tmp_path)
    assert memory is not None
    number = memory.next_number
    assert 0 <= number - last <= kills
    assert memory.seed == number
    assert memory.owed == tuple(owed(one) for one in range(number, number + number % 50))
    assert last > 20
    assert [path.name for path in tmp_path.iterdir()] == ["sidecar.db"]


def test_a_kill_while_it_is_made(tmp_path: Path) -> None:
    chance, empty = random.Random(2), 0
    for number in range(20):
        directory = tmp_path / str(number)
        directory.mkdir()
        said = killed(directory, chance.uniform(0, 0.03))
        memory = found(directory)
        assert (memory.next_number if memory else 0) - (said[-1] if said else 0) in (0, 1)
        empty += memory is None
    assert empty
