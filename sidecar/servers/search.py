"""Where somebody else's server is found: by its pidfile, a text of its command line, or its port.

Each look says who it is, or why it cannot say: it never guesses, for who is found is watched as the server.
`known` is who was the server and still runs: where the rest is uncertain, it still is. All of them block, for
less than a millisecond mostly: not for an event loop. OSError when a want of our own, such as of descriptors,
is in the way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from fermatkit.cgroups import Other, holder, ports
from fermatkit.measures import Unknown
from fermatkit.process import age, command_line, hides_others, name, started
from sidecar.core.nouns import Identity

Found = Identity | Unknown

_LONGEST = 100
"""Bytes of a pidfile that are read: a number, and at most a few words after it."""
_GRANULARITY = 2.0
"""Seconds by which a file's time may be behind: FAT counts in twos, a kernel in hundredths."""
_FLEETING = 2.0
"""Seconds: a younger process may only speak of the server (``pgrep -f``), unless it owns the port."""


def by_pidfile(path: Path, known: Identity | None) -> Found:
    """The process whose number is in this file, unless that was another's when it was written."""
    try:
        text, written = _read(path)
    except FileNotFoundError:
        return Unknown(f"{path}: there is no such file")
    except OSError as error:
        return known or Unknown(f"{path}: {error.strerror}")
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    if not (word.isascii() and word.isdigit()):
        return known or Unknown(f"{path}: holds no pid but {word!r}" if word else f"{path}: is empty")
    pid = int(word)
    try:
        start = started(pid)
    except PermissionError as error:
        return Unknown(f"{path}: names pid {pid}, but {error.strerror}")
    if start is None:
        return Unknown(f"{path}: names pid {pid}, which does not run")
    began = time.time() - age(start)
    if began > written + _GRANULARITY:
        return Unknown(
            f"{path}: names pid {pid}, but was written at {_date(written)} and that process started at "
            f"{_date(began)}: it is another one with the same number (if not, touch the file)"
        )
    return Identity(pid, start)


def by_match(text: str, port: int, known: Identity | None) -> Found:
    """The process with this text in its command line; of several the one that listens on the port."""
    found = _matching(text)
    if not found:
        some = ", as far as /proc shows them: it hides those of others from this user"
        return Unknown(f"no process has {text!r} in its command line{some if hides_others() else ''}")
    seen = [(one, ports(one.pid)) for one in found]
    listening = [one for one, theirs in seen if not isinstance(theirs, Unknown) and port in theirs]
    if len(listening) == 1:
        return listening[0]
    names = ", ".join(f"{one.pid} ({_name(one.pid)})" for one in found)
    if len(found) == 1:
        young = age(found[0].started) < _FLEETING
        return Unknown(f"pid {names} has only just started") if young else found[0]
    if known in found:
        return known
    many = f"{len(found)} processes have {text!r} in their command line, and"
    why = next((theirs.why for _, theirs in seen if isinstance(theirs, Unknown)), "")
    if why and not listening:
        return Unknown(f"{many} who of them listens on port {port} cannot be told ({why}): {names}")
    return Unknown(f"{many} {len(listening) or 'none'} of them listen on port {port}: {names}")


def by_port(port: int, known: Identity | None) -> Found:
    """The process that listens on this port, whatever its address."""
    pid = holder(port, known.pid if known else os.getpid())
    if pid is None:
        return Unknown(f"nobody listens on port {port}")
    if isinstance(pid, Other):
        return Unknown(f"port {port} is held by {pid.who}, of whom no pid can be seen")
    if isinstance(pid, Unknown):
        return known or Unknown(f"port {port}: {pid.why}")
    start = started(pid)
    return Unknown(f"pid {pid}, which had port {port}, has ended") if start is None else Identity(pid, start)


def listens(one: Identity, port: int) -> bool:
    """Whether a process listens on this port, as far as we may look."""
    theirs = ports(one.pid)
    return not isinstance(theirs, Unknown) and port in theirs


def _read(path: Path) -> tuple[str, float]:
    """What is in a file, and since when, epoch seconds."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would keep us waiting
    try:
        return os.read(descriptor, _LONGEST).decode(errors="replace"), os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)


def _matching(text: str) -> list[Identity]:
    """Who has this text in its command line; not we, who started us, or whom we started."""
    pids: list[int] = psutil.pids()
    found = [pid for pid in pids if pid != os.getpid() and text in command_line(pid)]
    if not found:
        return []
    above = {*_above(os.getpid())}
    starts = [(pid, started(pid)) for pid in found if pid not in above and os.getpid() not in _above(pid)]
    return [Identity(pid, start) for pid, start in starts if start is not None]


def _above(pid: int) -> Iterator[int]:
    """Who started a process, who started that one, and so on, as far as /proc shows them to us."""
    with suppress(psutil.Error):
        while pid := psutil.Process(pid).ppid():
            yield pid


def _name(pid: int) -> str:
    try:
        return name(pid)
    except psutil.Error:
        return "gone"


def _date(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%S} UTC"
