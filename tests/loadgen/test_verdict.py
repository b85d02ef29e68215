from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.errors import ExitCode
from loadgen import trouble
from loadgen.outcome import Clients, Outcome
from loadgen.recorder import histogram
from loadgen.tally import PHASES, Operation, Tally
from loadgen.verdict import MAX_LAG, Word, judge

ALL_WELL = Clients(asked=10, open=10, registered=10, lost=0, failed=0, unfinished=0, left=10, aborted=0)


def outcome(clients: Clients = ALL_WELL, tally: Tally | None = None, **more: Any) -> Outcome:
    return Outcome(clients=clients, tally=tally or Tally(), seconds=60, cpu_seconds=5, rss=10**8, **more)


def lagging(what: str, seconds: float, samples: int = 1) -> Tally:
    tally = Tally()
    lag = tally.loop_lag if what == "loop" else tally.accounts[Operation.LIST].lag
    lag.add(histogram([seconds] * samples))
    return tally


def test_all_well_is_a_pass_without_a_word():
    verdict = judge(outcome())
    assert (verdict.word, verdict.reasons, verdict.code) == (Word.PASS, (), ExitCode.GOOD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"failed": 2, "registered": 8, "open": 8, "left": 8}, "2 of 10 clients were never registered"),
        ({"lost": 3, "open": 7, "left": 7}, "3 of 10 registered clients were lost"),
    ],
)
def test_clients_missing_is_a_fail_that_says_how_many(change: dict[str, int], sentence: str):
    verdict = judge(outcome(msgspec.structs.replace(ALL_WELL, **change)))
    assert (verdict.word, verdict.reasons, verdict.code) == (Word.FAIL, (sentence,), ExitCode.UNHEALTHY)


@pytest.mark.parametrize("operation", [Operation.LIST, Operation.PING])
def test_a_message_or_ping_without_answer_is_a_fail(operation: Operation):
    tally = Tally()
    counts = tally.accounts[operation]
    counts.sent = 1
    assert judge(outcome(tally=tally)).word is Word.FAIL
    counts.lost = 1
    assert judge(outcome(tally=tally)).word is Word.FAIL
    counts.unsent = 1
    assert len(judge(outcome(tally=tally)).reasons) == 2


def test_any_error_is_a_fail():
    tally = Tally()
    tally.error(trouble.NONSENSE)
    assert judge(outcome(tally=tally)).word is Word.FAIL


@pytest.mark.parametrize("what", ["loop", "sends"])
def test_a_late_generator_proves_nothing(what: str):
    verdict = judge(outcome(tally=lagging(what, MAX_LAG * 1.01)))
    assert (verdict.word, verdict.code) == (Word.INVALID, ExitCode.INVALID_RUN)
    assert "late" in verdict.reasons[0]
    assert judge(outcome(tally=lagging(what, MAX_LAG * 0.99))).word is Word.PASS


def test_a_generator_that_took_nearly_all_of_its_core_proves_nothing():
    verdict = judge(outcome(tally=Tally(busiest=0.93)))
    assert verdict.word is Word.INVALID
    assert verdict.reasons == ("the generator took 93% of a core for five seconds, 90% or more",)
    assert judge(outcome(tally=Tally(busiest=0.89))).word is Word.PASS


@pytest.mark.parametrize(
    ("pause", "times", "word"),
    [(0.14, 4, Word.PASS), (0.14, 5, Word.INVALID), (0.05, 1000, Word.PASS)],
)
def test_long_garbage_collections_may_take_a_hundredth_of_the_time(pause: float, times: int, word: Word):
    verdict = judge(outcome(tally=Tally(collections=histogram([pause] * times))))
    assert verdict.word is word
    assert all("collections stopped the generator for 0.7 s" in reason for reason in verdict.reasons)


def test_a_part_of_the_generator_that_was_lost_proves_nothing_and_is_no_ones_message():
    tally = Tally()
    tally.accounts[Operation.LIST].sent = 1
    verdict = judge(outcome(tally=tally, losses=("worker 1 was killed",)))
    assert (verdict.word, verdict.reasons) == (Word.INVALID, ("worker 1 was killed",))


def test_a_missed_threshold_is_a_fail_in_its_own_words():
    verdict = judge(outcome(missed=("p99 < 1 ms: it was 2 ms",)))
    assert (verdict.word, verdict.reasons) == (Word.FAIL, ("p99 < 1 ms: it was 2 ms",))


@pytest.mark.parametrize("operation", [one for one in Operation if one is not Operation.CONNECT])
def test_answers_that_came_twice_or_in_another_order_are_a_fail(operation: Operation):
    tally = Tally()
    tally.accounts[operation].duplicate = 2
    tally.accounts[operation].out_of_order = 3
    verdict = judge(outcome(tally=tally))
    if operation in PHASES:
        assert verdict.word is Word.PASS, "parts of a connect, which is told of as a client"
    else:
        assert [reason[:2] for reason in verdict.reasons] == ["2 ", "3 "]


@pytest.mark.parametrize("kind", sorted(trouble.OWN_LIMITS))
def test_a_generator_at_its_own_limits_proves_nothing(kind: str):
    tally = Tally()
    tally.error(kind, 5)
    failed = msgspec.structs.replace(ALL_WELL, failed=5, registered=5, open=5)
    verdict = judge(outcome(failed, tally))
    assert verdict.word is Word.INVALID
    assert verdict.reasons[0] == f"5 times {kind}"


def test_a_run_ended_by_hand_says_nothing_whatever_else_was_wrong():
    bad = msgspec.structs.replace(ALL_WELL, failed=10, registered=0, open=0)
    verdict = judge(outcome(bad, lagging("loop", 1), interrupted=True))
    assert (verdict.word, verdict.code) == (Word.INTERRUPTED, ExitCode.INTERRUPTED)
    assert len(verdict.reasons) == 3


def test_what_was_on_its_way_when_a_run_was_stopped_is_no_reason():
    tally = Tally()
    tally.accounts[Operation.LIST].sent = 1
    assert judge(outcome(tally=tally, interrupted=True)).reasons == ("the run was stopped before its end",)


def test_giving_up_is_told():
    clients = msgspec.structs.replace(ALL_WELL, failed=4, registered=0, open=0, unfinished=6)
    assert any(
        "6 clients were not tried" in reason for reason in judge(outcome(clients, gave_up=True)).reasons
    )


@given(
    st.builds(
        Outcome,
        clients=st.builds(Clients, **{name: st.integers(0, 9) for name in Clients.__struct_fields__}),
        tally=st.builds(
            lambda lag, errors: msgspec.structs.replace(lagging("sends", lag), errors=errors),
            st.floats(0, 2 * MAX_LAG),
            st.dictionaries(st.sampled_from([trouble.RESET, trouble.NO_PORT]), st.integers(1, 9)),
        ),
        seconds=st.just(60.0),
        cpu_seconds=st.just(5.0),
        rss=st.just(10**8),
        interrupted=st.booleans(),
        gave_up=st.booleans(),
    )
)
def test_every_outcome_has_a_verdict_and_every_verdict_but_a_pass_its_reasons(drawn: Outcome):
    verdict = judge(drawn)
    assert bool(verdict.reasons) == (verdict.word is not Word.PASS)
    if verdict.word is Word.PASS:
        assert not drawn.tally.errors
        assert not drawn.clients.lost
        assert not drawn.clients.failed
