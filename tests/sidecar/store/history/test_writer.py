"""The writer: a thread that no trouble with the disk ends, and a kill that costs no more than a beat."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from sidecar.store.history.reading import NoHistory, Span, incidents, samples
from sidecar.store.history.shapes import Grid
from sidecar.store.history.writer import BEAT, History
from support.disks import Disk, small_disk
from support.playbook import Playbook
from support.running import until

A = Identity(100, 1)
WRITES = """
import asyncio, sys, time
from pathlib import Path
from fermatkit.measures import Measure
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from sidecar.store.history.writer import History
from support.playbook import Playbook

async def main():
    book = Playbook()
    book.wall = time.time()
    book.boots()
    history = History(Path(sys.argv[1]))
    while True:
        book.sees(Sampled(Identity(100, 1), "S", {Measure.CPU: 1.0}), after=time.time() - book.wall)
        history.keep(book.state)
        print(int(book.wall), flush=True)
        await asyncio.sleep(0.2)

asyncio.run(main())
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "state", "2m") as one:
        yield one


class Kept:
    """A history in the making: a second of the server's life whenever one is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = Playbook()
        self.book.boots(A)
        self.begun = int(self.book.wall)
        self.history = History(path, beat=0.05)

    def lives(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.book.sees(Sampled(A, "S", {Measure.CPU: 1.0}), after=1.0)
            self.history.keep(self.book.state)

    def grid(self) -> Grid:
        until = int(self.book.wall) + 1
        return samples(self.path, Span(self.begun, until, until), 20000, ["cpu:utilization"])

    async def written(self) -> None:
        """All but the second that is not over."""

        async def there() -> bool:
            with suppress(NoHistory):
                return any(self.grid().points[-2:])
            return False

        self.lives(2)
        await until(there, lambda: "nothing is written")


def events(lines: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(line["event"], line.get("why", "")) for line in lines]


async def test_all_that_was_lived_is_there_in_the_end(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "history.db")
    kept.lives(130)
    await kept.history.close()
    assert sum(sum(point.verdicts) for point in kept.grid().points if point) == 130


async def test_an_incident_and_its_end(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "history.db")
    kept.book.dies(A)
    kept.history.keep(kept.book.state)
    await kept.written()
    (found,) = incidents(kept.path, Span(0, 2e9, 2e9), 10)
    assert (found.number, found.closed) == (1, None)
    await kept.history.close()


async def test_a_full_disk_is_said_once_and_when_there_is_room_it_goes_on(disk: Disk) -> None:
    with capture_logs() as lines:
        kept = Kept(disk.path / "history.db")
        await kept.written()
        disk.fill()
        while not lines:
            kept.lives(20)
            await asyncio.sleep(0.06)
        kept.lives(200)
        await asyncio.sleep(0.3)
        assert events(lines) == [("history not written, trying again", "database or disk is full")]
        disk.free()
        await kept.written()
        await kept.history.close()
    assert [event for event, _ in events(lines)][1:] == ["history written again"]
    known = [point is not None for point in kept.grid().points]
    assert all(known[1:]), "what waited for room is there, too"


async def test_a_read_only_disk_costs_the_history_only(disk: Disk) -> None:
    disk.make("ro")
    with capture_logs() as lines:
        kept = Kept(disk.path / "history.db")
        kept.lives(5)

        async def said() -> bool:
            return bool(lines)

        await until(said, lambda: "nothing is said")
        await asyncio.sleep(0.2)
        assert events(lines) == [("history not written, trying again", "Read-only file system")]
        disk.make("rw")
        await kept.written()
        await kept.history.close()
    assert len(lines) == 2


async def test_a_damaged_one_is_set_aside_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(b"garbage " * 1000)
    with capture_logs() as lines:
        kept = Kept(path)
        await kept.written()
        await kept.history.close()
    assert events(lines) == [("unusable file set aside", "file is not a database")]
    assert path.with_name("history.db.corrupt-1").read_bytes() == b"garbage " * 1000


async def test_one_that_is_damaged_or_removed_meanwhile_is_made_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "history.db")
    with capture_logs() as lines:
        await kept.written()
        kept.path.rename(tmp_path / "away")
        await kept.written()
        kept.path.write_bytes(b"garbage " * 10000)

        async def aside() -> bool:
            kept.lives()  # one write may find all it needs in what SQLite has read before
            return kept.path.with_name("history.db.corrupt-1").exists()

        await until(aside, lambda: "not set aside")
        await kept.written()
        await kept.history.close()
    assert "unusable file set aside" in [event for event, _ in events(lines)]


async def test_a_disk_that_hangs_holds_up_nobody_and_fills_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    os.mkfifo(path)  # whoever opens it to write waits for a reader
    kept = Kept(path)
    kept.lives(2000)
    began = time.monotonic()
    await kept.history.close(patience=0.1)
    assert time.monotonic() - began < 10
    assert len(kept.history._waiting) + len(kept.history._batch._moments) <= 1000
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def test_a_kill_costs_no_more_than_a_beat(tmp_path: Path) -> None:
    """A real process, killed in the middle of it; and the next one goes on."""
    path = tmp_path / "history.db"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    last: list[int] = []
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            first = int(process.stdout.readline())
            while (second := int(process.stdout.readline())) < first + BEAT + 3:
                pass
            process.kill()
        found = samples(path, Span(first, second, second), 1000, ["cpu:utilization"])
        known = [at for at, point in zip(found.times, found.points, strict=True) if point is not None]
        assert known[0] == first
        assert known == list(range(known[0], known[-1] + 1)), "there is a hole"
        assert second - known[-1] <= BEAT + 1
        last.append(known[-1])
    assert last[0] < last[1]
    assert [one.name for one in tmp_path.iterdir() if "corrupt" in one.name] == []
