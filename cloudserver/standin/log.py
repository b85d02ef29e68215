"""The server's log: each line goes to `./fermat_server.log` and to stdout, without a limit, as in log4j."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

FILE = Path("fermat_server.log")
_STDOUT = 1


class Log:
    """Two sinks; a block of lines is one write to each, and what cannot be written is lost without a word.

    A full disk does not stop the server (seen), and an unread stdout pipe does stall it, as the real one.
    """

    def __init__(self, path: Path = FILE) -> None:
        self._sinks = [_STDOUT]
        self._second = 0
        self._stamp = ""
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            _write(2, f"log4j:ERROR {path}: {error.strerror}; logging to standard output only\n".encode())
        else:
            self._sinks.insert(0, file)

    def write(self, lines: Iterable[str]) -> None:
        """Log lines of the form ``Class     - message``; a stack trace is part of its line."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%d %H:%M:%S INFO  ", time.localtime(second))
        block = "".join([f"{self._stamp}{line}\n" for line in lines]).encode()
        for sink in self._sinks:
            _write(sink, block)


def _write(sink: int, block: bytes) -> None:
    try:
        os.write(sink, block)
    except OSError:
        return  # as log4j: the disk is full or the reader gone, the server serves on
