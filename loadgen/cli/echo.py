"""`python -m loadgen echo`: any WebSocket server that sends back what it is sent."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime

import msgspec

from fermatkit import eventloop
from fermatkit.errors import UserError
from fermatkit.units import format_duration, format_size, parse_duration
from loadgen import limits
from loadgen.cli.ending import interrupted_by_signals, printed
from loadgen.cli.table import HEAD, row
from loadgen.echo.engine import EchoEngine, EchoOutcome
from loadgen.echo.plan import EchoPlan, mistakes
from loadgen.echo.summary import EchoSummary, summarise
from loadgen.verdict import Word, judge
from loadgen.ws.dial import bind, loopback_sources, target


def parser() -> argparse.ArgumentParser:
    """The flags."""
    plan = EchoPlan(seed=0, url="")
    made = argparse.ArgumentParser(
        prog="loadgen echo",
        description="Numbered messages, open loop, to any WebSocket server that sends them back.",
    )
    add = made.add_argument
    add("--url", required=True, help="ws://host:port/path or wss://…")
    add("--connections", type=int, default=plan.connections, metavar="N", help="clients (%(default)s)")
    add("--ramp", type=float, default=plan.ramp, metavar="N", help="connects a second (%(default)g)")
    add("--rate", type=float, default=plan.rate, metavar="N", help="messages a second, of all (%(default)g)")
    add("--duration", type=seconds, default=plan.duration, metavar="TIME", help="send so long: 30s, 5m (10s)")
    add("--size", type=int, default=plan.size, metavar="BYTES", help="of a message (%(default)s)")
    add("--subprotocol", metavar="NAME", help="to ask for")
    add(
        "--header",
        type=_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="one more; repeatable",
    )
    add(
        "--source",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="to connect from; repeatable, in turns",
    )
    add("--ca", metavar="FILE", help="authority of a wss:// server's certificate (the system's)")
    add("--seed", type=int, metavar="N", help="the same schedule and messages again (random)")
    add("--json", action="store_true", help="print the summary as one JSON object, and nothing else")
    add("--i-may-load-this-host", action="store_true", help="allow a target that is not loopback or private")
    return made


def seconds(text: str) -> float:
    """A duration with a unit; a bare number is seconds."""
    try:
        return float(text)
    except ValueError:
        try:
            return parse_duration(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} has no colon; write it like 'Origin: http://localhost'")
    return name.strip(), value.strip()


def echo(argv: list[str]) -> int:
    """Run it; returns the exit code. UserError for what its user can put right."""
    args = parser().parse_args(argv)
    plan = EchoPlan(
        seed=secrets.randbits(32) if args.seed is None else args.seed,
        url=args.url,
        connections=args.connections,
        ramp=args.ramp,
        rate=args.rate,
        duration=args.duration,
        size=args.size,
        subprotocol=args.subprotocol,
        headers=tuple(args.header),
        sources=tuple(args.source),
        ca=args.ca,
    )
    if found := mistakes(plan, any_host=args.i_may_load_this_host):
        raise UserError("; ".join(found))
    _try_out(plan)
    sources = plan.sources or loopback_sources(target(plan.url).host, plan.connections)
    limits.make_room(plan.connections, len(sources) or 1)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        ended = runner.run(_until_signalled(plan))
    summary = summarise(plan, ended, judge(ended.outcome), started=started)
    text = msgspec.json.encode(summary).decode() if args.json else table(summary)
    printed(text)
    return summary.exit_code


def _try_out(plan: EchoPlan) -> None:
    """Files and addresses, before the first connect."""
    for source in plan.sources:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        try:
            with closing(socket.socket(family)) as sock:
                bind(sock, source)
        except OSError as error:
            why = error.strerror or error
            raise UserError(f"--source {source}: {why}; it must be an address of this machine") from error
    if plan.ca is not None:
        try:
            ssl.create_default_context(cafile=plan.ca)
        except OSError as error:
            why = error.strerror or "not a file of certificates in PEM"
            raise UserError(f"--ca {plan.ca}: {why}") from error


async def _until_signalled(plan: EchoPlan) -> EchoOutcome:
    engine = EchoEngine(plan)
    interrupted_by_signals(engine.interrupt)
    return await engine.run()


def table(summary: EchoSummary) -> str:
    """The end of a run for people."""
    clients, messages = summary.clients, summary.messages
    good = f"all {clients.asked:,} were open, all {messages.scheduled:,} messages came back."
    memory = summary.generator.rss_bytes
    sent = f"{messages.sent:,} sent; {messages.answered:,} answered, {messages.lost:,} lost"
    cost = f"{summary.generator.cpu_seconds:.1f} s of processor time"
    size = "memory unknown" if memory is None else format_size(memory)
    run = f"{format_duration(summary.seconds)} against {summary.plan.url}, seed {summary.plan.seed}"
    return "\n".join(
        [
            f"{summary.verdict}: {good if summary.verdict is Word.PASS else '; '.join(summary.reasons)}",
            f"messages  {sent}, {messages.in_flight:,} unanswered",
            HEAD,
            row("response, from when due", summary.latency_ms, 2),
            row("service, from the send", summary.service_ms, 2),
            row("send lag, our own", summary.send_lag_ms, 2),
            row("connect", summary.connect_ms, 2),
            row("  TCP", summary.tcp_ms, 2),
            row("  upgrade", summary.upgrade_ms, 2),
            *(f"  {count:,}  {kind}" for kind, count in summary.errors.items()),
            f"generator {cost}, {size}",
            f"run       {run}",
        ]
    )
