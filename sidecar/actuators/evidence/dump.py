"""The threads of a JVM that we may not attach to: SIGQUIT makes it print them, wherever its output goes."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from fermatkit import masking
from fermatkit.process import started
from sidecar.actuators.evidence.jvm import NotAsked
from sidecar.actuators.evidence.status import Status
from sidecar.core.nouns import Identity

Quit = Callable[[], None]
"""Sends SIGQUIT to the server's main process; blocks. OSError with the reason if that cannot be."""
Printed = Callable[[float, float], bytes]
"""What the server printed since a moment (epoch seconds); OSError if not had by another (monotonic ones)."""

_PAUSE = 0.05
"""Seconds from one look to the next; a JVM that is well prints within 0.1."""
_LOOKED_AT = 300
"""Threads, the oldest first: the JVM's own are born before the program's."""
_OF_A_JVM = {"VM Thread", "Signal Dispatch"}
"""Names of threads that every JVM has, as the kernel keeps them: 15 characters."""
_LAUNCHER = {"java"}
"""What all threads of a JVM are called that gives them no names (Java 8)."""
_BEGUN = re.compile(rb"^Full thread dump .*", re.MULTILINE | re.DOTALL)
_THREADS = re.compile(rb"^JNI global ref.*$", re.MULTILINE)
"""The line after the last thread: "references" up to Java 8."""
_WHOLE = re.compile(
    rb"^Full thread dump .*?^JNI global ref.*?^Heap\n.*?^ +class space[^\n]*\n", re.MULTILINE | re.DOTALL
)
"""With what stands last: deadlocks, if any, and the heap. The journal keeps no empty lines."""


def threads(identity: Identity, quit_: Quit, printed: Printed, deadline: float) -> bytes:
    """The dump, or as much of it as came by the deadline (monotonic seconds); OSError says why there is none.

    A signal by way of systemd reaches whoever is the unit's main process when it arrives. So all that speaks
    against it is looked at in the moment before.
    """
    _look(identity)
    since, began = time.time(), time.monotonic()
    quit_()
    seen, before = b"", b""
    while time.monotonic() + _PAUSE < deadline:
        try:
            seen = _dump(printed(since, deadline))
        except TimeoutError:
            if not before:
                raise
            break
        if whole := _WHOLE.match(seen):
            return _masked(whole[0])
        if seen == before and _THREADS.search(seen):  # a heap that ends otherwise
            return _masked(seen)
        before = seen
        time.sleep(_PAUSE)
    took = f"within {time.monotonic() - began:.1f} s of SIGQUIT"
    if not seen:
        raise NotAsked(f"no dump {took} in the journal: the JVM is stuck, or prints elsewhere")
    return _masked(seen) + f"== the rest did not come {took} (or beyond LogRateLimitBurst=)\n".encode()


def _look(identity: Identity) -> None:
    """SIGQUIT ends what does not catch it, and may mean anything to what is no JVM: neither is asked."""
    status = Status.of(identity.pid)
    if status.stopped:
        raise NotAsked(f"not asked: the process is stopped (state {status.state})")
    if not status.catches(signal.SIGQUIT):
        raise NotAsked("not asked: it does not catch SIGQUIT, which would end it")
    if not _is_jvm(identity.pid):
        raise NotAsked("not asked: it is no JVM (has no threads with the names of one)")
    if started(identity.pid) != identity.started:
        raise NotAsked("not asked: the process is gone, and its pid is another's")


def _is_jvm(pid: int) -> bool:
    """As far as anybody may see: what it has in memory is for its own user's eyes."""
    names = []
    with os.scandir(f"/proc/{pid}/task") as tasks:
        for task in islice(tasks, _LOOKED_AT):
            with suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
                names.append((Path(task.path) / "comm").read_text(errors="replace").rstrip("\n"))
    return not _OF_A_JVM.isdisjoint(names) or (len(names) > 1 and set(names) == _LAUNCHER)


def _dump(content: bytes) -> bytes:
    begun = _BEGUN.search(content)
    return begun[0] if begun else b""


def _masked(dump: bytes) -> bytes:
    """What the program itself prints may stand between the lines."""
    return masking.text(dump.decode(errors="replace")).encode()
