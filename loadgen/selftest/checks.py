"""Is the generator right, is it wrong, or was the machine too busy to tell? Pure: what was seen to checks.

A figure is right within 1 % of the arithmetic. One that is further off is wrong, unless what others saw
explains it: the server's own log, and how late the generator's event loop was. Then the machine was too busy.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fermatkit.errors import ExitCode
from loadgen.schedule.events import Event
from loadgen.selftest.report import Log, Report
from loadgen.selftest.truth import Pause, closed_loop, origin, percentiles, seen, waits
from loadgen.verdict import Word

WITHIN = 0.01
"""Of the truth."""
NAMES = ("p95", "p99", "p99.9", "max")


class Row(msgspec.Struct, frozen=True):
    """Milliseconds, those of NAMES; None is unknown."""

    name: str
    values: tuple[float | None, ...]


class Check(msgspec.Struct, frozen=True):
    """One question."""

    good: bool | None
    """None: the machine was too busy to tell."""
    sentence: str


class Trial(msgspec.Struct, frozen=True):
    """One run, compared."""

    title: str
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]


def stalled(schedule: Sequence[Event], connections: int, log: Log, report: Report) -> Trial:
    """The run against a server that stood still."""
    dues, begin, pause = _frame(schedule, log, log.stalled)
    truth = percentiles(waits(dues, begin, pause))
    witness = percentiles(seen(dues, begin, log.answered))
    doubt = [abs(saw - true) + report.loop_lag for saw, true in zip(witness, truth, strict=True)]
    usual = report.usual or 0.0
    closed = percentiles(max(wait, usual) for wait in closed_loop(schedule, connections, begin, pause))
    return Trial(
        f"The server stands still for {pause.end - pause.begin:.1f} s",
        (_row("the truth, by arithmetic", truth), _row("response, as reported", report.response),
         _row("a closed loop would say", closed)),
        (
            _all_there(schedule, log, report),
            _right("the response time", report.response, truth, doubt),
            _server_not_generator(report),
        ),
    )  # fmt: skip


def frozen(schedule: Sequence[Event], pause: Pause | None, log: Log, report: Report) -> Trial:
    """The run whose generator was stopped for a while; the server was well."""
    dues, begin, pause = _frame(schedule, log, pause)
    truth = percentiles(waits(dues, begin, pause))
    witness = percentiles(seen(dues, begin, log.arrived))
    doubt = [abs(saw - true) for saw, true in zip(witness, truth, strict=True)]
    return Trial(
        f"The generator is stopped for {pause.end - pause.begin:.1f} s",
        (_row("the truth, by arithmetic", truth), _row("send lag, as reported", report.lag),
         _row("service time, as reported", report.service)),
        (
            _all_there(schedule, log, report),
            _right("the send lag", report.lag, truth, doubt),
            _invalid(report),
            _generator_not_server(report),
        ),
    )  # fmt: skip


def code(trials: Sequence[Trial]) -> ExitCode:
    """What the program ends with."""
    checks = [check.good for trial in trials for check in trial.checks]
    if False in checks:
        return ExitCode.UNHEALTHY
    return ExitCode.INVALID_RUN if None in checks else ExitCode.GOOD


def _frame(
    schedule: Sequence[Event], log: Log, pause: tuple[float, float] | None
) -> tuple[list[float], float, Pause]:
    """When each message was due, when the schedule began, when somebody stood still."""
    if pause is None or not log.arrived:
        raise ValueError("no message came, or nobody stood still: there is nothing to compare")
    dues = [due for due, *_ in schedule]
    return dues, origin(dues, log.arrived), Pause(*pause)


def _row(name: str, values: Sequence[float | None]) -> Row:
    return Row(name, tuple(None if value is None else round(value * 1000, 2) for value in values))


def _all_there(schedule: Sequence[Event], log: Log, report: Report) -> Check:
    due, arrived = len(schedule), len(log.arrived)
    good = due == report.scheduled == report.sent == arrived and report.answered == len(log.answered)
    return Check(
        good,
        f"{due:,} messages were due: {report.sent:,} sent, {report.answered:,} answered,"
        f" and the server counts {arrived:,} and {len(log.answered):,}",
    )


def _right(
    what: str, reported: Sequence[float | None], truth: Sequence[float], doubt: Sequence[float]
) -> Check:
    """Each within 1 % of the truth; further off only as far as is explained."""
    known = [value for value in reported if value is not None]
    if len(known) != len(truth):
        return Check(good=False, sentence=f"{what} was not reported")
    off = [abs(value - true) for value, true in zip(known, truth, strict=True)]
    worst = max(range(len(truth)), key=lambda at: off[at] / truth[at] if truth[at] else 0.0)
    share = off[worst] / truth[worst] if truth[worst] else 1.0
    words = f"{what} is off by {share:.2%} at most ({NAMES[worst]})"
    if share <= WITHIN:
        return Check(good=True, sentence=f"{words}: within {WITHIN:.0%}")
    explained = all(by <= WITHIN * true + more for by, true, more in zip(off, truth, doubt, strict=True))
    if explained:
        late = f"this machine was late by up to {max(doubt) * 1000:,.0f} ms"
        return Check(good=None, sentence=f"{words}, but {late}: too busy to tell")
    return Check(good=False, sentence=f"{words}: more than {WITHIN:.0%}")


def _server_not_generator(report: Report) -> Check:
    if report.verdict is Word.INVALID:
        why = "; ".join(report.blames_generator)
        return Check(good=None, sentence=f"the verdict is INVALID ({why}): too busy to tell")
    return Check(good=True, sentence="nothing of it is put down to the generator")


def _invalid(report: Report) -> Check:
    return Check(good=report.verdict is Word.INVALID, sentence=f"the verdict is {report.verdict}")


def _generator_not_server(report: Report) -> Check:
    if report.blames_server:
        return Check(good=False, sentence=f"the server is blamed: {'; '.join(report.blames_server)}")
    if not report.blames_generator:
        return Check(good=False, sentence="nobody is blamed")
    return Check(
        good=True, sentence=f"the generator is blamed, the server is not: {report.blames_generator[0]}"
    )
