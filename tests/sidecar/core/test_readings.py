"""What a reading is kept for: the last of each with its moment, who was connected, what collected garbage."""

from __future__ import annotations

import pytest

from fermatkit.measures import Eater, Measure, Reading, Unknown
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import (
    Answered,
    Counted,
    HostSampled,
    Registered,
    Sampled,
    SessionLost,
    Unanswered,
)
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER
from support.playbook import Playbook

A = Identity(100, 1)


def booted(**limits: float) -> Playbook:
    book = Playbook(Policy(gap=1e6, **limits))  # type: ignore[arg-type] # numbers, all of them
    book.boots(A)
    return book


def test_the_last_of_each_is_kept_with_its_moment() -> None:
    book = booted()
    book.sees(Sampled(A, "S", {Measure.CPU: 3.0, Measure.FDS: 70.0}))
    first = book.wall
    book.sees(Counted(A, {Measure.THREADS: 40.0, Measure.ESTABLISHED: 5.0}), after=1)
    book.sees(Sampled(A, "S", {Measure.CPU: 4.0}), after=1)
    view = book.view
    assert {one: view.readings[one] for one in (Measure.CPU, Measure.FDS, Measure.THREADS)} == {
        Measure.CPU: 4.0,
        Measure.FDS: 70.0,
        Measure.THREADS: 40.0,
    }
    assert [view.read[one] - first for one in (Measure.CPU, Measure.FDS, Measure.THREADS)] == [2.0, 0.0, 1.0]
    assert view.read[Measure.UNACCOUNTED] == first + 1.0, "what is made of others is as new as they are"


def test_the_last_sample_is_kept_whole_for_the_evidence() -> None:
    book = booted()
    sample = Sampled(A, "D", {Measure.CPU: 3.0})
    book.sees(sample)
    book.sees(Counted(A, {Measure.THREADS: 40.0}), after=1)
    assert (book.state.facts.sampled, book.state.facts.sampled_at) == (sample, book.at - 1)


@pytest.mark.parametrize(
    ("before", "later", "told"),
    [(41.0, 3.0, 41.0), (41.0, Unknown("no"), 41.0), (Unknown("no"), 3.0, Unknown("no")), (None, 3.0, 3.0)],
)
def test_who_was_connected_is_counted_while_it_serves_or_at_least_once(
    before: Reading | None, later: Reading, told: Reading
) -> None:
    book = booted()
    book.sees(Sampled(A, "S", {} if before is None else {Measure.ESTABLISHED: before}))
    book.falls_silent(A)
    book.sees(Sampled(A, "S", {Measure.ESTABLISHED: later}), after=5)
    book.sees(Sampled(A, "S", {}), after=1)
    book.dies(A)
    assert book.state.incidents.open[SERVER].clients == told


def test_who_eats_the_memory_is_known_until_it_is_looked_for_again() -> None:
    book = booted()
    eater = Eater(77, "prometheus", 2**33)
    book.sees(HostSampled({}, eater))
    assert book.state.facts.eater == eater
    book.sees(HostSampled({}))
    assert book.state.facts.eater is None


def collecting(book: Playbook, *percents: Reading, each: float = 5.0) -> None:
    for percent in percents:
        book.sees(Counted(A, {Measure.GC: percent}), after=each)


@pytest.mark.parametrize(
    ("percents", "each", "trouble"),
    [
        ((0.0, 25.0, 25.0, 25.0, 25.0), 5.0, Trouble.HEAP_EXHAUSTED),
        ((0.0, 24.9, 25.0, 25.0, 25.0), 5.0, Trouble.HTTP_DEAD),
        ((0.0, Unknown("no"), 25.0, 25.0, 25.0), 5.0, Trouble.HTTP_DEAD),
        ((0.0, 95.0), 29.9, Trouble.HEAP_EXHAUSTED),
        ((0.0, 95.0), 30.0, Trouble.HTTP_DEAD),  # a reading speaks for no longer time before it
    ],
)
def test_a_quarter_core_for_twenty_seconds_makes_a_dead_http_an_exhausted_heap(
    percents: tuple[Reading, ...], each: float, trouble: Trouble
) -> None:
    book = booted(http_dead_after=100.0)
    book.sees(Unanswered(A, Sign.HTTP, "no answer"))
    collecting(book, *percents, each=each)
    collecting(book, 0.0)
    book.waits(100)
    causes = {cause.trouble for one in book.state.incidents.open.values() for cause in one.causes}
    assert causes == {trouble}


@pytest.mark.parametrize(("last", "seconds"), [(15.0, 10.0), (24.0, 6.0)])
def test_a_dead_http_waits_for_the_end_of_the_collecting_but_not_for_ever(
    last: float, seconds: float
) -> None:
    book = booted(http_dead_after=20.0, busy_after=30.0, heap_after=10.0)
    book.sees(Unanswered(A, Sign.HTTP, "no answer"))
    began = book.at
    collecting(book, 0.0, each=0.0)
    collecting(book, 95.0, 95.0, each=last / 2)
    book.sees(Counted(A, {Measure.GC: 0.0}))
    causes = []
    while Trouble.HEAP_EXHAUSTED not in causes:
        assert Trouble.HTTP_DEAD not in book.state.findings
        book.waits(0.5)
        causes = [cause.trouble for one in book.state.incidents.open.values() for cause in one.causes]
    assert book.at - began == last + seconds
    assert causes == [Trouble.HEAP_EXHAUSTED]


def test_only_an_answer_to_http_forgets_the_collecting() -> None:
    book = booted()
    book.sees(Unanswered(A, Sign.HTTP, "no answer"))
    collecting(book, 0.0, 95.0, 95.0, 95.0, 95.0)
    book.sees(Counted(A, {Measure.THREADS: 40.0}))
    book.sees(Answered(A, Sign.PONG, 0.1))
    assert book.state.facts.collecting == 20.0
    book.sees(Answered(A, Sign.HTTP, 0.1))
    assert book.state.facts.collecting == 0.0


def test_a_sign_has_the_seconds_of_its_last_good_answer() -> None:
    book = booted()
    assert book.view.signs[Sign.PONG].latency is None, "a registration is none"
    book.sees(Answered(A, Sign.PONG, 0.25), after=1)
    answered = book.wall
    book.sees(Unanswered(A, Sign.PONG, "no pong within 1.5 s"), after=1)
    book.sees(Unanswered(A, Sign.PONG, "no pong within 1.5 s"), after=1)
    sign = book.view.signs[Sign.PONG]
    assert (sign.good_at, sign.latency, sign.missing_since) == (answered, 0.25, answered + 1)
    assert sign.why == "no pong within 1.5 s"
    book.sees(SessionLost(A, "closed: 1001"))
    book.sees(Registered(A, 0.5), after=1)
    sign = book.view.signs[Sign.PONG]
    assert (sign.good_at, sign.latency, sign.missing_since, sign.why) == (book.wall, 0.25, None, "")


def test_a_sign_that_never_came_has_no_latency() -> None:
    book = booted()
    book.sees(Unanswered(A, Sign.LIST, "no answer"))
    sign = book.view.signs[Sign.LIST]
    assert (sign.good_at, sign.latency) == (None, None)


def test_a_process_that_runs_again_has_the_time_of_a_start_to_serve() -> None:
    book = booted(continue_deadline=1e6)
    book.sees(SessionLost(A, "x"))
    book.waits(50)
    book.sees(Sampled(A, "T", {}))
    book.waits(100)
    book.sees(Sampled(A, "S", {}))
    assert Trouble.NOT_SERVING not in book.state.findings
    assert book.view.signs[Sign.PONG].missing_since == book.wall
    book.waits(59.9)
    assert Trouble.NOT_SERVING not in book.state.findings
    book.waits(0.1)
    assert Trouble.NOT_SERVING in book.state.findings
