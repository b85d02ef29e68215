"""The file: what becomes of seconds with time, and what it is of use for after years."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fermatkit.measures import Unknown
from sidecar.core.nouns import Identity, Trouble
from sidecar.core.stories import Cause
from sidecar.store.database import Unusable
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.levels import LEVELS, SERIES
from sidecar.store.history.moments import Moment, Start
from sidecar.store.history.points import Point, Verdict
from sidecar.store.history.reading import NoHistory, Span, incidents, samples, starts
from sidecar.store.history.schema import MIGRATIONS, migrate, opened
from sidecar.store.history.shapes import Grid
from support.disks import small_disk
from support.memories import INCIDENT, OTHER
from support.seconds import T0, second, seconds
from support.users import another_user

CPU, PONG = "cpu:utilization", "protocol:pong"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def file(path: Path) -> Iterator[HistoryFile]:
    with closing(HistoryFile(path)) as one:
        yield one


def write(file: HistoryFile, moments: Iterable[Moment]) -> None:
    """Ten at a time, as the writer does."""
    some = list(moments)
    for index in range(0, len(some), 10):
        file.write(some[index : index + 10], [], [])


def count(file: HistoryFile, table: str) -> int:
    ((number,),) = file._connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of ours
    return int(number)


def grid(path: Path, since: int, until: int, points: int = 20000, now: int = 0) -> Grid:
    return samples(path, Span(since, until, now or until), points, [CPU, PONG])


def figures(point: Point | None, series: int) -> tuple[float, float, float, float, int] | None:
    if point is None or series not in point.spreads:
        return None
    one = point.spreads[series]
    return one.least, one.mean, one.most, one.last, one.count


def test_seconds_come_back_and_where_there_are_none_is_a_gap(path: Path, file: HistoryFile) -> None:
    write(file, seconds([T0, T0 + 1, T0 + 3]))
    found = grid(path, T0, T0 + 5)
    assert (found.step, found.times) == (1, [T0, T0 + 1, T0 + 2, T0 + 3, T0 + 4])
    cpu = found.numbers[CPU]
    one, two = T0 % 100, T0 % 100 + 3
    assert [figures(point, cpu) for point in found.points] == [
        (one, one, one, one, 1),
        (one + 1, one + 1, one + 1, one + 1, 1),
        None,
        (two, two, two, two, 1),
        None,
    ]


def test_each_level_has_the_same_to_say_as_the_seconds(path: Path, file: HistoryFile) -> None:
    write(file, seconds(range(T0, T0 + 2000)))
    assert [count(file, one.table) for one in LEVELS] == [2000, 33, 3]
    minutes = grid(path, T0, T0 + 2000)
    assert (minutes.step, len(minutes.points)) == (60, 34)
    assert figures(minutes.points[0], minutes.numbers[CPU]) == (0, 29.5, 59, 59, 60)
    assert figures(minutes.points[33], minutes.numbers[CPU]) == (80, 89.5, 99, 99, 20)  # not rolled up yet
    tens = grid(path, T0, T0 + 2000, points=3)
    assert (tens.step, len(tens.points)) == (1200, 2)
    assert figures(tens.points[0], tens.numbers[CPU]) == (0, 49.5, 99, 99, 1200)
    assert figures(tens.points[1], tens.numbers[CPU]) == (0, 49.5, 99, 99, 800)
    pong = tens.points[0] and tens.points[0].spreads[tens.numbers[PONG]]
    assert pong is not None
    assert pong.tally is not None
    assert sum(pong.tally.values()) == 1200


def test_what_is_old_is_forgotten_level_by_level(file: HistoryFile) -> None:
    write(file, seconds(range(T0, T0 + 1300)))
    file.write([], [OTHER], [Start(5.0, Identity(7, 1), adopted=False)])
    for days, left in ((0.3, [0, 22, 3]), (9, [0, 0, 3]), (91, [0, 0, 0])):
        later = T0 + int(days * 86400)
        for number in range(30):
            file.write(seconds([later + number]), [], [])
        tables = [count(file, f"{one.table} WHERE at < {T0 + 1300}") for one in LEVELS]
        assert tables == left
    assert count(file, "incident") == count(file, "start") == 0


def test_an_absence_stays_a_gap_in_every_level(path: Path, file: HistoryFile) -> None:
    write(file, seconds(range(T0, T0 + 30)))
    write(file, seconds(range(T0 + 3600, T0 + 3660)))
    write(file, seconds(range(T0 + 7200, T0 + 7210)))
    found = grid(path, T0, T0 + 7200)
    known = [index for index, point in enumerate(found.points) if point is not None]
    assert known == [0, 60]
    assert figures(found.points[0], found.numbers[CPU]) == (0, 14.5, 29, 29, 30)


def test_after_a_kill_the_next_one_rolls_up_what_was_left(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.write(seconds(range(T0, T0 + 130)), [], [])
        file._connection.execute("DELETE FROM minute")
    with closing(HistoryFile(path)) as file:
        write(file, seconds([T0 + 600]))
        (rows,) = file._connection.execute("SELECT group_concat(at, ' ') FROM minute").fetchone()
        assert rows == f"{T0} {T0 + 60} {T0 + 120}"
        write(file, seconds([T0 + 660]))
        assert file._connection.execute("SELECT at FROM ten_minutes").fetchall() == [(T0,)]


def test_catching_up_takes_many_small_steps(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        write(file, seconds(range(T0, T0 + 6000, 2)))
        file._connection.execute("DELETE FROM minute")
        file._connection.execute("DELETE FROM ten_minutes")
    with closing(HistoryFile(path)) as file:
        made = []
        for number in range(12):
            before = file._connection.total_changes
            file.write(seconds([T0 + 86400 + number]), [], [])
            made.append(file._connection.total_changes - before)
        assert max(made) <= 1 + 10 + 600
        assert (count(file, "minute"), count(file, "ten_minutes")) == (100, 10)


def test_a_clock_that_is_set_back_begins_anew_and_nothing_is_lost(path: Path, file: HistoryFile) -> None:
    write(file, seconds(range(T0 + 3600, T0 + 3720)))
    write(file, [second(at, cpu=7.0) for at in range(T0, T0 + 120)])
    found = grid(path, T0, T0 + 3720)
    assert figures(found.points[0], found.numbers[CPU]) == (7, 7, 7, 7, 60)
    assert figures(found.points[60], found.numbers[CPU]) == (0, 29.5, 59, 59, 60)


def test_a_clock_that_is_wrong_for_a_moment_costs_little(path: Path, file: HistoryFile) -> None:
    write(file, seconds(range(T0, T0 + 7200)))
    file.write(seconds([T0 + 400 * 86400]), [], [])
    write(file, seconds(range(T0 + 7200, T0 + 7300)))
    found = grid(path, T0 + 3600, T0 + 7300)
    assert all(point is not None for point in found.points)


def test_verdicts_are_counted_and_unknown_is_none_of_them(path: Path, file: HistoryFile) -> None:
    kinds = [Verdict.PASS] * 57 + [Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN]
    write(file, [second(T0 + index, kind, Unknown("why")) for index, kind in enumerate(kinds)])
    (point,) = grid(path, T0, T0 + 60, points=1).points
    assert point is not None
    assert (point.verdicts, point.worst) == ((57, 1, 1), Verdict.FAIL)
    assert point.availability == 58 / 59
    assert figures(point, grid(path, T0, T0 + 60).numbers[CPU]) is None


def test_incidents_are_kept_once_though_they_are_written_again(path: Path, file: HistoryFile) -> None:
    file.write([], [INCIDENT, OTHER], [])
    file.write([], [INCIDENT], [])
    assert incidents(path, Span(0, 10, 10), 10) == [INCIDENT, OTHER]
    assert incidents(path, Span(0, 10, 10), 1) == [INCIDENT]
    assert incidents(path, Span(0, 1, 10), 10) == [OTHER]


def test_a_start_is_kept_once_though_the_next_sidecar_sees_it_again(path: Path, file: HistoryFile) -> None:
    cause = Cause(Trouble.EXITED, 4.0, 6)
    one = Start(5.0, Identity(7, 1), adopted=False, cause=cause)
    file.write([], [], [one, Start(9.0, Identity(7, 1), adopted=True)])
    assert starts(path, Span(0, 10, 10)) == [(5.0, False, cause, 7)]
    assert starts(path, Span(6, 10, 10)) == []


def test_a_reader_holds_up_no_writer_for_long_and_waits_for_one(path: Path, file: HistoryFile) -> None:
    write(file, seconds(range(T0, T0 + 100)))
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        cursor = other.execute("SELECT at FROM second")
        assert cursor.fetchone()
        threading.Timer(0.3, cursor.close).start()
        write(file, seconds([T0 + 100]))
    assert grid(path, T0 + 100, T0 + 101).points[0] is not None


def test_nobody_else_may_read_it_and_every_series_has_its_number(path: Path, file: HistoryFile) -> None:
    write(file, seconds([T0]))
    assert {name for (name,) in file._connection.execute("SELECT name FROM series")} == set(SERIES)
    modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    assert modes == {"history.db": 0o600, "history.db-journal": 0o600}


def test_an_older_one_is_brought_up_step_by_step_with_all_that_is_in_it(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.write(seconds(range(T0, T0 + 10)), [], [])
        file.write([], [INCIDENT], [])
    later = (*MIGRATIONS, "ALTER TABLE incident ADD COLUMN note TEXT NOT NULL DEFAULT 'none'")
    with closing(opened(path, check=True)) as connection:
        migrate(connection, later)
        assert connection.execute("PRAGMA user_version").fetchall() == [(len(later),)]
        assert connection.execute("SELECT number, note FROM incident").fetchall() == [(3, "none")]
        assert connection.execute("SELECT count(*) FROM second").fetchall() == [(10,)]
    with pytest.raises(Unusable, match="its schema is 2, ours is 1"):
        HistoryFile(path)
    with pytest.raises(NoHistory, match="its schema is 2, this fermat-sidecar reads 1"):
        grid(path, T0, T0 + 10)


def test_a_step_that_fails_leaves_the_version_before_it(path: Path) -> None:
    with closing(opened(path, check=False)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(
                connection, (*MIGRATIONS, "CREATE TABLE more (at INTEGER); CREATE TABLE second (at INTEGER)")
            )
        connection.rollback()
        assert connection.execute("PRAGMA user_version").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchall() == [
            (0,)
        ]


def test_what_a_kill_left_half_done_is_undone_by_whoever_reads(path: Path, tmp_path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        write(file, seconds(range(T0, T0 + 300)))
    with closing(sqlite3.connect(path, isolation_level=None)) as killed:
        killed.execute("PRAGMA cache_size = 1")  # so that it writes into the file before the end
        killed.execute("BEGIN")
        killed.execute("DELETE FROM second")
        killed.execute("UPDATE minute SET content = zeroblob(100000)")
        copy = tmp_path / "copy"
        copy.mkdir()
        for one in (path, path.with_name("history.db-journal")):
            shutil.copy(one, copy)
    assert (copy / "history.db-journal").stat().st_size > 512
    assert all(grid(copy / "history.db", T0, T0 + 300, points=300).points)


def test_of_a_disk_that_is_read_only_it_is_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        with closing(HistoryFile(disk.path / "history.db")) as file:
            write(file, seconds(range(T0, T0 + 100)))
        disk.make("ro")
        assert all(grid(disk.path / "history.db", T0, T0 + 100).points)


def test_without_a_file_there_is_no_history_and_none_is_made(path: Path) -> None:
    with pytest.raises(NoHistory, match="there is no history yet"):
        grid(path, T0, T0 + 10)
    assert not path.exists()


def test_one_that_is_damaged_or_not_to_be_read_is_said(path: Path) -> None:
    path.write_bytes(b"garbage " * 1000)
    with pytest.raises(NoHistory, match="cannot be read: file is not a database"):
        grid(path, T0, T0 + 10)
    with pytest.raises(Unusable):
        HistoryFile(path)
    path.unlink()
    HistoryFile(path).close()
    path.parent.chmod(0o755)
    with another_user(), pytest.raises(NoHistory, match=r"Permission denied|cannot be read"):
        grid(path, T0, T0 + 10)
