from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loadgen import trouble
from loadgen.crew import parts
from loadgen.outcome import Clients, Outcome
from loadgen.tally import Operation, Tally
from loadgen.verdict import Word, judge

counts = st.integers(0, 20)


@st.composite
def seen(draw: st.DrawFn) -> Tally:
    """What a worker may have told by its last second."""
    tally = Tally()
    for account in tally.accounts.values():
        account.answered, account.lost, in_flight, account.unsent = (draw(counts) for _ in range(4))
        account.sent = account.answered + account.lost + in_flight
        account.scheduled = account.sent + account.unsent
    return tally


def whole(number: int, **more: object) -> Outcome:
    clients = Clients(
        asked=number, open=number, registered=number, lost=0, failed=0, unfinished=0, left=number, aborted=0
    )
    outcome = Outcome(clients=clients, tally=Tally(), seconds=number, cpu_seconds=number / 10, rss=number)
    return msgspec.structs.replace(outcome, **more)


@given(seen(), st.data())
def test_a_lost_worker_adds_up(tally: Tally, data: st.DataObject):
    connects = tally.accounts[Operation.CONNECT]
    asked = connects.scheduled + data.draw(counts)
    held = data.draw(st.integers(0, connects.answered))
    departed = data.draw(st.integers(0, connects.answered - held))
    before = msgspec.json.encode(tally)
    outcome = parts.lost(asked, tally, (held, departed), 3.0, "it died")
    assert msgspec.json.encode(tally) == before
    clients = outcome.clients
    assert clients.asked == asked == clients.registered + clients.failed + clients.unfinished
    assert clients.registered == clients.open + clients.lost + clients.departed == connects.answered
    assert clients.departed == departed
    assert clients.open == clients.left + clients.aborted == 0
    assert clients.unfinished >= 0
    told: Counter[str] = Counter({trouble.WORKER_LOST: held})
    for operation, account in outcome.tally.accounts.items():
        assert account.scheduled == account.unsent + account.sent
        assert account.sent == account.answered + account.lost + account.in_flight
        if operation is not Operation.CONNECT:
            assert account.in_flight == 0
            kind = trouble.LOST[operation]
            told[kind] += account.lost - tally.accounts[operation].lost
    assert outcome.tally.errors == +told
    assert (outcome.cpu_seconds, outcome.rss, outcome.losses) == (None, None, ("it died",))


def test_a_run_that_lost_a_worker_proves_nothing():
    outcome = parts.together([whole(5), parts.lost(5, Tally(), (0, 0), 0.0, "worker 2 of 2 was killed")])
    verdict = judge(outcome)
    assert verdict.word is Word.INVALID
    assert verdict.reasons[0] == "worker 2 of 2 was killed"


def test_a_worker_that_gave_up_does_not_speak_for_the_others():
    bad = Clients(asked=200, open=0, registered=0, lost=0, failed=100, unfinished=100, left=0, aborted=0)
    given_up = whole(200, clients=bad, gave_up=True)
    assert any("nobody was ever registered" in reason for reason in judge(given_up).reasons)
    mixed = judge(parts.together([whole(5), given_up])).reasons
    assert any("no client of one worker was ever registered" in reason for reason in mixed)


def test_outcomes_together_are_their_sums_and_what_is_unknown_stays_so():
    both = parts.together([whole(3), whole(4, interrupted=True)])
    assert (both.clients.asked, both.clients.left, both.seconds, both.rss) == (7, 7, 4, 7)
    assert both.cpu_seconds == 0.7
    assert both.interrupted
    unknown = parts.together([whole(3), whole(4, rss=None, cpu_seconds=None)])
    assert (unknown.cpu_seconds, unknown.rss) == (None, None)


def test_who_was_stopped_before_the_begin_has_all_clients_unfinished():
    outcome = parts.untouched(9)
    assert (outcome.clients.asked, outcome.clients.unfinished, outcome.interrupted) == (9, 9, True)
