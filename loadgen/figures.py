"""A run's figures by the names that thresholds use, and which thresholds it missed. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from fermatkit.units import format_duration
from loadgen.histogram import Histogram
from loadgen.outcome import Outcome
from loadgen.scenario.acts import Act
from loadgen.scenario.plan import Plan
from loadgen.scenario.thresholds import COUNTS, STATISTICS, Judged, judge
from loadgen.tally import ASKED, MESSAGES, Counts, Operation, Tally, together
from loadgen.trouble import NOTES

STAGED = (*MESSAGES, Operation.DISCOVERY)
"""What the stages' rates are about: the times of all together, and `rate`, are of these."""
COUNTED = (*(one for one in ASKED if one not in (Operation.PING, Operation.SLOW_PING)), Operation.RECONNECT)
"""What the counts of all together are of: everything that a plan lets clients ask for."""
_OF_ACT = {
    Act.CONNECT: Operation.CONNECT,
    Act.LIST: Operation.LIST,
    Act.DISCOVERY: Operation.DISCOVERY,
    Act.VPN: Operation.VPN,
    Act.RELAY: Operation.RELAY,
    Act.ECHO: Operation.ECHO,
    Act.RETURN: Operation.RECONNECT,
}
"""Acts that wait for something. Of the others thresholds know nothing."""
_PHASES = {
    "tcp": Operation.TCP,
    "upgrade": Operation.UPGRADE,
    "first message": Operation.FIRST,
    "registration": Operation.REGISTRATION,
    "ping": Operation.PING,
}


def missed(plan: Plan, outcome: Outcome) -> tuple[str, ...]:
    """In words, each threshold that this run of the whole plan did not hold."""
    if not plan.thresholds:
        return ()
    judged = judge(plan.thresholds, figures(plan, outcome))
    return tuple(_words(one) for one in judged if not one.held)


def figures(plan: Plan, outcome: Outcome) -> dict[str, float | None]:
    """All of them: seconds, times, times a second; a distribution without a sample is None."""
    tally, clients = outcome.tally, outcome.clients
    staged = together(tally, STAGED)
    found: dict[str, float | None] = {
        **dict(_times("", staged)),
        **_counts("", together(tally, COUNTED)),
        **dict(_statistics("connect", tally.accounts[Operation.CONNECT].response)),
        **dict(_statistics("loop lag", tally.loop_lag)),
        "errors": _errors(tally),
        "clients": clients.asked,
        "failed": clients.failed,
        "disconnected": clients.lost,
        "aborted": clients.aborted,
        "rate": staged.answered / plan.duration if plan.duration else None,
    }
    for name, operation in _PHASES.items():
        found |= _statistics(name, tally.accounts[operation].service)
    for act, operation in _OF_ACT.items():
        counts = tally.accounts[operation]
        found |= {
            **dict(_times(f"{act} ", counts)),
            **_counts(f"{act} ", counts),
            f"{act} rate": counts.answered / plan.duration if plan.duration else None,
        }
    return found


def _errors(tally: Tally) -> int:
    return sum(count for kind, count in tally.errors.items() if kind not in NOTES)


def _times(of: str, counts: Counts) -> Iterator[tuple[str, float | None]]:
    yield from _statistics(f"{of}response", counts.response)
    yield from _statistics(f"{of}service", counts.service)
    yield from _statistics(f"{of}send lag", counts.lag)


def _statistics(name: str, histogram: Histogram) -> Iterator[tuple[str, float | None]]:
    for statistic in STATISTICS:
        if statistic == "mean":
            value = histogram.sum_above(0.0) / histogram.total if histogram.total else None
        else:
            value = histogram.percentile(100 if statistic == "max" else float(statistic[1:]))
        yield f"{name} {statistic}", value


def _counts(of: str, counts: Counts) -> dict[str, float | None]:
    return {
        f"{of}scheduled": counts.scheduled,
        f"{of}sent": counts.sent,
        f"{of}unsent": counts.unsent,
        f"{of}answered": counts.answered,
        f"{of}lost": counts.lost - counts.forgone,
        f"{of}unanswered": counts.unanswered + counts.in_flight,
        f"{of}duplicates": counts.duplicate,
        f"{of}out of order": counts.out_of_order,
    }


def _words(one: Judged) -> str:
    return f"missed {one.threshold.text}: it is {'unknown' if one.value is None else _shown(one, one.value)}"


def _shown(one: Judged, value: float) -> str:
    if one.threshold.base is not None:
        return f"{value:.3%}"
    name = one.threshold.figure
    if name.endswith("rate"):
        return f"{value:,.1f}/s"
    if any(name.endswith(count) for count in COUNTS):
        return f"{value:,.0f}"
    return f"{value * 1000:,.1f} ms" if value < 1 else format_duration(value)
