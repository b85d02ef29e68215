"""`loadgen stress`: how much does a server carry? The search finds it by itself."""

from __future__ import annotations

import argparse
import signal
import sys
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode, UserError
from loadgen import limits, means, results
from loadgen.capacity import predict
from loadgen.capacity.hunt import BROKEN_OFF, DEAD, Hunt
from loadgen.capacity.result import NAME, By, Capacity, Limit, Step
from loadgen.capacity.search import Bounds
from loadgen.cli import crew, planned
from loadgen.cli.ending import printed
from loadgen.cli.knee import knee, limit_line, step_line
from loadgen.say import say
from loadgen.scenario.plan import Plan
from loadgen.shard import WHOLE
from loadgen.sockets import sockets
from loadgen.ws.dial import loopback_sources, target

_MOST = 1_000_000
"""Of clients, and of messages a second, in a plan."""
_EPILOG = """\
All other flags are those of a run (loadgen --help), and every try is such a run: --plan, --preset, --url,
--duration, --workers … A load counts as carried if the run's verdict is PASS. Between two tries the server
is left to itself until the clients are gone.

exit codes: 0 the knee is found · 1 not even the least load was carried, or the server did not come back ·
2 wrong flags · 4 the generator or this machine ended first · 130 interrupted: what was found is told"""


def main(words: list[str]) -> int:
    """`words` begin with the command; returns the exit code. UserError for what its user can put right."""
    own, flags = _parser().parse_known_args(words[1:])
    run = Arguments(prog="fermat-loadgen stress", add_help=False)
    planned.add_flags(run)
    crew.add_flags(run)
    args, _ = run.parse_known_args(flags)
    if args.shard != WHOLE:
        raise UserError("--shard is a part of a plan, and a search tries whole ones: leave it out")
    plan = planned.chosen(args)
    means.provide(msgspec.structs.replace(plan, clients=1), WHOLE)  # its certificates and addresses are there
    generator = _room(plan, args) if own.by is By.CLIENTS else None
    bounds = _bounds(own, generator)
    folder = results.new_folder(own.out, datetime.now(UTC))
    hunt = Hunt(plan, own.by, bounds, generator, folder, flags)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it in order, as Ctrl-C does

    def told(step: Step) -> None:
        if not own.quiet:
            say(sys.stderr, f"{step_line(step, own.by)}\n")

    def predicted(found: Sequence[Limit]) -> None:
        if not own.quiet:
            say(sys.stderr, "".join(f"  predicted: {limit_line(one)}\n" for one in found))

    capacity = hunt.run(told, predicted)
    text = msgspec.json.encode(capacity).decode() if own.json else knee(capacity, folder / NAME)
    printed(text, f"; it is in {folder / NAME}")
    return _code(capacity)


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(
        prog="fermat-loadgen stress",
        description="How much does a server carry? Steps, then bisection, then both ends again and again.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--by",
        type=By,
        choices=list(By),
        default=By.CLIENTS,
        help="make more of: clients, or messages a second",
    )
    add("--start", type=int, default=100, metavar="N", help="the first load (%(default)s)")
    add("--most", type=int, metavar="N", help="the greatest load (all that this machine can make)")
    add("--resolution", type=float, default=5, metavar="PERCENT", help="of the load (%(default)s)")
    add("--confidence", type=float, default=95, metavar="PERCENT", help="to be reached (%(default)s)")
    add("--rounds", type=int, default=20, metavar="N", help="at most, after the first (%(default)s)")
    add("--json", action="store_true", help="print the result as one JSON object, and nothing else")
    add("--quiet", action="store_true", help="no progress on stderr")
    add("--out", type=Path, default=Path("loadgen-results"), metavar="DIR", help="for results (%(default)s)")
    return parser


def _bounds(own: argparse.Namespace, generator: Limit | None) -> Bounds:
    """UserError: everything that is wrong with these flags."""
    room = _MOST if generator is None or generator.clients is None else generator.clients
    most = room if own.most is None else own.most
    wrong = [
        words
        for bad, words in (
            (own.start < 1, f"--start is {own.start:,}, but must be at least 1"),
            (most < own.start, f"--most is {most:,}, less than --start, {own.start:,}"),
            (own.most is not None and own.most > room, f"--most: there is room for {room:,} at most"),
            (not 0.1 <= own.resolution <= 100, "--resolution must be 0.1 to 100 percent"),  # noqa: PLR2004
            (not 0 < own.confidence <= 99.9, "--confidence must be above 0, and at most 99.9 percent"),  # noqa: PLR2004
            (own.rounds < 0, f"--rounds is {own.rounds:,}, but must not be negative"),
        )
        if bad
    ]
    if wrong:
        raise UserError("; ".join(wrong))
    return Bounds(
        start=own.start,
        most=most,
        resolution=own.resolution / 100,
        confidence=own.confidence / 100,
        rounds=own.rounds,
    )


def _room(plan: Plan, args: argparse.Namespace) -> Limit | None:
    """How many clients of this plan this machine has room for; None: workers elsewhere make them."""
    if args.scheduler:
        return None
    machine = limits.here()
    workers = args.workers or 1
    host = target(plan.url).host

    def budget(clients: int) -> tuple[limits.Item, ...]:
        there = msgspec.structs.replace(
            machine,
            descriptors=None if machine.descriptors is None else machine.descriptors * workers,
            sources=len(loopback_sources(host, clients)) or 1,
        )
        return limits.budget(sockets(msgspec.structs.replace(plan, clients=clients), WHOLE), there)

    most = bisect_left(range(1, _MOST + 1), True, key=lambda n: any(item.too_many for item in budget(n)))  # noqa: FBT003
    return predict.of_generator(most, budget(most + 1))


def _code(capacity: Capacity) -> ExitCode:
    if BROKEN_OFF in capacity.invalid:
        return ExitCode.INTERRUPTED
    if DEAD in capacity.invalid or not capacity.low:
        return ExitCode.UNHEALTHY
    return ExitCode.INVALID_RUN if capacity.invalid else ExitCode.GOOD
