"""The flags that say by how many, and where, a plan is carried out."""

from __future__ import annotations

import argparse

from loadgen import shard
from loadgen.crew.crew import Link
from loadgen.crew.processes import Processes
from loadgen.plan import Plan
from loadgen.shard import WHOLE, Shard


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Let `parser` know them."""
    add = parser.add_argument_group("more than one process").add_argument
    add("--workers", type=int, default=1, metavar="N", help="processes that share the clients (%(default)s)")
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
    if args.workers < 1:
        return [f"--workers is {args.workers:,}, but must be at least 1"]
    if args.workers * args.shard.of > plan.connections >= 1:
        needed = (
            f"--connections is {plan.connections:,}, but must be at least {args.workers * args.shard.of:,}"
        )
        return [f"{needed}: one for each worker of each shard"]
    return []


def link(args: argparse.Namespace) -> Link | None:
    """The way to the workers; None when there is no need of any."""
    return Processes(args.workers) if args.workers > 1 else None
