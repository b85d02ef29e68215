"""The end of a run for people: the verdict in one sentence, then the figures behind it. Pure."""

from __future__ import annotations

from fermatkit.units import format_duration, format_size
from loadgen.outcome import Clients
from loadgen.summary import Generator, Percentiles, Summary, Traffic
from loadgen.tally import Operation
from loadgen.verdict import Word

_OTHERS = {
    Operation.TCP: "  of it TCP",
    Operation.UPGRADE: "  of it the upgrade",
    Operation.FIRST: "  of it the first message",
    Operation.REGISTRATION: "  of it the registration",
    Operation.PING: "ping to pong",
    Operation.SERVICE: "service",
    Operation.ACTOR: "actor",
    Operation.DISCOVERY: "discovery",
    Operation.VPN: "vpn",
    Operation.RELAY: "relay",
    Operation.SLOW_LIST: "slow list",
    Operation.RECONNECT: "reconnect",
}
"""Operations that only some plans have, each a row."""
_HEAD = f"{'milliseconds':28}{'p50':>10}{'p90':>10}{'p99':>10}{'p99.9':>10}{'max':>10}"


def table(summary: Summary) -> str:
    """All of it, lines joined."""
    clients, generator = summary.clients, summary.generator
    there = summary.plan.there
    asked = f"{clients.asked:,} asked, {clients.registered:,} {there}, {clients.failed:,} failed"
    gone = f"{clients.unfinished:,} unfinished; {clients.lost:,} lost, {clients.open:,} stayed"
    if clients.departed:
        gone += f", {clients.departed:,} departed as planned"
    memory = "memory unknown" if generator.rss_bytes is None else format_size(generator.rss_bytes)
    processor = _processor(generator)
    lines = [
        f"{summary.verdict}: {_sentence(summary)}",
        "",
        f"clients   {asked}, {gone}",
        _goodbyes(clients),
        _traffic("messages", summary.messages),
        *([_traffic("pings", summary.pings)] if summary.pings.scheduled else []),
        "",
        _HEAD,
        _row("response, from when due", summary.latency_ms),
        _row("service, from the send", summary.service_ms),
        _row("send lag, our own", summary.send_lag_ms),
        _row(f"connect to {there}", summary.connect_ms),
        _row("  of it waiting to start", summary.connect_wait_ms),
        *_others(summary),
        _row("own event loop late", generator.loop_lag_ms),
        *_not_in_the_percentiles(summary),
        "",
        *_errors(summary),
        f"generator {processor}, {memory}",
        f"run       {format_duration(summary.seconds)} against {summary.plan.url}, seed {summary.plan.seed}",
    ]
    if summary.result_file:
        lines.append(f"results   {summary.result_file}")
    return "\n".join(lines)


def _goodbyes(clients: Clients) -> str:
    if clients.left is None or clients.aborted is None:
        return "goodbyes  unknown"
    return f"goodbyes  {clients.left:,} by close code 1000, {clients.aborted:,} cut off"


def _processor(generator: Generator) -> str:
    if generator.cpu_seconds is None or generator.cpu_share is None:
        return "processor time unknown"
    return f"{generator.cpu_seconds:.1f} s of processor time ({generator.cpu_share:.0%} of a core)"


def _sentence(summary: Summary) -> str:
    if summary.verdict is not Word.PASS:
        return "; ".join(summary.reasons)
    planned = ", or went as planned" if summary.clients.departed else ""
    held = f"all {summary.clients.asked:,} clients were {summary.plan.there} and held{planned}"
    return f"{held}, all {summary.messages.scheduled:,} messages answered."


def _traffic(name: str, traffic: Traffic) -> str:
    return (
        f"{name:10}{traffic.scheduled:,} due, {traffic.unsent:,} without a sender, {traffic.sent:,} sent;"
        f" {traffic.answered:,} answered, {traffic.lost:,} lost, {traffic.in_flight:,} unanswered"
    )


def _row(name: str, values: Percentiles) -> str:
    """Under `_HEAD`; what is unknown is a dash."""
    figures = (values.p50, values.p90, values.p99, values.p99_9, values.max)
    shown = ("-" if figure is None else f"{figure:,.2f}" for figure in figures)
    return f"{name:28}" + "".join(f"{one:>10}" for one in shown)


def _others(summary: Summary) -> list[str]:
    """What there was beside: from the moment each was sent."""
    return [
        _row(words, summary.operations[name].service_ms)
        for name, words in _OTHERS.items()
        if name in summary.operations
    ]


def _errors(summary: Summary) -> list[str]:
    if not summary.errors:
        return ["errors    none"]
    width = max(len(f"{count:,}") for count in summary.errors.values())
    return ["errors", *(f"  {count:>{width},}  {kind}" for kind, count in summary.errors.items())]


def _not_in_the_percentiles(summary: Summary) -> list[str]:
    without = summary.messages.lost + summary.messages.in_flight
    return [f"{without:,} messages without an answer are in no percentile"] if without else []
