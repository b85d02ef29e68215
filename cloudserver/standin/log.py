"""The server's log: each line goes to `./fermat_server.log` and to stdout, without a limit, as in log4j."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FILE = Path("fermat_server.log")
_STDOUT = 1
_STDERR = 2


class Log:
    """Two sinks; a block of lines is one write to each, and what cannot be written is lost.

    A full disk does not stop the server (seen): one line on stderr for each sink, however often it fails,
    and lines come again when there is space. An unread stdout pipe does stall it, as the real one.
    """

    def __init__(self, path: Path = FILE) -> None:
        self._sinks = {_STDOUT: "standard output"}
        self._reported: set[int] = set()
        self._second = 0
        self._stamp = ""
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            _report(f"{path}: {error.strerror}; logging to standard output only")
        else:
            self._sinks = {file: str(path)} | self._sinks

    def write(self, lines: Iterable[str]) -> None:
        """Log lines of the form ``Class     - message``; a stack trace is part of its line."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%d %H:%M:%S INFO  ", time.localtime(second))
        block = "".join([f"{self._stamp}{line}\n" for line in lines]).encode()
        for sink, name in self._sinks.items():
            try:
                os.write(sink, block)
            except OSError as error:
                if sink not in self._reported:
                    self._reported.add(sink)
                    _report(f"Failed to flush writer: {name}: {error.strerror}")


def _report(error: str) -> None:
    with suppress(OSError):  # stderr may be on the same full disk: then it is told nowhere
        os.write(_STDERR, f"log4j:ERROR {error}\n".encode())
