"""What one save of the memory takes, by messages owed; and the floor: one file, with all of it, written anew.

What a save has changed is one message: its last attempt has failed. Both are on the disk itself at the end.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec

from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Sign, Trouble
from sidecar.core.stories import SERVER, Cause, Chapter, Deed, Done, Incident, Message, Owed
from sidecar.store.database import Database
from sidecar.store.files import write

ROUNDS = 200
OWED = (1, 1000)
INCIDENT = Incident(
    3,
    SERVER,
    1.25,
    (Cause(Trouble.HUNG, 1.0, 7, (Sign.PONG, Sign.HTTP), "no pong", Ended(signal=9)),),
    (Done(Deed.KILLED, 2.0, 7, until=9.5),),
    clients=17.0,
)


def measure() -> dict[str, float]:
    """Milliseconds of wall time and of CPU, median of the rounds; and of opening, as a start does."""
    figures: dict[str, float] = {}
    for number in OWED:
        with tempfile.TemporaryDirectory() as name:
            path, file = Path(name) / "sidecar.db", Path(name) / "floor.json"
            with closing(Database(path)) as database:
                wall, cpu = _round(number, database.write)
            began = time.perf_counter()
            with closing(Database(path)) as database:
                figures[f"open_{number}_ms"] = (time.perf_counter() - began) * 1e3
            floor, floor_cpu = _round(number, lambda memory: write(file, msgspec.json.encode(memory)))  # noqa: B023 - called at once
        figures |= {f"save_{number}_ms": wall, f"save_{number}_cpu_ms": cpu}
        figures |= {f"save_{number}_floor_ms": floor, f"save_{number}_floor_cpu_ms": floor_cpu}
        figures[f"save_{number}_ratio"] = wall / floor
    return figures


def _round(number: int, save: Callable[[Memory], None]) -> tuple[float, float]:
    owed = tuple(Owed(Message(f"{one}-opened", Chapter.OPENED, INCIDENT), "mail") for one in range(number))
    wall, cpu = [], []
    for attempts in range(ROUNDS):
        last = msgspec.structs.replace(owed[-1], attempts=attempts)
        memory = Memory(1, incidents={SERVER: INCIDENT}, owed=(*owed[:-1], last))
        began, used = time.perf_counter(), time.process_time()
        save(memory)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return median(wall) * 1e3, median(cpu) * 1e3


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:8.2f}")
