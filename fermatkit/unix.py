"""Where the programs run: Linux, macOS and other Unixes, but not Windows itself."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fermatkit.errors import ExitCode


def required(program: str) -> None:
    """End the process in one line where the system is no Unix: its locks, signals and sockets are needed.

    To be called before anything is imported that imports them.
    """
    if os.name != "posix":
        sys.stderr.write(f"{program}: Windows has not what it needs: run it in WSL 2, as INSTALL.md says\n")
        sys.exit(ExitCode.USAGE)


@contextmanager
def easily_ended() -> Iterator[None]:
    """Ctrl-C ends the process at once, without a traceback: while a program is read nothing has begun."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
