"""The flags that say by how many, and where, a plan is carried out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from fermatkit.errors import UserError
from loadgen import shard
from loadgen.say import say
from loadgen.scenario.behaviours import Duplicate, Pair
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.shard import WHOLE

if TYPE_CHECKING:
    from loadgen.crew.crew import Crew, Link
    from loadgen.results import Second


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Let `parser` know them."""
    add = parser.add_argument_group("more than one process").add_argument
    add(
        "--workers",
        type=int,
        metavar="N",
        help="processes that share the clients (1; with --scheduler all its workers)",
    )
    add(
        "--scheduler",
        metavar="URL",
        help="have workers on other machines: tcp://HOST:8786 or tls://… of Dask",
    )
    for name, what in (("ca", "who signs"), ("cert", "our certificate"), ("key", "its key")):
        add(f"--tls-{name}", metavar="PEM", help=f"for a scheduler with tls://: {what}")
    add(
        "--shard",
        type=_shard,
        default=WHOLE,
        metavar="I/N",
        help="only this part of the plan: 0/2 here, 1/2 there",
    )


def _shard(text: str) -> Shard:
    try:
        return shard.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def mistakes(plan: Plan, args: argparse.Namespace) -> list[str]:
    """All that is wrong with these flags, each in words for who typed it."""
    found = []
    workers = 1 if args.workers is None else args.workers
    needed = workers * args.shard.of
    if workers < 1:
        found.append(f"--workers is {workers:,}, but must be at least 1")
    elif needed > plan.clients:
        found.append(
            f"--connections is {plan.clients:,}, but must be at least {needed:,}:"
            " one for each worker of each shard"
        )
    if (args.shard.of > 1 or workers > 1 or args.scheduler) and (together := _together(plan)):
        found.append(
            f"the plan has {together}, whose clients belong together: they need one process, so leave out"
            " --workers, --scheduler and --shard"
        )
    pem = [args.tls_ca, args.tls_cert, args.tls_key]
    secured = (args.scheduler or "").startswith("tls://")
    if secured != all(pem) or any(pem) != all(pem):
        found.append("--scheduler tls://… and all of --tls-ca, --tls-cert and --tls-key need each other")
    elif args.scheduler and not secured and not args.scheduler.startswith("tcp://"):
        found.append(f"--scheduler is {args.scheduler!r}, but must be like tcp://127.0.0.1:8786")
    return found


def _together(plan: Plan) -> str:
    """The behaviours whose clients have to know of each other, in words."""
    return " and ".join(
        name
        for kind, name in ((Pair, "pairs"), (Duplicate, "duplicates"))
        if any(isinstance(one, kind) for one in plan.mix)
    )


def link(plan: Plan, args: argparse.Namespace) -> Link | None:
    """The way to the workers; None when there is no need of any."""
    if args.scheduler:
        return _cluster(plan, args)
    if (args.workers or 1) == 1:
        return None
    from loadgen.crew.processes import Processes  # noqa: PLC0415 - who is alone need not wait for it

    return Processes(args.workers)


def led(plan: Plan, on_second: Callable[[Second], None], part: Shard, link: Link) -> Crew:
    """What stands for the engine where there are workers."""
    from loadgen.crew.crew import Crew  # noqa: PLC0415 - who is alone need not wait for it

    return Crew(plan, on_second, part, link)


def _cluster(plan: Plan, args: argparse.Namespace) -> Link:
    try:
        from loadgen.crew import cluster  # noqa: PLC0415 - distributed is an extra, and half a second
        from loadgen.crew.leader import at_most  # noqa: PLC0415 - likewise
    except ImportError as error:
        missing = f"--scheduler needs the package {error.name}, which is not here"
        raise UserError(f"{missing}: pip install 'fermat-sidecar[dask]'") from error
    tls = cluster.Tls(args.tls_ca, args.tls_cert, args.tls_key) if args.tls_ca else None
    most = len(args.shard.clients(plan.clients))
    counts = (1, most) if args.workers is None else (args.workers, args.workers)

    def note(words: str) -> None:
        if not args.quiet:
            say(sys.stderr, f"fermat-loadgen: {words}\n")

    return cluster.Cluster(args.scheduler, tls, counts, at_most(plan), note)
