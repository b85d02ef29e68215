"""What is taken of a sidecar's life: each second once, and nothing of the time in which there was none."""

from __future__ import annotations

from itertools import pairwise

from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import Absent, Answered, Appeared, HostSampled, Restored, Sampled, Unanswered
from sidecar.core.stories import SERVER, Incident
from sidecar.store.history.levels import SERIES
from sidecar.store.history.moments import HELD, Kept, Moment, Start, Taking, filled
from sidecar.store.history.packing import values
from sidecar.store.history.points import Verdict
from support.playbook import Playbook
from support.seconds import T0, second

A, B = Identity(100, 1), Identity(101, 2)


class Life(Playbook):
    """A playbook whose states are taken as the sidecar publishes them."""

    def __init__(self) -> None:
        super().__init__()
        self.taking = Taking()
        self.kept: list[Kept] = []

    def sees(self, what, *, after=0.0):  # type: ignore[no-untyped-def]
        actions = super().sees(what, after=after)
        self.kept += self.taking.take(self.state)
        return actions

    def of(self, kind: type[Kept]) -> list[Kept]:
        return [one for one in [*self.kept, *self.taking.rest()] if isinstance(one, kind)]

    def moments(self) -> dict[int, Moment]:
        """By the seconds since the beginning."""
        one = list(filled(None, (one for one in self.of(Moment) if isinstance(one, Moment))))
        return {moment.at - int(self.wall - self.at) - 1000: moment for moment in one}


def sample(cpu: float) -> Sampled:
    return Sampled(A, "S", {Measure.CPU: cpu})


def test_each_second_has_what_was_so_at_its_end() -> None:
    life = Life()
    life.boots(A)
    for number in range(1, 5):
        life.sees(sample(float(number)), after=0.9)
        life.sees(Answered(A, Sign.PONG, number / 1000), after=0.1)
    moments = life.moments()
    assert list(moments) == [0, 1, 2, 3, 4]
    assert [moments[at].readings.get(Measure.CPU) for at in moments] == [1.0, 2.0, 3.0, 4.0, 4.0]
    assert moments[4].signs[Sign.PONG].latency == 0.004


def test_a_moment_of_failing_makes_its_second_one_that_failed() -> None:
    life = Life()
    life.boots(A)
    life.sees(sample(1.0), after=1.2)
    life.dies(A)
    life.sees(Appeared(B, adopted=False), after=0.1)
    life.proves(B)
    life.sees(Sampled(B, "S", {}), after=1.0)
    life.sees(Sampled(B, "S", {}), after=1.0)
    worst = {at: moment.worst for at, moment in life.moments().items()}
    assert worst[1] is Verdict.FAIL
    assert worst[3] < Verdict.FAIL


def test_while_no_server_runs_each_second_fails_and_the_machine_is_known() -> None:
    life = Life()
    life.boots(A)
    life.sees(sample(1.0))
    life.dies(A)
    for _ in range(3):
        life.waits(2.5)
        life.sees(HostSampled({Measure.LOAD: 0.5}), after=2.5)
    moments = life.moments()
    assert list(moments) == list(range(16))
    assert {moments[at].worst for at in range(1, 16)} == {Verdict.FAIL}
    assert moments[14].readings.get(Measure.LOAD) == 0.5
    assert Measure.CPU not in moments[14].readings


def test_before_anything_is_known_there_is_nothing() -> None:
    life = Life()
    life.sees(Restored(None, seed=1))
    assert life.kept == []
    assert list(life.taking.rest()) == []


def test_a_server_that_is_found_is_unknown_until_it_is_proven_or_found_wanting() -> None:
    life = Life()
    life.sees(Restored(None, seed=1))
    life.sees(Appeared(A, adopted=True, age=100.0))
    assert life.moments()[0].worst is Verdict.UNKNOWN
    life.proves(A)
    assert life.moments()[0].worst is Verdict.PASS
    life = Life()
    life.sees(Restored(None, seed=1))
    life.sees(Appeared(A, adopted=True))
    life.waits(120.0)
    assert life.moments()[120].worst is Verdict.FAIL


def test_what_was_known_holds_for_some_seconds_and_then_there_is_a_gap() -> None:
    before = second(T0)
    assert [one.at for one in filled(None, [before])] == [T0]
    later = list(filled(before, [second(T0 + HELD), second(T0 + 2 * HELD + 1)]))
    assert [one.at - T0 for one in later] == [1, 2, 3, 4, 5, 11]
    assert [one.readings for one in later[:4]] == [before.readings] * 4
    assert [one.at - T0 for one in filled(second(T0 + 100), [second(T0)])] == [0]  # the clock was set back


def test_a_start_has_the_cause_of_the_outage_and_is_told_once() -> None:
    life = Life()
    life.boots(A)
    life.dies(A)
    life.sees(Appeared(B, adopted=False), after=0.5)
    life.sees(Sampled(B, "S", {}), after=1.0)
    first, again = (one for one in life.of(Start) if isinstance(one, Start))
    assert (first.identity, first.cause) == (A, None)
    assert (again.identity, again.adopted) == (B, False)
    assert again.cause is not None
    assert again.cause.trouble is Trouble.EXITED


def test_an_incident_is_kept_again_whenever_it_has_grown() -> None:
    life = Life()
    life.boots(A)
    life.dies(A)
    life.sees(Appeared(B, adopted=False), after=0.5)
    life.proves(B)
    life.sees(Sampled(B, "S", {}), after=1.0)
    stories = [one for one in life.of(Incident) if isinstance(one, Incident)]
    assert {(one.number, one.topic) for one in stories} == {(1, SERVER)}
    assert [one.closed is None for one in stories] == [True] * (len(stories) - 1) + [False]
    assert all(before != after for before, after in pairwise(stories))
    assert 1 < len(stories) < 6


def test_what_is_unknown_has_no_value_and_a_missing_sign_no_latency() -> None:
    life = Life()
    life.sees(Restored(None, seed=1))
    life.sees(Absent())
    life.boots(A)
    life.sees(Answered(A, Sign.HTTP, 0.0125))
    life.sees(Answered(A, Sign.PONG, 0.001))
    life.sees(Unanswered(A, Sign.PONG, "no answer"))
    life.sees(Sampled(A, "S", {Measure.CPU: 12.5, Measure.FDS: Unknown("not allowed"), Measure.THREADS: 0.0}))
    numbers = {name: number for number, name in enumerate(SERIES)}
    facts = life.state.facts
    known = values(facts.readings, facts.signs, numbers)
    assert {name: known[number] for name, number in numbers.items() if number in known} == {
        "cpu:utilization": 12.5,
        "threads:count": 0,
        "protocol:http": 12.5,
    }
