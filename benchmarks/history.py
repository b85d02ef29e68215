"""What the past costs: CPU on the event loop and in the writer's thread, and ninety days on the disk.

Of a busy server all readings are others each second; of a quiet one only a few are. The rows of ninety days
are those of half an hour, again and again.
"""

from __future__ import annotations

import random
import tempfile
import time
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

from fermatkit.measures import UNITS, Measure, Reading
from sidecar.core.engine import State, step
from sidecar.core.facts import SignFact
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import (
    Answered,
    Appeared,
    Listened,
    Observation,
    Registered,
    Restored,
    Sampled,
    Seen,
    Ticked,
)
from sidecar.core.policy import Policy
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.levels import LEVELS, SERIES
from sidecar.store.history.moments import Moment, Taking
from sidecar.store.history.points import Verdict
from sidecar.store.history.reading import Span, samples
from sidecar.store.history.shapes import shaped

BEGUN = 1_800_000_000
SECONDS, BEAT = 1800, 10
DAY = 86400
WHO = Identity(7, 1)
QUIET = (Measure.CPU, Measure.UPTIME, Measure.GC, Measure.DISK_FREE, Measure.LOAD, Measure.CPU_SOME)
"""What changes each second, though nobody does anything."""


def measure() -> dict[str, float]:
    """Microseconds of CPU a second, milliseconds of an answer, MiB."""
    chance = random.Random(1)  # noqa: S311 - for choosing numbers, not for secrets
    figures = {"loop_us_a_second": _loop(chance)}
    for name, changing in (("quiet", QUIET), ("busy", tuple(Measure))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "history.db"
            figures[f"thread_us_a_second_{name}"] = _written(path, _moments(changing, chance))
            figures[f"ninety_days_mib_{name}"] = _full(path)
            for days in (1, 90):
                figures[f"answer_{days}_days_one_series_ms_{name}"] = _answer(path, days, ["cpu:utilization"])
                figures[f"answer_{days}_days_ms_{name}"] = _answer(path, days, list(SERIES))
    return figures


def _readings(
    changing: tuple[Measure, ...], before: dict[Measure, Reading], chance: random.Random
) -> dict[Measure, Reading]:
    new = {
        measure: chance.random() * 100
        if UNITS[measure] in ("percent", "seconds", "bytes/s", "threads/h")
        else float(chance.randrange(2**33))
        if UNITS[measure] == "bytes"
        else float(chance.randrange(5000))
        for measure in changing
    }
    return {**before, **new}


def _moments(changing: tuple[Measure, ...], chance: random.Random) -> list[Moment]:
    readings = _readings(tuple(Measure), {}, chance)
    moments = []
    for at in range(BEGUN, BEGUN + SECONDS):
        readings = _readings(changing, readings, chance)
        signs = {sign: SignFact(1.0, chance.lognormvariate(-7, 0.5)) for sign in Sign}
        moments.append(Moment(at, Verdict.PASS, Verdict.PASS, readings, signs))
    return moments


def _loop(chance: random.Random) -> float:
    """Three observations a second that are published, and a tick."""
    policy, states = Policy(), [State()]

    def sees(at: float, what: Observation) -> None:
        states.append(step(states[-1], Seen(at, BEGUN + at, what), policy)[0])

    for what in (
        Restored(None, 1),
        Appeared(WHO, adopted=False),
        Listened(WHO, owned=True),
        Registered(WHO, 0.01),
    ):
        sees(1.0, what)
    readings = _readings(tuple(Measure), {}, chance)
    for second in range(2, SECONDS):
        readings = _readings(QUIET, readings, chance)
        seen: tuple[Observation, ...] = (
            Sampled(WHO, "S", readings),
            Answered(WHO, Sign.PONG, 0.001),
            Answered(WHO, Sign.HTTP, 0.001),
            Ticked(),
        )
        for one in seen:
            sees(second + 0.5, one)
    taking, began = Taking(), time.process_time()
    for state in states:
        for _ in taking.take(state):
            pass
    return (time.process_time() - began) / SECONDS * 1e6


def _written(path: Path, moments: list[Moment]) -> float:
    with closing(HistoryFile(path)) as file:
        began = time.process_time()
        for index in range(0, SECONDS, BEAT):
            file.write(moments[index : index + BEAT], [], [])
        return (time.process_time() - began) / SECONDS * 1e6


def _full(path: Path) -> float:
    """Each level with as many rows as it ever has, of those that were written."""
    with closing(HistoryFile(path)) as file:
        connection = file._connection  # noqa: SLF001 - to have ninety days at once
        for table, step_, kept in LEVELS:
            rows = [content for (content,) in connection.execute(f"SELECT content FROM {table}")]  # noqa: S608 - a name of ours
            times = range(BEGUN - kept, BEGUN, step_)
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",  # noqa: S608 - likewise
                zip(times, islice(cycle(rows), len(times)), strict=True),
            )
            connection.execute("COMMIT")
    return path.stat().st_size / 2**20


def _answer(path: Path, days: int, names: list[str]) -> float:
    """As the page asks: at most 600 points."""
    began = time.process_time()
    shaped(samples(path, Span(BEGUN - days * DAY, BEGUN, BEGUN), 600, names), names)
    return (time.process_time() - began) * 1e3


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:32} {value:8.2f}")
