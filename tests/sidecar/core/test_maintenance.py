"""Pauses by the calendar: the sidecar keeps its hands off in each window, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.actions import Start
from sidecar.core.engine import due
from sidecar.core.maintenance import WEEK, Day, Maintenance, next_begin, planned
from sidecar.core.nouns import Identity, Pause
from sidecar.core.observations import Absent, Appeared, PauseAsked, Restored, ResumeAsked, Ticked
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER, Chapter
from support.playbook import Playbook, kinds

A = Identity(100, 1)
HOUR = 3600.0
SUNDAYS = Maintenance(3 * HOUR, 4 * HOUR, (Day.SUN,), "weekly upgrade")
OVER_MIDNIGHT = Maintenance(23 * HOUR, 1 * HOUR, (Day.SAT,))


def wall(text: str) -> float:
    """Of a day and a time; 2027-01-17 is a Sunday."""
    return datetime.fromisoformat(f"2027-01-{text}+00:00").timestamp()


def playbook(moment: str, *windows: Maintenance, gap: float = 5.0) -> Playbook:
    book = Playbook(Policy(channels=("mail",), maintenance=windows or (SUNDAYS,), gap=gap))
    book.wall = wall(moment)
    return book


def booted(moment: str, *windows: Maintenance) -> Playbook:
    book = playbook(moment, *windows)
    book.boots(A)
    return book


def heir(book: Playbook) -> Playbook:
    """The next sidecar, with what this one remembers."""
    new = Playbook(book.policy)
    new.wall = book.wall
    new.sees(Restored(book.state.keeper.memory, seed=1))
    return new


def chapters(book: Playbook) -> list[Chapter]:
    return [entry.owed.message.chapter for entry in book.state.outbox.entries]


# ---- the calendar ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "moment", "until"),
    [
        (SUNDAYS, "17T02:59:59.9", None),
        (SUNDAYS, "17T03:00", "17T04:00"),
        (SUNDAYS, "17T03:59:59.9", "17T04:00"),
        (SUNDAYS, "17T04:00", None),
        (SUNDAYS, "18T03:30", None),
        (OVER_MIDNIGHT, "16T23:00", "17T01:00"),
        (OVER_MIDNIGHT, "17T00:59", "17T01:00"),
        (OVER_MIDNIGHT, "17T23:30", None),
        (OVER_MIDNIGHT, "16T00:30", None),
        (Maintenance(3 * HOUR, 4 * HOUR), "13T03:30", "13T04:00"),
    ],
)
def test_a_moment_is_in_a_window_or_not(window: Maintenance, moment: str, until: str | None) -> None:
    pause = planned((window,), wall(moment), 0.0)
    assert (pause and pause.until) == (until and wall(until))


def test_of_several_windows_the_one_that_lasts_longest_is_the_pause() -> None:
    longer = Maintenance(2 * HOUR, 3.5 * HOUR, why="backup")
    assert planned((longer, SUNDAYS), wall("17T03:10"), 0.0) == Pause(
        wall("17T04:00"), "weekly upgrade", since=wall("17T03:00"), planned=True
    )


@pytest.mark.parametrize(
    ("resumed", "over"), [("17T02:59:59", False), ("17T03:00", True), ("17T04:00", False)]
)
def test_who_resumes_at_the_first_moment_ends_it_and_at_its_end_does_not(resumed: str, *, over: bool) -> None:
    """The last by a clock that was set back since."""
    assert (planned((SUNDAYS,), wall("17T03:30"), wall(resumed)) is None) is over


windows = st.lists(
    st.builds(
        lambda begin, length, days: Maintenance(
            begin * 60.0, (begin + length) % 1440 * 60.0, tuple(sorted(days, key=WEEK.index))
        ),
        st.integers(0, 1439),
        st.integers(1, 1439),
        st.sets(st.sampled_from(WEEK), min_size=1),
    ),
    max_size=4,
).map(tuple)
at_minutes = st.integers(0, 60 * 24 * 365 * 80).map(lambda minutes: minutes * 60.0)
"""The edges are there."""
moments = st.one_of(at_minutes, st.floats(1e6, 4e9), at_minutes.map(lambda one: one - 1e-6))


def occurrences(window: Maintenance, moment: datetime) -> list[tuple[datetime, datetime]]:
    """Plainly: on each day around this one that is among its days, from then until the other time of day."""
    found = []
    for shift in range(-1, 9):
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=shift)
        if WEEK[midnight.weekday()] in window.days:
            next_day = timedelta(days=1 if window.end <= window.begin else 0)
            begin, end = (midnight + timedelta(seconds=one) for one in (window.begin, window.end))
            found.append((begin, end + next_day))
    return found


@given(windows=windows, moment=moments, resumed=st.one_of(st.just(1e9), st.floats(0, 2 * 86400)))
def test_it_is_the_calendar_of_datetime(
    windows: tuple[Maintenance, ...], moment: float, resumed: float
) -> None:
    """Somebody resumed so many seconds ago."""
    now = datetime.fromtimestamp(moment, UTC)
    moment = now.timestamp()  # to the microsecond
    then = datetime.fromtimestamp(moment - resumed, UTC)
    all_ = [one for window in windows for one in occurrences(window, now)]
    ends = [end for begin, end in all_ if begin <= now < end and not begin <= then < end]
    pause = planned(windows, moment, then.timestamp())
    assert (pause and pause.until) == (max(ends).timestamp() if ends else None)
    nexts = [begin.timestamp() for begin, _ in all_ if begin > now]
    assert next_begin(windows, moment) == min(nexts, default=None)


@given(windows=windows, jumps=st.lists(st.floats(-3 * 86400, 3 * 86400), max_size=6))
def test_whatever_the_clock_does_the_pause_is_the_calendars(
    windows: tuple[Maintenance, ...], jumps: list[float]
) -> None:
    book = booted("17T12:00")
    book.policy = msgspec.structs.replace(book.policy, maintenance=windows)
    for jump in jumps:
        book.wall += jump
        book.sees(Ticked(), after=1.0)
        assert book.view.pause == planned(windows, book.wall, 0.0)


# ---- what follows from it ----------------------------------------------------------------------


def test_in_a_window_nothing_is_done_and_nobody_told_and_at_its_end_it_is() -> None:
    book = booted("17T02:59")
    book.waits(61)
    assert book.view.pause is not None
    assert (book.view.pause.until, book.view.pause.why, book.view.pause.by) == (
        wall("17T04:00"),
        "weekly upgrade",
        "",
    )
    assert kinds(book.dies(A) + book.waits(HOUR - 2)) == []
    assert chapters(book) == []
    actions = book.waits(1)
    assert kinds(actions).count("Start") == 1
    assert chapters(book) == [Chapter.OPENED]
    assert book.view.pause is None


def test_what_dies_with_the_window_s_beginning_dies_in_it() -> None:
    book = booted("17T02:59:59")
    book.wall, book.at = book.wall + 1, book.at + 1
    assert "Start" not in kinds(book.dies(A))


def test_without_a_server_it_begins_by_itself_and_is_looked_at_once_a_minute() -> None:
    book = playbook("17T02:57:30", gap=1e6)
    book.sees(Restored(None, seed=1))
    looks = []
    while book.wall < wall("17T03:01") and len(looks) < 99:
        moment = due(book.state, book.policy)
        looks.append(moment - book.at)
        book.sees(Ticked(), after=moment - book.at)
    assert looks == [60.0, 60.0, 30.0, 60.0]
    assert book.view.pause is not None


def test_a_sidecar_that_begins_within_a_window_keeps_its_hands_off_until_its_end() -> None:
    book = playbook("17T03:20")
    book.sees(Restored(None, seed=1))
    assert "Start" not in kinds(book.sees(Absent()) + book.waits(40 * 60 - 1))
    assert "Start" in kinds(book.waits(1))


def test_resume_ends_it_for_this_time() -> None:
    book = booted("17T03:10")
    book.dies(A)
    assert isinstance(book.sees(ResumeAsked())[0], Start)
    assert chapters(book) == [Chapter.OPENED]
    book.sees(Appeared(Identity(101, 2), adopted=False))
    for _ in range(49):
        book.sees(Ticked(), after=60.0)
        assert book.view.pause is None
    book.wall += 7 * 86400 - HOUR / 2
    book.sees(Ticked())
    assert book.view.pause is not None, "a week later it is due again"


def test_resume_is_remembered_by_the_next_sidecar() -> None:
    book = booted("17T03:10")
    book.sees(ResumeAsked())
    new = heir(book)
    assert new.view.pause is None
    assert "Start" in kinds(new.sees(Absent()))


def test_a_resume_before_a_window_does_not_concern_it() -> None:
    book = booted("17T02:59")
    book.sees(ResumeAsked())
    book.waits(61)
    assert book.view.pause is not None


def test_a_pause_that_was_asked_for_and_lasts_longer_stays() -> None:
    book = booted("17T02:50")
    book.sees(PauseAsked(wall("17T04:30"), "disk", "maria"))
    book.waits(30 * 60)
    assert book.view.pause == Pause(wall("17T04:30"), "disk", "maria", wall("17T02:50"), planned=False)
    book.waits(60 * 60)
    assert book.view.pause is not None
    book.waits(10 * 60)
    assert book.view.pause is None


def test_one_that_is_shorter_ends_with_the_window_and_is_there_again_without_it() -> None:
    book = booted("17T02:50")
    book.sees(PauseAsked(wall("17T03:20"), "disk", "maria"))
    book.waits(15 * 60)
    assert book.view.pause is not None
    assert book.view.pause.planned
    without = msgspec.structs.replace(book.policy, maintenance=())
    book.policy, before = without, book.policy
    book.sees(Ticked())
    assert book.view.pause is not None
    assert book.view.pause.by == "maria"
    book.policy = before
    book.waits(20 * 60)
    assert book.view.pause is not None
    assert book.view.pause.until == wall("17T04:00")


def test_a_window_outlives_neither_the_sidecar_nor_the_configuration_by_what_is_remembered() -> None:
    book = booted("17T03:10")
    assert book.state.keeper.memory is not None
    assert book.state.keeper.memory.pause is None
    book.dies(A)
    book.policy = msgspec.structs.replace(book.policy, maintenance=())
    assert "Start" in kinds(book.sees(Ticked()))


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 86400.0, -7 * 86400.0 - HOUR])
def test_a_clock_that_is_set_out_of_a_window_ends_it(jump: float) -> None:
    book = booted("17T03:30")
    book.dies(A)
    book.wall += jump
    assert "Start" in kinds(book.waits(60))
    assert book.state.incidents.open[SERVER]


@pytest.mark.parametrize("jump", [HOUR, 7 * 86400.0 + HOUR])
def test_one_that_is_set_into_a_window_begins_it_and_it_ends_by_that_clock(jump: float) -> None:
    book = booted("17T02:30")
    book.wall += jump
    assert "Start" not in kinds(book.dies(A) + book.waits(29 * 60))
    assert "Start" in kinds(book.waits(60))
