"""The flags that say who watches the server, and what a run is told of that."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

import psutil

from fermatkit.errors import UserError
from loadgen.say import say
from loadgen.scenario.target import is_here
from loadgen.watch.messages import ByPid, BySidecar, Job
from loadgen.ws.dial import target

TOKEN = "FERMAT_SIDECAR_TOKEN"  # noqa: S105 - where it is, not what


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Let `parser` know them."""
    add = parser.add_argument_group("the server itself, beside the load").add_argument
    add("--sidecar", metavar="URL", help="what the server's sidecar sees: http://127.0.0.1:9191")
    add(
        "--sidecar-token-file",
        type=Path,
        metavar="FILE",
        help=f"its [health] token, by which the load is announced (${TOKEN})",
    )
    add("--pid", type=int, metavar="N", help="without a sidecar: the server's process, if it is here")


def job(args: argparse.Namespace, url: str, name: str, clients: int, seconds: float) -> Job | None:
    """Who is to watch the server at `url`; None: nobody can. UserError for what its user can put right.

    With a token the load is announced here, so that a run that nobody expects is not begun; `name` of the
    run, how many clients, for how long it may last.
    """
    if args.sidecar is not None:
        if args.pid is not None:
            raise UserError("--sidecar and --pid are two ways to watch one server; leave one of them out")
        token = _token(args.sidecar_token_file)
        announcing = import_module("loadgen.cli.announcing")  # nobody else pays for it
        announced: BySidecar = announcing.by_sidecar(args.sidecar, token, name, clients, seconds)
        if token is None:
            what = "the load is not announced: people are told of what it causes"
            note(f"without a token (${TOKEN}) {what}", args)
        return announced
    if args.sidecar_token_file is not None:
        raise UserError("--sidecar-token-file needs --sidecar: whose token is it?")
    where = target(url)
    if args.pid is not None:
        return ByPid(port=where.port, pid=_process(args.pid))
    if is_here(where.host):
        return ByPid(port=where.port)
    note(
        f"the server itself is not watched: {where.host} is another machine, and there is no --sidecar", args
    )
    return None


def note(words: str, args: argparse.Namespace) -> None:
    """Say it; unless nobody wants to hear, and nobody has asked for the watching."""
    if not args.quiet or args.sidecar is not None or args.pid is not None:
        say(sys.stderr, f"fermat-loadgen: {words}\n")


def _process(pid: int) -> int:
    if pid < 1 or not psutil.pid_exists(pid):
        raise UserError(f"--pid {pid}: there is no such process")
    return pid


def _token(path: Path | None) -> str | None:
    if path is None:
        found = os.environ.get(TOKEN, "").strip()
    else:
        try:
            found = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", "is no text")
            raise UserError(f"--sidecar-token-file {path}: {why}") from error
        if not found:
            raise UserError(f"--sidecar-token-file {path}: is empty; write the [health] token into it")
    if not found.isascii() or not found.isprintable():
        raise UserError("the sidecar's token has characters in it that no token has")
    return found or None
