"""The whole run in one object: the last line of the result file and what `--json` prints. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fermatkit.errors import ExitCode
from loadgen.histogram import Histogram
from loadgen.outcome import Clients, Outcome
from loadgen.scenario.plan import Plan
from loadgen.tally import MESSAGES, Counts, Operation, together
from loadgen.verdict import Verdict, Word


class Percentiles(msgspec.Struct, frozen=True):
    """Milliseconds; all None when there was no sample: unknown, not zero."""

    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    p99_9: float | None = msgspec.field(default=None, name="p99.9")
    max: float | None = None


class Traffic(msgspec.Struct, frozen=True):
    """scheduled = unsent + sent; sent = answered + lost + in_flight. What each is: see `tally.Counts`."""

    scheduled: int
    unsent: int
    sent: int
    answered: int
    lost: int
    in_flight: int
    """Never answered: still out when the run ended."""
    unanswered: int = 0
    forgone: int = 0
    late: int = 0
    duplicate: int = 0
    out_of_order: int = 0


class Figures(msgspec.Struct, frozen=True):
    """All about one operation."""

    traffic: Traffic
    response_ms: Percentiles
    """From the moment each was due."""
    service_ms: Percentiles
    """From the moment each was really sent: what a closed-loop tool would report."""
    lag_ms: Percentiles
    """The difference of the two."""


class Generator(msgspec.Struct, frozen=True):
    """How the generator itself did."""

    loop_lag_ms: Percentiles
    cpu_seconds: float | None
    cpu_share: float | None
    """Of one core, over the whole run; above 1 if several workers had more than one."""
    rss_bytes: int | None
    busiest_share: float | None = None
    """Of one core, the most that one worker took over five seconds."""
    collections: int = 0
    """Garbage collections."""
    longest_collection_ms: float | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True, tag="summary", tag_field="type"):
    """Everything but the single seconds. Times in milliseconds unless their name says seconds."""

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
    """From when a connect was due until its registration was answered; for an echo, until it was open."""
    connect_service_ms: Percentiles
    """From the moment it was really started."""
    connect_wait_ms: Percentiles
    """The difference: waiting for a place among the pending connects, so mostly the server's lateness."""
    connects: Traffic
    ping_ms: Percentiles
    """From ping to pong; the server answers these without its packet processors."""
    pings: Traffic
    operations: dict[str, Figures]
    """The same of each operation that there was, by its name."""
    generator: Generator
    gave_up: bool
    losses: tuple[str, ...]
    """In words, each part of the generator that ended before its work was over."""
    missed: tuple[str, ...]
    """In words, each threshold that was missed."""
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
    connect, ping = accounts[Operation.CONNECT], accounts[Operation.PING]
    message = together(outcome.tally, MESSAGES)
    return Summary(
        verdict=verdict.word,
        exit_code=verdict.code,
        reasons=verdict.reasons,
        clients=outcome.clients,
        errors=by_frequency(outcome.tally.errors),
        latency_ms=percentiles(message.response),
        service_ms=percentiles(message.service),
        send_lag_ms=percentiles(message.lag),
        messages=traffic(message),
        connect_ms=percentiles(connect.response),
        connect_service_ms=percentiles(connect.service),
        connect_wait_ms=percentiles(connect.lag),
        connects=traffic(connect),
        ping_ms=percentiles(ping.service),
        pings=traffic(ping),
        operations={
            str(name): figures(counts) for name, counts in accounts.items() if counts.scheduled or counts.sent
        },
        generator=generator(outcome),
        gave_up=outcome.gave_up,
        losses=outcome.losses,
        missed=outcome.missed,
        seconds=round(outcome.seconds, 3),
        started=started,
        plan=plan,
        result_file=result_file,
    )


def by_frequency(errors: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(errors.items(), key=lambda item: (-item[1], item[0])))


def percentiles(histogram: Histogram) -> Percentiles:
    """The percentiles that reports show."""
    return Percentiles(*map(milliseconds, histogram.percentiles()))


def figures(counts: Counts) -> Figures:
    """What reports show of an operation."""
    return Figures(
        traffic(counts), percentiles(counts.response), percentiles(counts.service), percentiles(counts.lag)
    )


def milliseconds(seconds: float | None) -> float | None:
    """To the microsecond; None stays unknown."""
    return None if seconds is None else round(seconds * 1000, 3)


def generator(outcome: Outcome) -> Generator:
    """How the generator itself did."""
    tally, cpu = outcome.tally, outcome.cpu_seconds
    return Generator(
        loop_lag_ms=percentiles(tally.loop_lag),
        cpu_seconds=None if cpu is None else round(cpu, 3),
        cpu_share=round(cpu / outcome.seconds, 4) if cpu is not None and outcome.seconds else None,
        rss_bytes=outcome.rss,
        busiest_share=None if tally.busiest is None else round(tally.busiest, 4),
        collections=tally.collections.total,
        longest_collection_ms=milliseconds(tally.collections.percentile(100)),
    )


def traffic(account: Counts) -> Traffic:
    """The counts that reports show."""
    return Traffic(**{name: getattr(account, name) for name in Traffic.__struct_fields__})
