"""`loadgen drill`: what clients live through when a server fails under load."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode, UserError, meant
from loadgen import results
from loadgen.cli.ending import interrupted_by_signals, printed
from loadgen.drills import place, stage
from loadgen.drills.cases import CASES, Case
from loadgen.drills.conduct import Load, conduct, not_done
from loadgen.drills.place import Place
from loadgen.drills.result import FOLDER, Drill
from loadgen.drills.table import HEAD, line
from loadgen.say import say

_EPILOG = """\
Of each drill what was done, when it was noticed, acted on and over, and when the clients were back is in
DIR/STAMP/drills/NAME: run.jsonl, drill.json, evidence. One chapter for all: fermat-loadgen report DIR/STAMP

Another server than one of its own is broken only if all of --url, --sidecar, --pid and
--i-may-break-this-server are there, by the drills that need nothing of the stand-in: kill, reconnect-storm.

exit codes: 0 all that could be done here passed · 1 one did not · 2 wrong flags · 4 one proves nothing: the
generator or this machine was the bottleneck · 130 interrupted"""
_ALL = "all"
_MOST = 20_000


def main(words: list[str]) -> int:
    """`words` begin with the command; returns the exit code. UserError for what its user can put right."""
    args = _parser().parse_args(words[1:])
    cases = _chosen(args.names)
    if not 2 <= args.clients <= _MOST:  # noqa: PLR2004 - one for each behaviour
        raise UserError(f"--clients is {args.clients:,}, but must be 2 to {_MOST:,}")
    theirs = _theirs(args)
    load = Load(args.clients, secrets.randbits(32) if args.seed is None else args.seed)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it in order, as Ctrl-C does
    folder = results.new_folder(args.out, datetime.now(UTC))
    done: list[Drill] = []
    show = (lambda _: None) if args.json else printed
    show(HEAD)
    code = ExitCode.INTERRUPTED
    try:
        for case in cases:
            _tell(f"{case.name}: {case.harm} …", args)
            done.append(_done(case, theirs, load, folder / FOLDER / case.name, args))
            show(line(done[-1]))
        code = _code(done)
    except KeyboardInterrupt:
        _tell("broken off", args)
    if args.json:
        printed(msgspec.json.encode(done).decode(), f"; it is in {folder}")
    else:
        printed(f"\nresults  {folder}")
    return code


def _done(case: Case, theirs: Place | None, load: Load, folder: Path, args: argparse.Namespace) -> Drill:
    if theirs is not None and case.anywhere is None:
        return not_done(case, "it is done only to a server that was started for it", folder)
    if case.lacks:
        return not_done(case, case.lacks, folder)
    staged = stage.own(case) if theirs is None else stage.given(case, theirs)
    return conduct(case, staged, load, folder, interrupted_by_signals, lambda words: _tell(words, args))


def _theirs(args: argparse.Namespace) -> Place | None:
    """The server that somebody wants broken, if it is not to be one of our own. UserError."""
    asked = (args.url, args.sidecar, args.pid, args.i_may_break_this_server or None)
    if not any(asked):
        return None
    if not all(asked):
        raise UserError(
            "a server that was not started for the drill is broken only when that is asked for twice: name it"
            " by --url, --sidecar and --pid, and say --i-may-break-this-server; or leave all four out"
        )
    return place.theirs(args.url, args.sidecar, args.pid)


def _parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {case.name:20} {case.harm}" for case in CASES.values())
    parser = Arguments(
        prog="fermat-loadgen drill",
        description="Starts a stand-in Cloud Server, a sidecar over it, clients on it; and breaks something.",
        epilog=f"drills:\n{names}\n\n{_EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("names", nargs="+", metavar="NAME", help=f"of a drill (below), or {_ALL}")
    add("--clients", type=int, default=500, metavar="N", help="on the server (%(default)s)")
    add("--seed", type=int, metavar="N", help="the same schedule again (random)")
    add("--url", metavar="URL", help="of a server that was not started for this: see below")
    add("--sidecar", metavar="URL", help="that watches it")
    add("--pid", type=int, metavar="N", help="that it has")
    add("--i-may-break-this-server", action="store_true", help="and it will be broken")
    add("--json", action="store_true", help="print the results as one JSON list, and nothing else")
    add("--quiet", action="store_true", help="no progress on stderr")
    add("--out", type=Path, default=Path("loadgen-results"), metavar="DIR", help="for results (%(default)s)")
    return parser


def _chosen(names: list[str]) -> list[Case]:
    """In the order of the table. UserError."""
    for name in names:
        if name not in (_ALL, *CASES):
            raise UserError(f"no drill is called {name!r}; {meant(name, (*CASES, _ALL))}")
    return [case for case in CASES.values() if _ALL in names or case.name in names]


def _code(done: list[Drill]) -> ExitCode:
    """That of the worst; what cannot be done here is no fault."""
    if any(drill.passed is False for drill in done):
        return ExitCode.UNHEALTHY
    invalid = any(drill.passed is None and drill.file for drill in done)
    return ExitCode.INVALID_RUN if invalid else ExitCode.GOOD


def _tell(words: str, args: argparse.Namespace) -> None:
    if not args.quiet:
        say(sys.stderr, f"{words}\n")
