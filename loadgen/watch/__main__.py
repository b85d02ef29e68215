"""A watcher: a process of its own, so that no look at the server holds up the load. Started by `beside`.

It gets its job as a line on stdin, says what it sees on stdout, and ends when stdin does: with the run, or
when the generator was killed.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Protocol

from loadgen.watch import messages
from loadgen.watch.messages import ByPid, BySidecar, Job, Said

_EVERY = 1.0
"""Seconds from one look to the next."""
_NICE = 5
"""The load comes first where there is one core for both."""


class Eye(Protocol):
    """A way to see the server."""

    def begin(self) -> Iterator[Said]:
        """At the beginning."""

    def look(self) -> Iterator[Said]:
        """Once a second."""

    def end(self) -> Iterator[Said]:
        """At the end."""


_EYES = {BySidecar: ("by_sidecar", "SidecarEye"), ByPid: ("by_pid", "PidEye")}
"""Only the wanted one is imported: a watcher takes memory beside the generator."""


def _eye(job: Job) -> Eye:
    module, name = _EYES[type(job)]
    eye: Eye = getattr(import_module(f"loadgen.watch.{module}"), name)(job)
    return eye


def _say(things: Iterable[Said]) -> None:
    for thing in things:
        with suppress(OSError):  # nobody is left to hear it, and what is to be ended still is
            sys.stdout.buffer.write(messages.encode(thing))
            sys.stdout.buffer.flush()


def main() -> None:
    """See `loadgen.watch.beside`."""
    os.nice(_NICE)
    eye = _eye(messages.job(sys.stdin.buffer.readline()))
    due = time.monotonic()
    _say(eye.begin())
    while not _over(due - time.monotonic()):
        _say(eye.look())
        now = time.monotonic()
        due = max(due + _EVERY, now)
    _say(eye.end())


def _over(wait: float) -> bool:
    """Whether stdin has ended by then."""
    return bool(select.select([sys.stdin], [], [], max(wait, 0.0))[0])


if __name__ == "__main__":
    main()
    with suppress(OSError):
        sys.stdout.close()
