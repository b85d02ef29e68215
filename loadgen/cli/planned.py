"""`loadgen plan`, and from which of `--plan`, `--preset` and the flags a run's plan comes."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode, UserError
from loadgen.say import say
from loadgen.scenario import presets
from loadgen.scenario.contradictions import contradictions
from loadgen.scenario.load import good, load
from loadgen.scenario.overrides import Overrides, bare, overridden
from loadgen.scenario.plan import Plan
from loadgen.scenario.spell import toml

_GIVEN = tuple(Overrides.__struct_fields__)
_EPILOG = """\
A preset or a plan file says what the run is; flags change its size: --duration that of all stages together,
--rate the highest, the others in proportion."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of which `chosen` makes a plan."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--plan", type=Path, metavar="FILE", help="a plan, in TOML")
    which.add_argument("--preset", choices=presets.NAMES, help="a plan that comes with loadgen")
    add = parser.add_argument
    add("--connections", type=int, metavar="N", help="clients")
    add("--url", help="the server, ws:// or wss://")
    add("--ramp", type=_a_second, metavar="RATE", help="connects a second")
    add("--duration", type=_seconds, metavar="TIME", help="30s, 5m: of all stages together")
    add("--rate", type=_a_second, metavar="RATE", help="messages a second of all: the highest of the stages")
    add("--seed", type=int, metavar="N", help="the same schedule again (random)")
    add("--ca", type=_path, metavar="FILE", help="authority of a wss:// server's certificate (the system's)")
    add("--source", action="append", metavar="ADDRESS", help="to connect from; repeatable, in turns")
    add("--i-may-load-this-host", action="store_true", help="allow a target that is not loopback or private")
    add = parser.add_argument_group("echoes").add_argument
    add("--size", type=_bytes, metavar="BYTES", help="of a message: 128, 4KiB, 64B-4KiB")
    add("--subprotocol", metavar="NAME", help="to ask for")
    add("--header", action="append", metavar="'NAME: VALUE'", help="one more of the upgrade's; repeatable")


def _a_second(text: str) -> str:
    """A bare number is one a second."""
    return text if "/" in text else f"{text}/s"


def _seconds(text: str) -> str:
    """A bare number is seconds."""
    return text if text[-1:].isalpha() else f"{text}s"


def _bytes(text: str) -> str:
    """A bare number is bytes."""
    return "-".join(part if part[-1:].isalpha() else f"{part}B" for part in text.split("-"))


def _path(text: str) -> str:
    """As a worker in another directory can read it."""
    return str(Path(text).absolute())


def chosen(args: argparse.Namespace) -> Plan:
    """The plan that these flags mean; UserError tells everything that is wrong with it, a line each."""
    by = Overrides(**{key: getattr(args, key) for key in _GIVEN})
    seed = secrets.randbits(32)
    if args.plan is not None:
        base = load(args.plan, seed, any_host=True)  # flags may name another; who is right is seen below
    elif args.preset is not None:
        base = good(presets.text(args.preset), args.preset, seed, any_host=True)
    else:
        base = bare(seed)
    plan, wrong = overridden(base, by)
    if not wrong:
        wrong = [str(one) for one in contradictions(plan, {}, any_host=args.i_may_load_this_host)]
    if wrong:
        raise UserError("\n".join(wrong))
    return plan


def main(words: list[str]) -> int:
    """`loadgen plan`: shows a plan, as a file to change and to run; and checks it."""
    parser = Arguments(
        prog="fermat-loadgen plan", description="Shows a plan as a file, and checks it.", epilog=_EPILOG
    )
    add_flags(parser)
    args = parser.parse_args(words[1:])
    plan = chosen(args)
    as_it_is = args.preset and all(getattr(args, key) is None for key in _GIVEN)
    why = say(sys.stdout, presets.text(args.preset) if as_it_is else toml(plan))
    return ExitCode.INTERNAL if why else ExitCode.GOOD
