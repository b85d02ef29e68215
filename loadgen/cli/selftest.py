"""`loadgen self-test`: anybody can see whether this generator tells the truth, and blames the right one."""

from __future__ import annotations

import asyncio
import secrets
import sys

import msgspec

from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode
from loadgen.say import say
from loadgen.selftest.checks import NAMES, Check, Row, Trial, code
from loadgen.selftest.trials import generator_is_stopped, server_stands_still

_EPILOG = """\
exit codes: 0 it tells the truth · 1 it does not · 4 invalid: this machine was too busy, try again"""
_MARKS = {True: "✓", False: "✗", None: "?"}


class Result(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    exit_code: ExitCode
    seed: int
    trials: tuple[Trial, ...]
    """Figures in milliseconds: those of `percentiles`."""
    percentiles: tuple[str, ...] = NAMES


def main(words: list[str]) -> int:
    """Run it; returns the exit code."""
    parser = Arguments(
        prog="fermat-loadgen self-test",
        description="A server that stands still, then a generator: is it told as it was? Half a minute.",
        epilog=_EPILOG,
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same schedule again (random)")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    args = parser.parse_args(words[1:])
    seed = secrets.randbits(32) if args.seed is None else args.seed
    if not args.json:
        say(sys.stderr, "half a minute: a server that stands still, then a generator that is stopped …\n")
    trials = asyncio.run(_both(seed))
    result = Result(code(trials), seed, trials)
    text = msgspec.json.encode(result).decode() if args.json else table(result)
    if why := say(sys.stdout, f"{text}\n"):
        say(sys.stderr, f"fermat-loadgen: the self-test could not be printed ({why})\n")
    return result.exit_code


async def _both(seed: int) -> tuple[Trial, ...]:
    return await server_stands_still(seed), await generator_is_stopped(seed)


def table(result: Result) -> str:
    """For people."""
    words = {
        ExitCode.GOOD: "PASS: this generator tells the truth",
        ExitCode.INVALID_RUN: "INVALID: this machine was too busy to measure; try again",
        ExitCode.UNHEALTHY: "FAIL: this generator does not tell the truth",
    }
    return "\n\n".join([*map(_trial, result.trials), words[result.exit_code]])


def _trial(trial: Trial) -> str:
    head = f"{'milliseconds':28}" + "".join(f"{name:>11}" for name in NAMES)
    return "\n".join([trial.title, head, *map(_row, trial.rows), *map(_check, trial.checks)])


def _row(row: Row) -> str:
    return f"{row.name:28}" + "".join(
        "-".rjust(11) if one is None else f"{one:>11,.1f}" for one in row.values
    )


def _check(check: Check) -> str:
    return f"{_MARKS[check.good]} {check.sentence}"
