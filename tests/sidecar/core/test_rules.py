"""Readings and their thresholds: for how long, hysteresis, what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.actions import Signal
from sidecar.core.nouns import Act, Identity, Severity, Trouble
from sidecar.core.observations import (
    Answered,
    Appeared,
    ConfigRead,
    Listened,
    Observation,
    Restored,
    Sampled,
    Sign,
    Ticked,
)
from sidecar.core.phases import Proving, Settled, Sparing
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS, METRICS, Metric, Rule
from sidecar.core.stories import SERVER, Chapter
from sidecar.core.view import Status
from support.playbook import Playbook, kinds

A = Identity(100, 1)
LIMIT = 1000.0


def fds(number: float | Unknown, limit: float | Unknown = LIMIT) -> Sampled:
    return Sampled(A, "S", {Measure.FDS: number, Measure.FDS_LIMIT: limit})


def told(book: Playbook) -> list[tuple[str, str]]:
    messages = [entry.owed.message for entry in book.state.outbox.entries]
    return [(message.incident.topic, message.chapter) for message in messages]


def looks(book: Playbook, seconds: int, what: Sampled) -> list[str]:
    actions = []
    for _ in range(seconds):
        actions += book.sees(what, after=1)
    return kinds(actions)


def test_a_rule_waits_for_its_time_and_time_alone_is_enough() -> None:
    book = Playbook(Policy(gap=1e6))
    book.boots(A)
    book.sees(fds(720))
    book.waits(9.9)
    assert book.state.findings == {}
    book.waits(0.1)
    (finding,) = book.state.findings.values()
    assert (finding.trouble, finding.reading, finding.since) == (Trouble.FDS_HIGH, 0.72, 1000.0)
    assert book.view.status is Status.WARN
    assert told(book) == []  # a note


def test_what_dips_before_its_time_starts_anew() -> None:
    book = Playbook()
    book.boots(A)
    looks(book, 9, fds(720))
    looks(book, 1, fds(690))
    looks(book, 9, fds(720))
    assert book.state.findings == {}


def test_what_is_found_is_over_only_beyond_the_clearing_line() -> None:
    book = Playbook()
    book.boots(A)
    looks(book, 15, fds(900))
    assert told(book) == [(Trouble.FD_LIMIT, Chapter.OPENED)]
    looks(book, 60, fds(820))
    assert Trouble.FD_LIMIT in book.state.findings
    looks(book, 1, fds(790))
    assert told(book) == [(Trouble.FD_LIMIT, Chapter.OPENED), (Trouble.FD_LIMIT, Chapter.CLOSED)]


def test_not_knowing_changes_nothing() -> None:
    book = Playbook()
    book.boots(A)
    looks(book, 30, fds(Unknown("permission denied")))
    assert book.state.findings == {}
    looks(book, 15, fds(900))
    looks(book, 30, fds(Unknown("permission denied")))
    looks(book, 30, fds(100, Unknown("no limit is set")))
    assert Trouble.FD_LIMIT in book.state.findings


def test_nobody_looked_is_no_time() -> None:
    book = Playbook()
    book.boots(A)
    looks(book, 5, fds(720))
    book.sees(Ticked(), after=600)
    looks(book, 4, fds(720))
    assert book.state.findings == {}
    looks(book, 3, fds(720))
    assert Trouble.FDS_HIGH in book.state.findings


def test_a_limit_that_does_not_heal_ends_in_a_restart_and_its_story_is_the_server_s() -> None:
    book = Playbook()
    book.boots(A)
    assert "Signal" not in looks(book, 300, fds(995))
    assert told(book) == [(Trouble.FD_LIMIT, Chapter.OPENED)]
    assert "Signal" in looks(book, 2, fds(995))
    assert told(book)[-1] == (SERVER, Chapter.OPENED)
    assert book.state.incidents.open[SERVER].causes[0].trouble is Trouble.FDS_SPENT


def test_the_next_server_is_not_ended_for_what_was_wrong_with_the_one_before() -> None:
    """Found by the state machine: without a reading the finding lasted, and with it its restart."""
    book = Playbook()
    book.boots(A)
    looks(book, 302, fds(995))
    book.dies(A)
    assert Trouble.FDS_SPENT not in book.state.findings
    after = Identity(101, 2)
    book.sees(Appeared(after, adopted=False))
    book.proves(after)
    assert "Signal" not in kinds(book.waits(30))
    assert SERVER not in book.state.incidents.open


def test_a_recalled_condition_of_another_sidecar_lasts_until_it_is_seen_well() -> None:
    book = Playbook()
    book.boots(A)
    looks(book, 15, fds(900))
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(A, adopted=True))
    heir.sees(fds(820))
    assert Trouble.FD_LIMIT in heir.state.findings
    heir.sees(fds(500))
    assert told(heir)[-1] == (Trouble.FD_LIMIT, Chapter.CLOSED)


def held(act: Act) -> Policy:
    rules = {**DEFAULTS, Trouble.DISK_LOW: Rule(2.0**30, 2.0**31, act)}
    return Policy(channels=("mail",), rules=rules, quiet_from=3 * 3600.0, quiet_to=5 * 3600.0)


def disk(free: float) -> Sampled:
    return Sampled(A, "S", {Measure.DISK_FREE: free})


def test_a_server_is_spared_while_a_restart_cannot_help() -> None:
    book = Playbook(held(Act.HOLD))
    book.boots(A)
    book.sees(disk(1e8))
    book.falls_silent(A)
    assert "Signal" not in kinds(book.waits(60))
    assert isinstance(book.phase, Sparing)
    assert [done.deed for done in book.state.incidents.open[SERVER].done] == ["spared"]
    assert book.state.incidents.open[SERVER].done[0].why == "disk-low"
    assert Signal(A, 15) in book.sees(disk(1e10))


def test_a_spared_server_that_answers_again_is_well() -> None:
    book = Playbook(held(Act.HOLD))
    book.boots(A)
    book.sees(disk(1e8))
    book.falls_silent(A)
    book.waits(20)
    for sign in (Sign.PONG, Sign.HTTP):
        book.sees(Answered(A, sign, 0.1))
    assert isinstance(book.phase, Settled | Proving)
    assert SERVER not in book.state.incidents.open


def test_a_spared_server_that_dies_is_started_again() -> None:
    book = Playbook(held(Act.HOLD))
    book.boots(A)
    book.sees(disk(1e8))
    book.falls_silent(A)
    book.waits(20)
    assert "Start" in kinds(book.dies(A))


def test_a_planned_restart_waits_for_the_quiet_window() -> None:
    book = Playbook(held(Act.PLAN), at=1000.0)  # 08:16:40
    book.boots(A)
    assert "Signal" not in looks(book, 5, disk(1e8))
    assert told(book) == [(Trouble.DISK_LOW, Chapter.OPENED)]
    shift = (24 - 8) * 3600 + 2.5 * 3600  # to 02:46:40
    book.at += shift
    book.wall += shift
    assert "Signal" not in looks(book, 60, disk(1e8))
    book.at += 1800
    book.wall += 1800
    assert "Signal" in looks(book, 5, disk(1e8))
    assert book.state.incidents.open[SERVER].causes[0].trouble is Trouble.DISK_LOW


@pytest.mark.parametrize(
    ("begin", "end", "hour", "quiet"),
    [
        (3, 5, 3, True),
        (3, 5, 4.99, True),
        (3, 5, 5, False),
        (23, 1, 0.5, True),
        (23, 1, 2, False),
        (3, 3, 3, False),
    ],
)
def test_the_quiet_window_may_go_over_midnight(begin: float, end: float, hour: float, *, quiet: bool) -> None:
    policy = Policy(quiet_from=begin * 3600, quiet_to=end * 3600)
    assert policy.quiet(1_800_000_000 // 86400 * 86400 + hour * 3600) is quiet


numbers = st.floats(0, 1e12)
readings = st.one_of(numbers, st.just(Unknown("permission denied")))


def known(metric: Metric, seen: dict[Measure, Reading]) -> bool:
    parts = [seen.get(part) for part in (metric.measure, metric.of) if part]
    return all(isinstance(part, float) for part in parts) and (metric.of is None or parts[-1] != 0)


@given(st.dictionaries(st.sampled_from(Measure), readings), st.sampled_from(sorted(METRICS)))
def test_a_value_is_known_only_if_all_of_it_is(seen: dict[Measure, Reading], trouble: Trouble) -> None:
    metric: Metric = METRICS[trouble]
    every = (metric, *metric.others)
    looked = all(one.measure in seen for one in every)
    assert (metric.value(seen) is not None) is (looked and any(known(one, seen) for one in every))


@given(st.sampled_from(sorted(DEFAULTS)), numbers)
def test_what_begins_is_not_over_at_the_same_value(trouble: Trouble, value: float) -> None:
    rule = DEFAULTS[trouble]
    assert not rule.beyond(value, found=False) or rule.beyond(value, found=True)
    assert rule.severity in Severity


WRONG_PORT = Listened(A, owned=False, why="it listens on port 9090", elsewhere=(9090,))


@pytest.mark.parametrize("seen", [ConfigRead("/server.properties", None, "empty"), WRONG_PORT])
def test_a_recalled_condition_is_not_over_for_not_having_been_looked_at(seen: Observation) -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Appeared(A, adopted=True))
    book.sees(seen)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(A, adopted=True))
    heir.sees(Sampled(A, "S", {}), after=3)
    heir.sees(seen)
    assert [chapter for _, chapter in told(heir)] == [Chapter.OPENED]


def test_a_recalled_condition_is_over_once_the_contrary_is_seen() -> None:
    for seen, well in (
        (ConfigRead("/a", None, "empty"), ConfigRead("/a", 9090, "")),
        (WRONG_PORT, Listened(A, owned=True)),
    ):
        book = Playbook()
        book.sees(Restored(None, seed=1))
        book.sees(Appeared(A, adopted=True))
        book.sees(seen)
        heir = Playbook()
        heir.sees(Restored(book.state.keeper.memory, seed=1))
        heir.sees(Appeared(A, adopted=True))
        heir.sees(well)
        assert told(heir)[-1][1] == Chapter.CLOSED


def test_a_wrong_port_is_not_recalled_for_longer_than_a_start_may_take() -> None:
    """Nothing listens anywhere by then: it is deaf."""
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Appeared(A, adopted=True))
    book.sees(WRONG_PORT)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(A, adopted=True))
    heir.waits(59)
    assert set(heir.state.findings) == {Trouble.WRONG_PORT}
    heir.waits(1)
    assert set(heir.state.findings) == {Trouble.DEAF}


def test_a_wrong_port_ends_with_its_process() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Appeared(A, adopted=True))
    book.sees(WRONG_PORT)
    book.dies(A)
    assert Trouble.WRONG_PORT not in book.state.findings
