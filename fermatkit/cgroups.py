"""Whose a socket is by its cgroup (v2): for processes of others, into whose descriptors we may not look.

The kernel tells anybody a socket's cgroup by number, the inode of that cgroup's folder (sock_diag(7)); and
in which cgroup a process is (cgroups(7)). Within a unit of systemd that is as good as the process itself.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec

from fermatkit import sockets
from fermatkit.measures import Unknown

_PLACES = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
_CGROUP_ID = 21
"""INET_DIAG_CGROUP_ID (Linux 5.9)."""
_SOCKET = 72
"""Bytes of an inet_diag_msg, after which its attributes begin."""
_ATTRIBUTE = struct.Struct("=HH")
_ID = struct.Struct("=Q")
_OUTSIDE = "/.."
"""How the way to a cgroup begins that is not below the root that we see."""
_MOST = 5000
"""Folders that are looked through for a name."""


class Cgroup(msgspec.Struct, frozen=True):
    """One, below the root."""

    folder: Path
    """Where the kernel shows it."""
    number: int
    """The inode of that folder: how the kernel itself names it."""


class Other(msgspec.Struct, frozen=True):
    """Somebody else, whose pid we may not know."""

    who: str


def holder(port: int, likely: int) -> int | Other | Unknown | None:
    """Who listens on this port: as `sockets.owner` says, or as far as the cgroups tell. Blocks likewise."""
    pid = sockets.owner(port, likely)
    if not isinstance(pid, Unknown):
        return pid
    theirs, ours = listening(port), of(likely)
    if isinstance(theirs, Unknown):
        return Unknown(f"{pid.why}; {theirs.why}")
    if isinstance(ours, Unknown):
        return Unknown(f"{pid.why}; {ours.why}")
    if ours.number in theirs:
        return likely
    top = root()
    if top is not None and top.stat().st_ino in theirs:
        return Unknown(f"{pid.why}; its socket is in the root cgroup, which is nobody's own")
    return Other(next(filter(None, map(name, theirs)), "another cgroup"))


def root() -> Path | None:
    """Where they all are; None if there is no version 2."""
    return next((place for place in _PLACES if (place / "cgroup.controllers").exists()), None)


def of(pid: int) -> Cgroup | Unknown:
    """The cgroup of a process; unknown where it is in none of its own, which would prove nothing."""
    place = _place(pid)
    if isinstance(place, Unknown):
        return place
    top, path = place
    if path == "/" or path.startswith(_OUTSIDE):
        return Unknown("it is in no cgroup of its own")
    folder = top / path[1:]
    try:
        return Cgroup(folder, folder.stat().st_ino)
    except OSError as error:
        return Unknown(f"{folder}: {error.strerror}")


def above(pid: int) -> list[Path] | Unknown:
    """Those above its own, the nearest first, as far as they are seen: a container's root is the last.

    Of who is in the root itself that is the only one.
    """
    place = _place(pid)
    if isinstance(place, Unknown):
        return place
    top, path = place
    if path.startswith(_OUTSIDE):
        return Unknown("its cgroup is outside of what is seen from here")
    names = [name for name in path.split("/") if name]
    return [top.joinpath(*names[:kept]) for kept in reversed(range(max(1, len(names))))]


def _place(pid: int) -> tuple[Path, str] | Unknown:
    """The root, and the way from there."""
    top = root()
    if top is None:
        return Unknown("cgroup v2 is not mounted")
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return Unknown("the process is gone")
    except OSError as error:
        return Unknown(str(error.strerror))
    return top, next((line[3:] for line in lines if line.startswith("0::")), "/")


def listening(port: int) -> set[int] | Unknown:
    """The cgroups of the sockets that listen on this port."""
    try:
        found = {_id_of(one) for one in sockets.listeners(port)}
    except OSError as error:
        return Unknown(f"sock_diag: {error.strerror or error}")
    known = {number for number in found if number is not None}
    return known or Unknown("this kernel does not tell a socket's cgroup")


def name(wanted: int) -> str:
    """The name of a cgroup, such as a unit's; "" if it is not found."""
    for place, _, _ in islice(os.walk(root() or ""), _MOST):
        with suppress(OSError):  # gone in between
            if Path(place).stat().st_ino == wanted:
                return Path(place).name
    return ""


def _id_of(message: bytes) -> int | None:
    for kind, value in _attributes(message):
        if kind == _CGROUP_ID:
            return int(_ID.unpack_from(value)[0])
    return None


def _attributes(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = _SOCKET
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind, message[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
