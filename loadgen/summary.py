"""The whole run in one object: the last line of the result file and what `--json` prints. Pure."""

from __future__ import annotations

import msgspec

from fermatkit.errors import ExitCode
from loadgen.histogram import Histogram
from loadgen.outcome import Clients, Outcome
from loadgen.plan import Plan
from loadgen.tally import Counts, Operation
from loadgen.verdict import Verdict, Word


class Percentiles(msgspec.Struct, frozen=True):
    """Milliseconds; all None when there was no sample: unknown, not zero."""

    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    p99_9: float | None = msgspec.field(default=None, name="p99.9")
    max: float | None = None


class Traffic(msgspec.Struct, frozen=True):
    """scheduled = unsent + sent; sent = answered + lost + in_flight."""

    scheduled: int
    unsent: int
    sent: int
    answered: int
    lost: int
    in_flight: int
    """Never answered: still out when the run ended."""


class Generator(msgspec.Struct, frozen=True):
    """How the generator itself did."""

    loop_lag_ms: Percentiles
    cpu_seconds: float
    cpu_share: float
    """Of one core, over the whole run."""
    rss_bytes: int | None


class Summary(msgspec.Struct, frozen=True, kw_only=True, tag="summary", tag_field="type"):
    """Everything but the single seconds."""

    verdict: Word
    exit_code: ExitCode
    reasons: tuple[str, ...]
    clients: Clients
    errors: dict[str, int]
    latency_ms: Percentiles
    """Response time of messages: from the moment each was due."""
    service_ms: Percentiles
    """From the moment each was really sent: what a closed-loop tool would report."""
    send_lag_ms: Percentiles
    """The difference of the two: the generator's own lateness."""
    messages: Traffic
    connect_ms: Percentiles
    """From the moment a connect was due until its registration was answered."""
    connect_service_ms: Percentiles
    """From the moment it was really started."""
    connect_wait_ms: Percentiles
    """The difference: waiting for a place among the pending connects, so mostly the server's lateness."""
    connects: Traffic
    ping_ms: Percentiles
    """From ping to pong; the server answers these without its packet processors."""
    pings: Traffic
    generator: Generator
    seconds: float
    started: str
    """UTC, ISO 8601."""
    plan: Plan
    result_file: str | None


def summarise(
    plan: Plan, outcome: Outcome, verdict: Verdict, *, started: str, result_file: str | None
) -> Summary:
    """Put together what is known at the end."""
    accounts = outcome.tally.accounts
    connect, message, ping = (accounts[name] for name in (Operation.CONNECT, Operation.LIST, Operation.PING))
    return Summary(
        verdict=verdict.word,
        exit_code=verdict.code,
        reasons=verdict.reasons,
        clients=outcome.clients,
        errors=dict(sorted(outcome.tally.errors.items(), key=lambda item: (-item[1], item[0]))),
        latency_ms=percentiles(message.response),
        service_ms=percentiles(message.service),
        send_lag_ms=percentiles(message.lag),
        messages=_traffic(message),
        connect_ms=percentiles(connect.response),
        connect_service_ms=percentiles(connect.service),
        connect_wait_ms=percentiles(connect.lag),
        connects=_traffic(connect),
        ping_ms=percentiles(ping.service),
        pings=_traffic(ping),
        generator=Generator(
            loop_lag_ms=percentiles(outcome.tally.loop_lag),
            cpu_seconds=round(outcome.cpu_seconds, 3),
            cpu_share=round(outcome.cpu_seconds / outcome.seconds, 4) if outcome.seconds else 0.0,
            rss_bytes=outcome.rss,
        ),
        seconds=round(outcome.seconds, 3),
        started=started,
        plan=plan,
        result_file=result_file,
    )


def percentiles(histogram: Histogram) -> Percentiles:
    """The percentiles that reports show."""
    found = (histogram.percentile(percent) for percent in (50, 90, 99, 99.9, 100))
    return Percentiles(*(None if seconds is None else round(seconds * 1000, 3) for seconds in found))


def _traffic(account: Counts) -> Traffic:
    return Traffic(
        account.scheduled, account.unsent, account.sent, account.answered, account.lost, account.in_flight
    )
