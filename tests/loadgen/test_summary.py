from __future__ import annotations

import msgspec

from loadgen import trouble
from loadgen.cli.table import table
from loadgen.outcome import Clients, Outcome
from loadgen.scenario.plan import Plan
from loadgen.summary import Summary, summarise
from loadgen.tally import Operation, Tally
from loadgen.verdict import judge
from support.loads import note

CLIENTS = Clients(asked=1500, open=1, registered=1500, lost=1499, failed=0, unfinished=0, left=1, aborted=0)


def summary_of(tally: Tally, clients: Clients = CLIENTS) -> Summary:
    outcome = Outcome(clients=clients, tally=tally, seconds=60, cpu_seconds=6, rss=2**26)
    return summarise(
        Plan(seed=7), outcome, judge(outcome), started="2026-11-23T21:08:38+00:00", result_file="here"
    )


def one_message() -> Tally:
    tally = Tally()
    for operation in (Operation.CONNECT, Operation.LIST):
        note(tally, operation, [0.0015], lag=0.0005)
    return tally


def test_what_nobody_measured_is_unknown_and_not_zero():
    document = msgspec.json.decode(msgspec.json.encode(summary_of(Tally())))
    assert document["latency_ms"] == {"p50": None, "p90": None, "p99": None, "p99.9": None, "max": None}


def test_json_has_what_scripts_read():
    document = msgspec.json.decode(msgspec.json.encode(summary_of(one_message())))
    assert document["verdict"] == "FAIL"
    assert document["exit_code"] == 1
    assert {"asked": 1500, "open": 1, "registered": 1500, "lost": 1499}.items() <= document["clients"].items()
    assert document["errors"] == {}
    assert document["latency_ms"]["p99.9"] == 2.0
    assert document["service_ms"]["max"] == 1.5
    assert document["send_lag_ms"]["max"] == 0.5
    assert document["messages"] == {
        "scheduled": 1,
        "unsent": 0,
        "sent": 1,
        "answered": 1,
        "lost": 0,
        "in_flight": 0,
        "unanswered": 0,
        "forgone": 0,
        "late": 0,
        "duplicate": 0,
        "out_of_order": 0,
    }
    assert document["operations"].keys() == {"connect", "list"}
    assert document["operations"]["connect"]["traffic"]["answered"] == 1
    assert document["operations"]["list"]["lag_ms"]["p50"] == 0.5
    assert document["generator"]["cpu_share"] == 0.1
    assert document["plan"]["seed"] == 7


def test_errors_are_in_the_order_of_their_number():
    tally = Tally()
    tally.error(trouble.RESET, 2)
    tally.error(trouble.DROPPED, 30)
    assert list(summary_of(tally).errors) == [trouble.DROPPED, trouble.RESET]


def test_a_table_begins_with_the_verdict_in_one_sentence():
    good = CLIENTS.__class__(asked=2, open=2, registered=2, lost=0, failed=0, unfinished=0, left=2, aborted=0)
    first = table(summary_of(one_message(), good)).partition("\n")[0]
    assert first == "PASS: all 2 clients were registered and held, all 1 messages answered."


def test_a_table_shows_what_went_wrong_and_what_no_percentile_shows():
    tally = one_message()
    tally.error(trouble.DROPPED, 1499)
    tally.accounts[Operation.LIST].sent += 1
    text = table(summary_of(tally))
    assert text.startswith(
        "FAIL: 1,499 of 1,500 registered clients were lost; 1 messages were never answered"
    )
    assert "1,499  dropped without a close frame" in text
    assert "1 messages without an answer are in no percentile" in text
    assert "results   here" in text
    assert all(len(line) <= 110 for line in text.splitlines())


def test_a_table_has_a_row_for_whatever_else_there_was_and_who_went_as_planned():
    tally = one_message()
    note(tally, Operation.VPN, [0.0125])
    gone = Clients(
        asked=3, open=1, registered=3, lost=0, failed=0, unfinished=0, left=1, aborted=0, departed=2
    )
    text = table(summary_of(tally, gone))
    assert text.startswith("PASS: all 3 clients were registered and held, or went as planned, ")
    assert "0 lost, 1 stayed, 2 departed as planned" in text
    (row,) = [line for line in text.splitlines() if line.startswith("vpn ")]
    assert row.split()[1:] == ["12.50"] * 5
    assert "reconnect" not in text
