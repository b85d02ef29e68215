"""Every figure of a report, from the result file alone, is what numpy makes of the raw samples."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from loadgen.ledger import Ledger
from loadgen.outcome import Clients, Outcome
from loadgen.record import Record, load
from loadgen.report.curve import PERCENTS
from loadgen.report.model import Report, report
from loadgen.results import Second
from loadgen.scenario.thresholds import threshold
from loadgen.summary import summarise
from loadgen.tally import Operation
from loadgen.verdict import judge
from loadgen.watched import Sample
from support.loads import run, written

SECONDS, A_SECOND = 40, 250
NEAR = 6e-4
"""A bucket stands for its samples to half a thousandth."""
RAW = np.random.default_rng(7)
DUE = np.arange(SECONDS * A_SECOND) / A_SECOND
LAG = RAW.gamma(2.0, 0.0004, DUE.size)
WAIT = RAW.lognormal(-6.0, 1.1, DUE.size)
ANSWERED = RAW.random(DUE.size) > 0.01
CPU = RAW.random(SECONDS)
SENT = DUE + LAG
DONE = SENT + WAIT


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A run with these samples, through the ledger, the file, and the report."""
    ledger, seconds = Ledger(), []
    account = ledger.accounts[Operation.LIST]
    for second in range(SECONDS):
        account.scheduled(A_SECOND)
        for one in np.flatnonzero((second <= SENT) & ((second + 1 > SENT) | (second == SECONDS - 1))):
            account.sent(float(DUE[one]), float(SENT[one]))
        for one in np.flatnonzero(
            ANSWERED & (second <= DONE) & ((second + 1 > DONE) | (second == SECONDS - 1))
        ):
            account.answered(float(DUE[one]), float(SENT[one]), float(DONE[one]))
        if second == SECONDS - 1:
            account.lost(int((~ANSWERED).sum()))
            ledger.error("connection reset", int((~ANSWERED).sum()))
        tally = ledger.turn(float(CPU[second]))
        seconds.append(Second(at=second + 1.0, phase="holding", registered=100 + second, tally=tally))
    begun = run(clients=100, thresholds=(threshold("response p99 < 1s"), threshold("lost < 0.1%")))
    clients = Clients.of(100, was_open=100, registered=100, lost=0, failed=0, left=100)
    outcome = Outcome(
        clients=clients, tally=ledger.total(), seconds=40.0, cpu_seconds=float(CPU.sum()), rss=1
    )
    summary = summarise(begun.plan, outcome, judge(outcome), started=begun.started, result_file=None)
    samples = tuple(Sample(at=at + 0.5, readings={"cpu:utilization": float(at % 7)}) for at in range(SECONDS))
    path = tmp_path_factory.mktemp("trace") / "run.jsonl"
    return report(load(written(path, Record(begun, tuple(seconds), summary, samples=samples))))


def in_second(moments: np.ndarray, second: int) -> np.ndarray:
    return (moments >= second) & ((moments < second + 1) | (second == SECONDS - 1))


def percentile(values: np.ndarray, percent: float) -> float:
    """Milliseconds that so many percent do not exceed: the nearest rank, as `Histogram` has it."""
    rank = math.ceil(Fraction(str(percent)) * values.size / 100)  # numpy's is one off for 99.9 of 10,000
    return float(np.sort(values)[rank - 1]) * 1000


def test_counts_a_second(told: Report) -> None:
    line = told.timeline
    assert line.at == tuple(float(second + 1) for second in range(SECONDS))
    assert line.offered == (A_SECOND,) * SECONDS
    assert line.achieved == tuple(
        float((in_second(DONE, second) & ANSWERED).sum()) for second in range(SECONDS)
    )
    assert line.registered == tuple(range(100, 100 + SECONDS))
    assert line.processor == pytest.approx(100 * CPU, abs=1e-3)
    assert line.errors["connection reset"][-1] == (~ANSWERED).sum()
    assert sum(filter(None, line.other_errors)) == 0


@pytest.mark.parametrize(
    ("column", "values", "percent"),
    [
        ("response_p50", DONE - DUE, 50), ("response_p90", DONE - DUE, 90), ("response_p99", DONE - DUE, 99),
        ("response_max", DONE - DUE, 100), ("service_p50", WAIT, 50),
        ("service_p90", WAIT, 90), ("service_p99", WAIT, 99), ("service_max", WAIT, 100),
    ],
)  # fmt: skip
def test_latencies_of_each_second(told: Report, column: str, values: np.ndarray, percent: float) -> None:
    wanted = [percentile(values[in_second(DONE, second) & ANSWERED], percent) for second in range(SECONDS)]
    assert getattr(told.timeline, column) == pytest.approx(wanted, rel=NEAR, abs=1e-3)


def test_the_send_lag_of_each_second(told: Report) -> None:
    wanted = [percentile(LAG[in_second(SENT, second)], 99) for second in range(SECONDS)]
    assert told.timeline.lag_p99 == pytest.approx(wanted, rel=NEAR, abs=1e-3)


def test_the_curve_of_the_whole(told: Report) -> None:
    response, service = (DONE - DUE)[ANSWERED], WAIT[ANSWERED]
    enough = [percent for percent in PERCENTS if percent == 100 or response.size * (100 - percent) >= 100]
    assert [point.percent for point in told.curve] == enough
    for point in told.curve:
        assert point.response_ms == pytest.approx(percentile(response, point.percent), rel=NEAR, abs=1e-3)
        assert point.service_ms == pytest.approx(percentile(service, point.percent), rel=NEAR, abs=1e-3)


def test_the_summary(told: Report) -> None:
    messages = told.summary.messages
    assert (messages.scheduled, messages.sent) == (DUE.size, DUE.size)
    assert (messages.answered, messages.lost) == (ANSWERED.sum(), (~ANSWERED).sum())
    assert messages.sent == messages.answered + messages.lost + messages.in_flight
    for name, percent in {"p50": 50, "p90": 90, "p99": 99, "p99_9": 99.9, "max": 100}.items():
        kinds = {
            "latency_ms": (DONE - DUE)[ANSWERED], "service_ms": WAIT[ANSWERED], "send_lag_ms": LAG,
        }  # fmt: skip
        for kind, values in kinds.items():
            found = getattr(getattr(told.summary, kind), name)
            assert found == pytest.approx(percentile(values, percent), rel=NEAR, abs=1e-3), (kind, name)
    assert told.summary.generator.cpu_seconds == pytest.approx(CPU.sum(), abs=1e-3)


def test_thresholds(told: Report) -> None:
    response, lost = told.judged
    assert response.value == pytest.approx(percentile((DONE - DUE)[ANSWERED], 99) / 1000, rel=NEAR)
    assert lost.value == pytest.approx((~ANSWERED).sum() / DUE.size)
    assert (response.held, lost.held) == (True, False)


def test_what_was_seen_of_the_server(told: Report) -> None:
    (track,) = told.tracks
    assert track.mean == track.least == track.most == tuple(float(at % 7) for at in range(SECONDS))
    assert track.at == tuple(at + 0.5 for at in range(SECONDS))
