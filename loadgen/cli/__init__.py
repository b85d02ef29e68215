"""`python -m loadgen`: flags to a plan, a run to a verdict."""

from __future__ import annotations

import argparse
import asyncio
import ssl
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fermatkit import eventloop
from fermatkit.errors import ExitCode, UserError
from loadgen import limits, results
from loadgen.cli import crew, files, planned
from loadgen.cli.echo import echo
from loadgen.cli.ending import interrupted_by_signals, printed
from loadgen.cli.selftest import selftest
from loadgen.cli.table import table
from loadgen.crew.crew import Crew, Link
from loadgen.engine import Engine
from loadgen.environment import environment
from loadgen.figures import missed
from loadgen.live import Live
from loadgen.outcome import Outcome
from loadgen.results import ResultFile, Run, Second
from loadgen.say import say
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.shard import WHOLE
from loadgen.sockets import sockets
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
    parser = argparse.ArgumentParser(
        prog="loadgen",
        description="Thousands of Cloud Clients: each registers, pings, asks; all are held, then leave.",
        epilog=_EPILOG,
    )
    planned.add_flags(parser)
    add = parser.add_argument
    add("--json", action="store_true", help="print the summary as one JSON object, and nothing else")
    add("--quiet", action="store_true", help="no progress on stderr")
    add(
        "--out",
        type=Path,
        default=Path("loadgen-results"),
        metavar="DIR",
        help="for result files (%(default)s)",
    )
    crew.add_flags(parser)
    return parser


def _load(args: argparse.Namespace) -> int:
    plan = planned.chosen(args)
    if any(isinstance(one, Echo) for one in plan.mix):
        raise UserError(
            f"{plan.name} is no Cloud Clients' plan: for an echo server run loadgen echo --url {plan.url}"
        )
    if found := crew.mistakes(plan, args):
        raise UserError("; ".join(found))
    _check_ca(plan.ca)
    link = crew.link(plan, args)
    if link is None:
        needs = limits.make_room(sockets(plan, args.shard))
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
    printed(text, f"; it is in {file.path}")
    return summary.exit_code


def _run(
    plan: Plan, part: Shard, link: Link | None, started: datetime, file: ResultFile, *, quiet: bool
) -> Summary:
    live = None if quiet else Live(plan, len(part.clients(plan.clients)), sys.stderr)

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
    if own is None:  # what a plan promises is of the whole of it
        outcome = msgspec.structs.replace(outcome, missed=missed(plan, outcome))
    summary = summarise(plan, outcome, judge(outcome), started=stamp, result_file=str(file.path))
    file.write(summary)
    return summary


async def _until_signalled(
    plan: Plan, part: Shard, link: Link | None, on_second: Callable[[Second], None]
) -> Outcome:
    engine = Crew(plan, on_second, part, link) if link else Engine(plan, on_second, part)
    interrupted_by_signals(engine.interrupt)
    return await engine.run()


def _check_ca(path: str | None) -> None:
    try:
        if path is not None:
            ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl's own errors are, too
        raise UserError(
            f"ca: {path} is no file of certificates in PEM form: {error.strerror or error}"
        ) from error
