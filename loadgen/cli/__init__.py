"""`python -m loadgen`: flags to a plan, a run to a verdict."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fermatkit import eventloop
from fermatkit.errors import ExitCode, UserError
from loadgen import limits, results, shard
from loadgen.cli import crew, files, planned
from loadgen.cli.echo import echo
from loadgen.cli.echo import seconds as _seconds
from loadgen.cli.selftest import selftest
from loadgen.cli.table import table
from loadgen.crew.crew import Crew, Link
from loadgen.engine import Engine
from loadgen.environment import environment
from loadgen.live import Live
from loadgen.outcome import Outcome
from loadgen.plan import DEFAULT_URL, Plan, mistakes
from loadgen.results import ResultFile, Run, Second
from loadgen.say import say
from loadgen.schedule.events import Shard
from loadgen.shard import WHOLE
from loadgen.summary import Summary, summarise
from loadgen.verdict import judge

_EPILOG = """\
exit codes: 0 good · 1 the server did not carry what was asked · 2 wrong flags · 4 invalid run: the generator
or this machine was the bottleneck · 130 interrupted

loadgen report FILE, merge FILE… and compare OLD NEW read result files; loadgen self-test proves this
program against a server of its own: see their --help"""


def main(argv: list[str] | None = None) -> int:
    """The program; returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if words[:1] == ["echo"]:
            return echo(words[1:])
        if words[:1] == ["self-test"]:
            return selftest(words[1:])
        if words[:1] == ["plan"]:
            return planned.main(words[1:])
        if words and words[0] in files.COMMANDS:
            return files.main(words)
        return _load(_parser().parse_args(words))
    except UserError as error:
        say(sys.stderr, f"loadgen: {error}\n")
        return error.code
    except KeyboardInterrupt:  # before the run took over the signal
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - a bug of ours must not look like a verdict
        traceback.print_exc()
        return ExitCode.INTERNAL


def _parser() -> argparse.ArgumentParser:
    plan = Plan(seed=0)
    parser = argparse.ArgumentParser(
        prog="loadgen",
        description="Thousands of Cloud Clients: each registers, pings, asks; all are held, then leave.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("--connections", type=int, default=plan.connections, metavar="N", help="clients (%(default)s)")
    add("--url", default=DEFAULT_URL, help="the Cloud Server (%(default)s)")
    add("--ramp", type=float, default=plan.ramp, metavar="N", help="connects a second (%(default)g)")
    add(
        "--duration", type=_seconds, default=plan.duration, metavar="TIME", help="hold so long: 30s, 5m (30s)"
    )
    add("--rate", type=float, default=plan.rate, metavar="N", help="messages a second, of all (%(default)g)")
    add("--seed", type=int, metavar="N", help="the same schedule again (random)")
    add("--json", action="store_true", help="print the summary as one JSON object, and nothing else")
    add("--quiet", action="store_true", help="no progress on stderr")
    add(
        "--out",
        type=Path,
        default=Path("loadgen-results"),
        metavar="DIR",
        help="for result files (%(default)s)",
    )
    add("--i-may-load-this-host", action="store_true", help="allow a target that is not loopback or private")
    crew.add_flags(parser)
    return parser


def _load(args: argparse.Namespace) -> int:
    plan = Plan(
        seed=secrets.randbits(32) if args.seed is None else args.seed,
        connections=args.connections,
        url=args.url,
        ramp=args.ramp,
        duration=args.duration,
        rate=args.rate,
    )
    if found := [*mistakes(plan, any_host=args.i_may_load_this_host), *crew.mistakes(plan, args)]:
        raise UserError("; ".join(found))
    link = crew.link(plan, args)
    if link is None:
        needs = limits.make_room(shard.part(plan, args.shard).connections)
        if not args.quiet:
            say(sys.stderr, f"{limits.line(needs)}\n")
    started = datetime.now(UTC)
    file = results.create(args.out, started)
    try:
        summary = _run(plan, args.shard, link, started, file, quiet=args.quiet)
    finally:
        file.close()
    if file.problem:
        say(sys.stderr, f"loadgen: {file.problem}\n")
    text = msgspec.json.encode(summary).decode() if args.json else table(summary)
    if why := say(sys.stdout, f"{text}\n"):
        say(sys.stderr, f"loadgen: the summary could not be printed ({why}); it is in {file.path}\n")
    return summary.exit_code


def _run(
    plan: Plan, part: Shard, link: Link | None, started: datetime, file: ResultFile, *, quiet: bool
) -> Summary:
    live = None if quiet else Live(shard.part(plan, part), sys.stderr)

    def on_second(second: Second) -> None:
        file.write(second)
        if live:
            live.show(second)

    stamp = started.isoformat(timespec="milliseconds")
    own = None if part == WHOLE else part
    file.write(Run(started=stamp, plan=plan, shard=own, environment=environment()))
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        outcome = runner.run(_until_signalled(plan, part, link, on_second))
    if live:
        live.end()
    summary = summarise(plan, outcome, judge(outcome), started=stamp, result_file=str(file.path))
    file.write(summary)
    return summary


async def _until_signalled(
    plan: Plan, part: Shard, link: Link | None, on_second: Callable[[Second], None]
) -> Outcome:
    engine = Crew(plan, on_second, part, link) if link else Engine(plan, on_second, part)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, engine.interrupt)
    return await engine.run()
