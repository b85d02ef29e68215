from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from loadgen.ledger import Ledger
from loadgen.tally import Operation, Tally

steps = st.lists(st.sampled_from(["due", "give up", "send", "answer", "lose", "fold", "turn", "error"]))


def test_latency_counts_from_the_moment_a_message_was_due_beside_the_service_time_and_the_lag():
    ledger = Ledger()
    account = ledger.accounts[Operation.LIST]
    account.sent(due=10.0, now=10.5)
    account.answered(due=10.0, sent=10.5, now=12.0)
    counts = ledger.turn().accounts[Operation.LIST]
    assert counts.response.percentile(100) == 2.0
    assert counts.service.percentile(100) == 1.5
    assert counts.lag.percentile(100) == 0.5


@given(steps)
def test_nothing_is_counted_twice_or_forgotten_wherever_the_seconds_end(steps: list[str]):
    ledger, whole = Ledger(), Tally()
    account = ledger.accounts[Operation.ECHO]
    deeds: dict[str, Callable[[], object]] = {
        "due": account.scheduled,
        "give up": account.unsent,
        "send": lambda: account.sent(1.0, 1.25),
        "answer": lambda: account.answered(1.0, 1.25, 2.0),
        "lose": account.lost,
        "error": lambda: ledger.error("something", 2),
        "fold": ledger.fold,
        "turn": lambda: whole.add(ledger.turn(cpu=0.5, busiest=0.25)),
    }
    done = dict.fromkeys(deeds, 0)
    waiting = out = 0
    for step in steps:
        if (step in {"send", "give up"} and not waiting) or (step in {"answer", "lose"} and not out):
            continue
        deeds[step]()
        done[step] += 1
        waiting += {"due": 1, "give up": -1, "send": -1}.get(step, 0)
        out += {"send": 1, "answer": -1, "lose": -1}.get(step, 0)
        assert account.in_flight == out
    whole.add(ledger.turn())
    counts = whole.accounts[Operation.ECHO]
    assert ledger.total() == whole
    assert ledger.turn().accounts == Tally().accounts
    assert [counts.scheduled, counts.unsent, counts.sent, counts.answered, counts.lost] == [
        done[name] for name in ("due", "give up", "send", "answer", "lose")
    ]
    assert (counts.waiting, counts.in_flight) == (waiting, out)
    assert counts.scheduled == counts.unsent + counts.sent + counts.waiting
    assert counts.sent == counts.answered + counts.lost + counts.in_flight
    assert counts.lag.total == counts.sent
    assert counts.response.total == counts.service.total == counts.answered
    assert sum(whole.errors.values()) == 2 * done["error"]
    assert whole.cpu == done["turn"] / 2


def test_what_is_odd_is_counted_apart_in_its_second():
    ledger = Ledger()
    account = ledger.accounts[Operation.ECHO]
    account.late += 1
    account.duplicate += 2
    account.out_of_order += 3
    account.unanswered += 4
    counts = ledger.turn().accounts[Operation.ECHO]
    assert (counts.late, counts.duplicate, counts.out_of_order, counts.unanswered) == (1, 2, 3, 4)
    assert ledger.turn() == Tally()


def test_an_account_is_the_same_object_throughout():
    ledger = Ledger()
    account = ledger.accounts[Operation.PING]
    ledger.turn()
    account.scheduled()
    assert ledger.turn().accounts[Operation.PING].scheduled == 1
    assert ledger.accounts[Operation.PING] is account


def test_nothing_wrong_is_no_kind_of_error():
    ledger = Ledger()
    ledger.error("something", 0)
    assert ledger.turn().errors == {}


def test_one_second_is_no_part_of_the_next():
    ledger = Ledger()
    ledger.error("something")
    ledger.loop_lag.record(0.25)
    first = ledger.turn(cpu=0.5)
    assert (first.errors, first.loop_lag.max, first.cpu) == ({"something": 1}, 0.25, 0.5)
    assert ledger.turn() == Tally()
    assert first.errors == {"something": 1}
