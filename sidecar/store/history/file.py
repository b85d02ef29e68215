"""Writing to ``history.db``: seconds, what they are rolled up to, incidents and starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sidecar.core.stories import Cause, Incident
from sidecar.store.boot import boot
from sidecar.store.database import understood
from sidecar.store.history.levels import KEPT, LATENCIES, LEVELS, floor
from sidecar.store.history.moments import Moment, Start
from sidecar.store.history.packing import (
    pack,
    pack_second,
    unpack,
    unpack_second,
    values,
)
from sidecar.store.history.points import Second, merged, rolled
from sidecar.store.history.schema import numbers, opened

_ROLLED, _FORGOTTEN = 10, 60
"""Buckets that are made, and steps that are forgotten, at once: after a long absence it takes some beats."""


class HistoryFile:
    """An open one, for one thread of the process that holds the lock of the state directory."""

    def __init__(self, path: Path, *, check: bool = True) -> None:
        """Open it, made if need be; `check` whether all of it is whole. FAILURES."""
        self._path = path
        self._connection = opened(path, check=check)
        try:
            self._file = path.stat().st_ino
            with understood():
                self._numbers = numbers(self._connection)
                self._latencies = {self._numbers[name] for name in LATENCIES}
                self._unrolled = {level: self._left(index) for index, level in enumerate(LEVELS) if index}
        except BaseException:
            self.close()
            raise

    @property
    def in_place(self) -> bool:
        """Whether the open file still has its name."""
        try:
            return self._path.stat().st_ino == self._file
        except FileNotFoundError:
            return False

    def write(
        self, moments: Collection[Moment], stories: Iterable[Incident], starts: Iterable[Start]
    ) -> None:
        """All of it or nothing; and a little of what is to be rolled up or forgotten. FAILURES: close it."""
        with understood(), self._transaction():
            latest = self._add(moments)
            self._tell(stories, starts)
            if latest is not None:
                self._roll(latest)
                self._forget(latest)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def _left(self, index: int) -> set[int]:
        """Which buckets of a level are still to be made of the level below it."""
        table, step, _ = LEVELS[index]
        rows = self._connection.execute(
            f"SELECT DISTINCT at / {step} * {step} FROM {LEVELS[index - 1].table} "  # noqa: S608 - names of ours
            f"WHERE at >= (SELECT ifnull(max(at) + {step}, 0) FROM {table})"
        )
        return {at for (at,) in rows}

    def _add(self, moments: Collection[Moment]) -> int | None:
        """As rows of the finest level; the newest one's second."""
        rows = []
        minute = LEVELS[1]
        for one in moments:
            second = Second(one.worst, values(one.readings, one.signs, self._numbers))
            rows.append((one.at, pack_second(second)))
            self._unrolled[minute].add(floor(one.at, minute.step))
        self._connection.executemany("INSERT OR REPLACE INTO second VALUES (?, ?)", rows)
        return rows[-1][0] if rows else None

    def _tell(self, stories: Iterable[Incident], starts: Iterable[Start]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO incident VALUES (?, ?, ?, ?, ?, ?)",
            [
                (one.number, one.opened, one.topic, one.closed, str(one.severity), _json(one))
                for one in stories
            ],
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO start VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    one.at,
                    boot(),
                    one.identity.pid,
                    one.identity.started,
                    one.adopted,
                    _json(one.cause) if one.cause else None,
                )
                for one in starts
            ],
        )

    def _roll(self, latest: int) -> None:
        """Make some of the buckets that are over; a coarse one when those that it is made of are there."""
        room = _ROLLED
        for index, level in enumerate(LEVELS[1:], 1):
            finer = (
                {floor(at, level.step) for at in self._unrolled[LEVELS[index - 1]]} if index > 1 else set()
            )
            over = sorted(self._unrolled[level] - finer - {floor(latest, level.step)})
            for at in over[:room]:
                self._make(index, at)
            room -= len(over[:room])

    def _make(self, index: int, at: int) -> None:
        level, finer = LEVELS[index], LEVELS[index - 1]
        rows = self._connection.execute(
            f"SELECT content FROM {finer.table} WHERE at >= ? AND at < ? ORDER BY at",  # noqa: S608 - names of ours
            (at, at + level.step),
        )
        if contents := [content for (content,) in rows]:
            point = (
                rolled(map(unpack_second, contents), self._latencies)
                if index == 1
                else merged(map(unpack, contents))
            )
            self._connection.execute(f"INSERT OR REPLACE INTO {level.table} VALUES (?, ?)", (at, pack(point)))  # noqa: S608
        self._unrolled[level].discard(at)
        if index + 1 < len(LEVELS):
            coarser = LEVELS[index + 1]
            self._unrolled[coarser].add(floor(at, coarser.step))

    def _forget(self, latest: int) -> None:
        """The oldest of what is too old, a little each time: a wrong clock costs little for a moment."""
        execute = self._connection.execute
        for table, step, kept in LEVELS:
            execute(
                f"DELETE FROM {table} WHERE at < min(?, (SELECT min(at) FROM {table}) + ?)",  # noqa: S608
                (latest - kept, _FORGOTTEN * step),
            )
        execute(
            "DELETE FROM incident WHERE opened = (SELECT min(opened) FROM incident) "
            "AND ifnull(closed, opened) < ?",
            (latest - KEPT,),
        )
        execute("DELETE FROM start WHERE at = (SELECT min(at) FROM start) AND at < ?", (latest - KEPT,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield


def _json(what: Incident | Cause) -> str:
    return msgspec.json.encode(what).decode()
