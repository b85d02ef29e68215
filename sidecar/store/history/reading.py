"""Questions to ``history.db``, from any process, whether a sidecar runs or not. Nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from sidecar.core.stories import Cause, Incident
from sidecar.store.files import UNREADABLE
from sidecar.store.history.levels import LATENCIES, LEVELS, choose, floor
from sidecar.store.history.packing import unpack_of, unpack_second
from sidecar.store.history.points import Point, Second, merged, rolled
from sidecar.store.history.schema import MIGRATIONS, PATIENCE, version_of
from sidecar.store.history.shapes import Grid

_AT_ONCE = 500
"""Rows: while they are read nobody can write."""
_WORST = 100_000
"""More starts than there can be in 90 days with a restart budget."""


class NoHistory(Exception):
    """Why there is nothing to be read, on one line."""


class Started(NamedTuple):
    """A process of the server that appeared."""

    at: float
    adopted: bool
    cause: Cause | None
    """Of the outage that was open then; None: there was none."""
    pid: int | None


class Span(NamedTuple):
    """What is asked for, epoch seconds; `now` on the same clock."""

    since: float
    until: float
    now: float


def samples(path: Path, span: Span, points: int, names: Collection[str]) -> Grid:
    """These series in at most so many steps, and one more where the range begins within one. NoHistory."""
    level, step = choose(span.since, span.until, points, span.now)
    first, end = floor(span.since, step), floor(min(span.until, span.now), 1) + 1
    with _opened(path) as connection:
        known = dict(connection.execute("SELECT name, number FROM series"))
        numbers = {name: known[name] for name in names if name in known}
        wanted, latencies = set(numbers.values()), {known[name] for name in LATENCIES if name in known}
        found = dict(_grouped(_points(connection, level, (first, end), wanted, latencies), step))
    return Grid(
        span.since,
        span.until,
        step,
        [found.get(at) for at in range(first, int(-(-span.until // 1)), step)],
        numbers,
    )


def incidents(path: Path, span: Span, limit: int) -> list[Incident]:
    """Those that were open at some time in the range, the newest first. NoHistory."""
    with _opened(path) as connection:
        rows = connection.execute(
            "SELECT content FROM incident WHERE opened < ? AND (closed IS NULL OR closed >= ?) "
            "ORDER BY opened DESC, number DESC LIMIT ?",
            (span.until, span.since, limit),
        )
        return [msgspec.json.decode(content, type=Incident) for (content,) in rows]


def starts(path: Path, span: Span) -> list[Started]:
    """The server's processes that appeared in the range, in the order of time. NoHistory."""
    with _opened(path) as connection:
        rows = connection.execute(
            "SELECT at, adopted, cause, pid FROM start WHERE at >= ? AND at < ? ORDER BY at LIMIT ?",
            (span.since, span.until, _WORST),
        )
        return [
            Started(at, bool(adopted), msgspec.json.decode(cause, type=Cause) if cause else None, pid)
            for at, adopted, cause, pid in rows
        ]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        path.stat()
    except FileNotFoundError:
        raise NoHistory(
            f"{path}: there is no history yet: a sidecar with this configuration writes it"
        ) from None
    except OSError as error:
        raise NoHistory(f"{path}: {error.strerror}: ask as root or as the sidecar's own user") from None
    try:
        # To be written, too: what a kill left half done is undone by whoever opens it next.
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=PATIENCE)
        ) as connection:
            connection.execute("PRAGMA query_only = 1")
            version = version_of(connection)
            if version != len(MIGRATIONS):
                raise NoHistory(
                    f"{path}: its schema is {version}, this fermat-sidecar reads {len(MIGRATIONS)}: "
                    "start the sidecar of this version once"
                )
            yield connection
    except sqlite3.Error as error:
        raise NoHistory(f"{path}: cannot be read: {error}") from None
    except UNREADABLE as error:
        raise NoHistory(f"{path}: is damaged: {error}") from None


def _points(
    connection: sqlite3.Connection,
    index: int,
    between: tuple[int, int],
    wanted: Collection[int],
    latencies: Collection[int],
) -> Iterator[tuple[int, Point]]:
    """Those of a level; what has not been rolled up yet is made of the level below."""
    table, step, _ = LEVELS[index]
    first, end = between
    ((newest,),) = connection.execute(f"SELECT max(at) FROM {table} WHERE at < ?", (end,))  # noqa: S608 - a name of ours
    for at, content in _rows(connection, table, first, end):
        yield at, unpack_of(content, wanted) if index else _of_second(content, wanted, latencies)
    if index:
        rest = first if newest is None else max(first, newest + step)
        yield from _grouped(_points(connection, index - 1, (rest, end), wanted, latencies), step)


def _of_second(content: bytes, wanted: Collection[int], latencies: Collection[int]) -> Point:
    one = unpack_second(content)
    return rolled(
        [Second(one.verdict, {series: value for series, value in one.values.items() if series in wanted})],
        latencies,
    )


def _rows(connection: sqlite3.Connection, table: str, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    while rows := connection.execute(
        f"SELECT at, content FROM {table} WHERE at >= ? AND at < ? ORDER BY at LIMIT {_AT_ONCE}",  # noqa: S608 - a name of ours
        (first, end),
    ).fetchall():
        yield from rows
        first = rows[-1][0] + 1


def _grouped(points: Iterator[tuple[int, Point]], step: int) -> Iterator[tuple[int, Point]]:
    for at, group in groupby(points, lambda one: floor(one[0], step)):
        yield at, merged(point for _, point in group)
