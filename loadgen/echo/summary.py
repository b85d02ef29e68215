"""An echo run in one object: what `--json` prints. Pure."""

from __future__ import annotations

from loadgen.echo.engine import Cost, EchoOutcome
from loadgen.echo.plan import EchoPlan
from loadgen.summary import (
    Ended,
    Generator,
    Percentiles,
    Traffic,
    by_frequency,
    generator,
    percentiles,
    traffic,
)
from loadgen.tally import Operation
from loadgen.verdict import Verdict


class EchoSummary(Ended, frozen=True, kw_only=True, tag="echo", tag_field="type"):
    """Everything."""

    tcp_ms: Percentiles
    upgrade_ms: Percentiles
    connects: Traffic
    generator: Generator
    connecting: Cost | None
    """All connects; None if they were not through."""
    echoing: Cost | None
    """All messages; None if it did not come to them."""
    seconds: float
    started: str
    """UTC, ISO 8601."""
    plan: EchoPlan


def summarise(plan: EchoPlan, ended: EchoOutcome, verdict: Verdict, *, started: str) -> EchoSummary:
    """Put together what is known at the end."""
    outcome = ended.outcome
    accounts = outcome.tally.accounts
    echo, connect = accounts[Operation.ECHO], accounts[Operation.CONNECT]
    return EchoSummary(
        verdict=verdict.word,
        exit_code=verdict.code,
        reasons=verdict.reasons,
        clients=outcome.clients,
        errors=by_frequency(outcome.tally.errors),
        latency_ms=percentiles(echo.response),
        service_ms=percentiles(echo.service),
        send_lag_ms=percentiles(echo.lag),
        messages=traffic(echo),
        connect_ms=percentiles(connect.response),
        tcp_ms=percentiles(accounts[Operation.TCP].service),
        upgrade_ms=percentiles(accounts[Operation.UPGRADE].service),
        connects=traffic(connect),
        generator=generator(outcome),
        connecting=ended.connecting,
        echoing=ended.echoing,
        seconds=round(outcome.seconds, 3),
        started=started,
        plan=plan,
    )
