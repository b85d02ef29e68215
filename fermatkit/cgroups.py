"""Whose a socket is by its cgroup (v2): for processes of others, into whose descriptors we may not look.

The kernel tells anybody in which cgroup a socket was made, by number, the inode of that cgroup's folder
(sock_diag(7)); and who is in a cgroup (cgroups(7)). Of a process that is alone in its own, a unit of systemd
say, that is as good as its descriptors. Of one among several it proves nothing: any of them may have it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec
import psutil

from fermatkit import small, sockets
from fermatkit.measures import Unknown
from fermatkit.process import shows_open
from fermatkit.stat import gone

_PLACES = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
_CGROUP_ID = 21
"""INET_DIAG_CGROUP_ID (Linux 5.9)."""
_PORT = struct.Struct("!4xH")
"""Of an inet_diag_msg: the local port."""
_SOCKET = 72
"""Bytes of an inet_diag_msg, after which its attributes begin."""
_ATTRIBUTE = struct.Struct("=HH")
_ID = struct.Struct("=Q")
_OUTSIDE = "/.."
"""How the way to a cgroup begins that is not below the root that we see."""
_MOST = 5000
"""Folders that are looked through for one."""
_SYSTEMD = {1}
"""Who makes sockets for others (socket units)."""
_NONE = Unknown("cgroup v2 is not mounted")
_ONLY_LINUX = Unknown("only Linux has cgroups")
_ROOT = Unknown("its socket was made in the root cgroup, which is nobody's own")


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
    """Who listens on this port: as `sockets.owner` says, or as far as the cgroups tell. Blocks likewise.

    Unknown as long as it may be `likely` as well as somebody else.
    """
    pid = sockets.owner(port, likely)
    if not isinstance(pid, Unknown):
        return pid
    found = _by_cgroup(port, likely)
    if not isinstance(found, Other) and pid == sockets.HIDDEN and shows_open(likely):  # it has it not
        return Other("somebody into whose process we may not look")
    return Unknown(f"{pid.why}; {found.why}") if isinstance(found, Unknown) else found


def ports(pid: int) -> set[int] | Unknown:
    """On which ports a process listens: as `sockets` says, or its cgroup if it is alone there. Blocks."""
    found = sockets.listening_ports(pid)
    if not isinstance(found, Unknown):
        return found
    group = of(pid)
    if found == group:  # it is gone, or hidden altogether
        return found
    theirs = _alone(group, pid) if isinstance(group, Cgroup) else group
    return Unknown(f"{found.why}; {theirs.why}") if isinstance(theirs, Unknown) else theirs


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
    if not psutil.LINUX:
        return _ONLY_LINUX
    top = root()
    if top is None:
        return _NONE
    try:
        lines = small.text(f"/proc/{pid}/cgroup").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return gone(pid)
    except OSError as error:
        return Unknown(str(error.strerror))
    return top, next((line[3:] for line in lines if line.startswith("0::")), "/")


def processes(group: Cgroup) -> set[int] | Unknown:
    """Who is in it, not in those below; 0 stands for those of another PID namespace."""
    try:
        return {int(line) for line in (group.folder / "cgroup.procs").read_text().splitlines()}
    except OSError as error:
        return Unknown(f"who is in {group.folder.name} cannot be read: {error.strerror}")


def _by_cgroup(port: int, likely: int) -> int | Other | Unknown:
    """Of several sockets one is enough to have the port."""
    theirs = _listening(port)
    if isinstance(theirs, Unknown):
        return theirs
    found = [_maker(number, likely) for number in sorted({number for _, number in theirs})]
    uncertain = [one for one in found if isinstance(one, Unknown)]
    return likely if likely in found else [*uncertain, *found, Unknown("it is closed by now")][0]


def _maker(number: int, likely: int) -> int | Other | Unknown:
    """Who has a socket that was made in this cgroup."""
    group = _numbered(number)
    if isinstance(group, Unknown):
        return group
    pids = processes(group)
    if isinstance(pids, Unknown):
        return pids
    name = group.folder.name
    if likely in pids:
        many = Unknown(f"its socket was made in {name}, which has {len(pids)} processes")
        return likely if len(pids) == 1 else many
    if pids <= _SYSTEMD:
        return Unknown(f"its socket was made in {name}, by somebody who has left it or makes them for others")
    return Other(name)


def _alone(group: Cgroup, pid: int) -> set[int] | Unknown:
    """The ports of a process that is alone in this cgroup."""
    pids, theirs = processes(group), _listening(0)
    if isinstance(pids, Unknown):
        return pids
    if pids != {pid}:
        return Unknown(f"{group.folder.name} has {len(pids)} processes")
    if isinstance(theirs, Unknown):
        return theirs
    return {port for port, number in theirs if number == group.number}


def _listening(port: int) -> list[tuple[int, int]] | Unknown:
    """The sockets that listen on this port (0: on any): the port of each, and in which cgroup it was made."""
    try:
        found = sockets.listeners(port)
    except OSError as error:
        return Unknown(f"sock_diag: {error.strerror or error}")
    known = [(_PORT.unpack_from(one)[0], number) for one in found if (number := _id_of(one)) is not None]
    return known if known or not found else Unknown("this kernel does not tell a socket's cgroup")


def _numbered(number: int) -> Cgroup | Unknown:
    """The cgroup with this number, unless it is the root, where everybody may be."""
    top = root()
    if top is None:
        return _NONE
    for place, _, _ in islice(os.walk(top), _MOST):
        with suppress(OSError):  # gone in between
            if Path(place).stat().st_ino == number:
                below = Path(place) != top
                return Cgroup(Path(place), number) if below else _ROOT
    return Unknown("the cgroup where its socket was made is gone, or not for us to see")


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
