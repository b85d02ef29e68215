"""`python -m loadgen`: flags to a plan, a run to a verdict.

What only some of its commands take is imported when it is wanted: a run is not to wait for it.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fermatkit import eventloop
from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode, UserError
from fermatkit.version import ShowVersion
from loadgen import limits, means, results
from loadgen.cli import crew, planned, watching
from loadgen.cli.ending import interrupted_by_signals, printed
from loadgen.cli.table import table
from loadgen.engine import Engine
from loadgen.environment import environment
from loadgen.figures import missed
from loadgen.live import Live
from loadgen.outcome import Outcome
from loadgen.results import ResultFile, Run, Second
from loadgen.say import say
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.shard import WHOLE
from loadgen.summary import Summary, summarise
from loadgen.verdict import judge
from loadgen.watch.beside import Write, beside

if TYPE_CHECKING:
    from loadgen.crew.crew import Link

_COMMANDS = {
    "report": "files",
    "merge": "files",
    "compare": "files",
    "plan": "planned",
    "self-test": "selftest",
    "stress": "stress",
    "drill": "drill",
}
"""Which module of this package has the others."""
_EPILOG = """\
commands, each with a --help of its own; without one it is a run, by the flags above:
  fermat-loadgen echo --url URL     numbered messages to any WebSocket server that sends them back
  fermat-loadgen stress             how much does a server carry?
  fermat-loadgen drill NAME…        what do clients live through when a server fails?
  fermat-loadgen report FILE        a result file or a folder of them, to read: text, page, Markdown, CSV
  fermat-loadgen merge FILE…        shards of one plan, from several machines, as one run
  fermat-loadgen compare OLD NEW    two runs side by side, or two groups of runs
  fermat-loadgen plan               a plan as a file, to change; and checked
  fermat-loadgen self-test          proves this program against a server of its own

exit codes: 0 good · 1 the server did not carry what was asked · 2 wrong flags · 4 invalid run: the generator
or this machine was the bottleneck · 130 interrupted"""


def main(argv: list[str] | None = None) -> int:
    """The program; returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if words and words[0] in _COMMANDS:
            return int(import_module(f"loadgen.cli.{_COMMANDS[words[0]]}").main(words))
        if words[:1] == ["echo"]:
            words = ["--preset", *words]
        return _load(_parser().parse_args(words))
    except UserError as error:
        say(sys.stderr, f"fermat-loadgen: {error}\n")
        return error.code
    except KeyboardInterrupt:  # before the run took over the signal
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - a bug of ours must not look like a verdict
        traceback.print_exc()
        return ExitCode.INTERNAL


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(
        prog="fermat-loadgen",
        description="Thousands of Cloud Clients: each registers, pings, asks; all are held, then leave.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    planned.add_flags(parser)
    add = parser.add_argument
    add("--version", action=ShowVersion)
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
    watching.add_flags(parser)
    return parser


def _load(args: argparse.Namespace) -> int:
    plan = planned.chosen(args)
    if found := crew.mistakes(plan, args):
        raise UserError("; ".join(found))
    if args.shard == WHOLE and not (plan.identities or plan.echoes):  # an echo is nobody
        plan = msgspec.structs.replace(plan, identities=1 + secrets.randbelow(2**32 - 1))
    link = crew.link(plan, args)
    if link is None:
        needs = means.provide(plan, args.shard)
        if not args.quiet:
            say(sys.stderr, f"{limits.line(needs)}\n")
    clients = len(args.shard.clients(plan.clients))
    job = watching.job(args, plan.url, plan.name, clients, plan.longest)
    started = datetime.now(UTC)
    file = results.create(args.out, started)
    stamp = started.isoformat(timespec="milliseconds")
    own = None if args.shard == WHOLE else args.shard
    try:
        # First of all: whoever watches writes as soon as there is something to tell.
        file.write(Run(started=stamp, plan=plan, shard=own, environment=environment()))
        with beside(job, file.write, lambda words: watching.note(words, args)) as write:
            outcome = _run(plan, args.shard, link, write, quiet=args.quiet)
        summary = _summed_up(plan, own, outcome, stamp, file)
    finally:
        file.close()
    if file.problem:
        say(sys.stderr, f"fermat-loadgen: {file.problem}\n")
    page = import_module("loadgen.cli.page").beside(file.path)
    text = msgspec.json.encode(summary).decode() if args.json else table(summary) + page
    printed(text, f"; it is in {file.path}")
    return summary.exit_code


def _run(plan: Plan, part: Shard, link: Link | None, write: Write, *, quiet: bool) -> Outcome:
    live = None if quiet else Live(plan, len(part.clients(plan.clients)), sys.stderr)

    def on_second(second: Second) -> None:
        write(second)
        if live:
            live.show(second)

    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        outcome = runner.run(_until_signalled(plan, part, link, on_second))
    if live:
        live.end()
    return outcome


def _summed_up(plan: Plan, own: Shard | None, outcome: Outcome, stamp: str, file: ResultFile) -> Summary:
    """The last line."""
    if own is None:  # what a plan promises is of the whole of it
        outcome = msgspec.structs.replace(outcome, missed=missed(plan, outcome))
    summary = summarise(plan, outcome, judge(outcome, plan.there), started=stamp, result_file=str(file.path))
    file.write(summary)
    return summary


async def _until_signalled(
    plan: Plan, part: Shard, link: Link | None, on_second: Callable[[Second], None]
) -> Outcome:
    engine = crew.led(plan, on_second, part, link) if link else Engine(plan, on_second, part)
    interrupted_by_signals(engine.interrupt)
    return await engine.run()
