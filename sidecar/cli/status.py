"""``fermat-sidecar status``: one look at the server, or again and again; exit code 1 when it is not well."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask
from sidecar.core.view import Status
from sidecar.faces.glance import MARKS

_AGAIN = 2.0
"""Seconds from one look to the next."""
_COLOURS = {
    MARKS[Status.PASS]: "\x1b[32m",
    MARKS[Status.WARN]: "\x1b[33m",
    MARKS[Status.FAIL]: "\x1b[31m",
    MARKS[None]: "\x1b[2m",
}
_PLAIN, _CLEAR = "\x1b[0m", "\x1b[H\x1b[2J"


def status(config: Path, *, watch: bool) -> ExitCode:
    """Ask the running sidecar, and print what it says; with `watch` until Ctrl-C."""
    code = _look(config, clear=False)
    with suppress(KeyboardInterrupt):
        while watch:
            time.sleep(_AGAIN)
            code = _look(config, clear=sys.stdout.isatty())
    return code


def _look(config: Path, *, clear: bool) -> ExitCode:
    text = ask(config, {"ask": "status"}).text
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    shown = "\n".join(_coloured(line) if coloured else line for line in text.splitlines())
    print(f"{_CLEAR if clear else ''}{shown}", flush=True)
    return ExitCode.UNHEALTHY if text.startswith(MARKS[Status.FAIL]) else ExitCode.GOOD


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1])
    return f"{colour}{line[0]}{_PLAIN}{line[1:]}" if colour else line
