"""Every figure that a threshold can name is there, and a missed one is told with its value."""

from __future__ import annotations

import pytest

from loadgen.figures import figures, missed
from loadgen.outcome import Clients, Outcome
from loadgen.scenario.thresholds import COUNTS, RATES, STATISTICS, TIMES, TIMES_OF_ONE, threshold
from loadgen.tally import Operation, Tally
from loadgen.trouble import SYN_AGAIN
from support.loads import flat, note


def outcome() -> Outcome:
    tally = Tally()
    note(tally, Operation.LIST, [0.1, 0.2], lag=0.001, lost=1)
    note(tally, Operation.RELAY, [0.4])
    note(tally, Operation.CONNECT, [2.0, 3.0])
    note(tally, Operation.PING, [9.0], lost=5)
    tally.accounts[Operation.LIST].forgone = 1
    tally.error("a", 2)
    tally.error(SYN_AGAIN, 7)
    clients = Clients(
        asked=10, open=5, registered=8, lost=2, failed=2, unfinished=0, left=4, aborted=1, departed=1
    )
    return Outcome(clients=clients, tally=tally, seconds=60.0, cpu_seconds=1.0, rss=1)


@pytest.mark.parametrize("operation", ["", "list ", "relay ", "return "])
def test_all_that_can_be_named_is_there(operation: str) -> None:
    names = [f"{operation}{time} {one}" for time in TIMES_OF_ONE for one in STATISTICS]
    names += [f"{operation}{one}" for one in RATES]
    names += [f"{operation}{one}" for one, base in COUNTS.items() if base != "clients" and one != "errors"]
    if not operation:
        names += [f"{time} {one}" for time in TIMES for one in STATISTICS]
        names += [*COUNTS, *COUNTS.values()]
    assert set(names) <= figures(flat(), outcome()).keys()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("response max < 1s", None),
        ("list response max < 100ms", "list response max < 100ms: it is 201.0 ms"),
        ("service mean < 0.1s", "service mean < 0.1s: it is 233.3 ms"),
        ("connect p99 < 2s", "connect p99 < 2s: it is 3.0 s"),
        ("ping p50 < 1s", "ping p50 < 1s: it is 9.0 s"),
        ("tcp p50 < 1s", "tcp p50 < 1s: it is unknown"),
        ("list errors = 0", "list errors = 0: it is unknown"),
        ("errors = 0", "errors = 0: it is 2"),
        ("lost = 0", None),
        ("answered = 3", None),
        ("failed < 10%", "failed < 10%: it is 20.000%"),
        ("disconnected <= 2", None),
        ("aborted = 0", "aborted = 0: it is 1"),
        ("rate > 1/s", "rate > 1/s: it is 0.1/s"),
        ("list rate > 1/m", None),
    ],
)
def test_a_missed_threshold_is_told_with_what_it_is(text: str, words: str | None) -> None:
    plan = flat(thresholds=(threshold(text),))
    assert missed(plan, outcome()) == (() if words is None else (f"missed {words}",))
