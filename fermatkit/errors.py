"""Errors meant for the person at the terminal: one line that says what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a program of this project ends with."""

    GOOD = 0
    UNHEALTHY = 1
    """The server is unhealthy, or a threshold of a load run was missed."""
    USAGE = 2
    CONFIGURATION = 3
    INVALID_RUN = 4
    """The load generator was itself the bottleneck, or could not be what the plan asked for."""
    INTERNAL = 70
    """A bug of ours: sysexits' EX_SOFTWARE."""
    INTERRUPTED = 130


class UserError(Exception):
    """Something its reader can put right; the text is the whole message, without a traceback."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


def meant(wrong: str, known: Iterable[str], *, all_of_them: str = "there are") -> str:
    """What was meant, if something there is is spelled nearly so; else all that there is."""
    names = list(known)
    near = difflib.get_close_matches(wrong, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"{all_of_them}: {', '.join(names)}"
