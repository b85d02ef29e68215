"""The TCP sockets of one local port: how many in which state, how full its queue, whose the listening one is.

A small reader of sock_diag(7), for psutil takes 25 times as much CPU and pyroute2 270 times. Everything here
blocks, for milliseconds if all is well and a second if the kernel is silent: not for an event loop.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from enum import IntEnum
from typing import Any

import msgspec
import psutil

from fermatkit import elsewhere
from fermatkit.measures import Reading, Unknown
from fermatkit.process import has_open, open_sockets
from fermatkit.stat import gone

_NETLINK_SOCK_DIAG = 4
_TCPDIAG_GETSOCK = 18
"""The older of the two requests, for it alone gives both families in one walk through the kernel's table."""
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST_DUMP = 0x001 | 0x300
_HEADER = struct.Struct("=IHHII")
"""nlmsghdr: length, type, flags, sequence, port."""
_REQUEST = struct.Struct("=4x2s46xI4x")
"""inet_diag_req: a sockid that names only the local port (zeros stand for "any"), a set of states."""
_PORT = struct.Struct("!H")
_QUEUE = struct.Struct("=II")
"""Of a listening socket: how many wait to be accepted, and how many may."""
_INODE = struct.Struct("=I")
_ERROR = struct.Struct("=i")
_STATE_AT = _HEADER.size + 1
"""Where an inet_diag_msg has its state (a byte), from the start of its header."""
_PORT_AT = _HEADER.size + 4
_QUEUE_AT = _HEADER.size + 56
_INODE_AT = _HEADER.size + 68
_BUFFER = 65536
"""The kernel sends no more than 32 KiB at once."""
_PATIENCE = 1.0
"""Seconds for one dump."""


class TcpState(IntEnum):
    """The kernel's states of a TCP socket (include/net/tcp_states.h)."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECV = 3
    FIN_WAIT1 = 4
    FIN_WAIT2 = 5
    TIME_WAIT = 6
    CLOSE = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11


class Connections(msgspec.Struct, frozen=True):
    """A port's sockets at one moment."""

    states: dict[TcpState, int]
    """How many, by state; a state without sockets is left out."""
    waiting: Reading
    """Connections in the accept queue of the listening socket. Established ones: `states` has them, too."""
    limit: Reading
    """The backlog that it was given: with one more waiting the queue is full."""


_NO_QUEUE = (Unknown("nobody listens on the port"),) * 2
HIDDEN = Unknown("it belongs to a process that we may not look into")
"""What `owner` says of a listener that is there and cannot be attributed."""


def count(port: int) -> dict[TcpState, int] | Unknown:
    """How many sockets have this as their local port, by state; a state without sockets is left out.

    Of both families: a Java server listens on one IPv6 socket for both.
    """
    found = connections(port)
    return found if isinstance(found, Unknown) else found.states


def connections(
    port: int, states: Collection[TcpState] = tuple(TcpState), likely: int = 0
) -> Connections | Unknown:
    """All that one dump tells about a port; `states` leaves out others' sockets, and with them the cost.

    Where there is no such dump `likely` is the pid whose sockets are seen at least, and no queue is.

    14 ms of CPU for 15,000 established ones, 2 ms when these are left out, no more than without any when only
    LISTEN is asked for. Of several listening sockets the one whose queue is fullest counts.
    """
    if not psutil.LINUX:
        return _by_psutil(port, states, likely)
    number: Counter[int] = Counter()
    queues: list[tuple[int, int]] = []
    try:
        for batch, places in _dump(port, sum(1 << state for state in states)):
            found = _states(batch, places)
            number.update(found)
            queues += (
                [
                    _QUEUE.unpack_from(batch, place + _QUEUE_AT)
                    for place, state in zip(places, found, strict=True)
                    if state == TcpState.LISTEN
                ]
                if TcpState.LISTEN in found
                else []
            )
    except OSError as error:
        return Unknown(f"sock_diag: {error.strerror or error}")
    waiting, limit = max(queues, key=lambda queue: queue[0] - queue[1], default=_NO_QUEUE)
    return Connections({TcpState(state): many for state, many in sorted(number.items())}, waiting, limit)


def _by_psutil(port: int, states: Collection[TcpState], likely: int) -> Connections | Unknown:
    found = elsewhere.states(port, likely)
    if isinstance(found, Unknown):
        return found
    number = {state: found[state.name] for state in TcpState if state in states and found[state.name]}
    return Connections(number, elsewhere.ONLY_LINUX, elsewhere.ONLY_LINUX)


def listening_ports(pid: int) -> set[int] | Unknown:
    """The ports on which a process listens.

    Every descriptor of it is looked at: 2 µs of CPU for each.
    """
    try:
        if not psutil.LINUX:
            return {one.laddr.port for one in psutil.Process(pid).net_connections("tcp") if _listens(one)}
        ports = {
            _INODE.unpack_from(batch, place + _INODE_AT)[0]: _PORT.unpack_from(batch, place + _PORT_AT)[0]
            for batch, places in _dump(0, 1 << TcpState.LISTEN)
            for place in places
        }
        return {ports[inode] for inode in open_sockets(pid) if inode in ports}
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
        return gone(pid)
    except (PermissionError, psutil.AccessDenied):
        return Unknown("permission denied")
    except OSError as error:
        return Unknown(str(error.strerror or error))


def owner(port: int, likely: int) -> int | Unknown | None:
    """The pid whose socket listens on this port, None if nobody does.

    `likely` is asked first, which is cheap; only if it is not the one, every process of the machine is looked
    through. A listener that cannot be attributed (another user's process) is unknown.
    """
    try:
        inodes = _listening(port)
    except OSError:
        return _owner_by_psutil(port, likely)
    if not inodes:
        return None
    names = {f"socket:[{inode}]" for inode in inodes}
    everybody: list[int] = psutil.pids()
    for pid in (likely, *everybody):
        if has_open(pid, names):
            return pid
    return HIDDEN


def _listening(port: int) -> set[int]:
    return {
        _INODE.unpack_from(batch, place + _INODE_AT)[0]
        for batch, places in _dump(port, 1 << TcpState.LISTEN)
        for place in places
    }


def listeners(port: int) -> list[bytes]:
    """What the kernel says of each socket that listens on this port (0: any): an inet_diag_msg, attributes.

    OSError where it refuses.
    """
    return [
        batch[place + _HEADER.size : place + _HEADER.unpack_from(batch, place)[0]]
        for batch, places in _dump(port, 1 << TcpState.LISTEN)
        for place in places
    ]


def _owner_by_psutil(port: int, likely: int) -> int | Unknown | None:
    """Where there is no sock_diag: slow, and some systems show the sockets of others to root only."""
    with suppress(psutil.Error):
        if _listeners(psutil.Process(likely).net_connections("tcp"), port):
            return likely
    try:
        listeners = _listeners(psutil.net_connections("tcp"), port)
    except (psutil.Error, OSError) as error:
        return Unknown(f"sockets cannot be listed: {error}")
    if not listeners:
        return None
    return next((listener.pid for listener in listeners if listener.pid is not None), HIDDEN)


def _listeners(connections: list[Any], port: int) -> list[Any]:
    return [one for one in connections if _listens(one) and one.laddr.port == port]


def _listens(connection: Any) -> bool:  # noqa: ANN401 - psutil has no types
    return bool(connection.status == psutil.CONN_LISTEN)


def _dump(port: int, states: int) -> Iterator[tuple[bytes, Sequence[int]]]:
    """Batches of messages about this port's sockets (0: every port's), and where in the batch each begins.

    OSError where the kernel refuses or keeps silent.
    """
    if not psutil.LINUX:
        raise OSError(errno.ENOSYS, "only Linux has it")
    request = _REQUEST.pack(port.to_bytes(2, "big"), states)
    header = _HEADER.pack(_HEADER.size + len(request), _TCPDIAG_GETSOCK, _NLM_F_REQUEST_DUMP, 0, 0)
    until = time.monotonic() + _PATIENCE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_PATIENCE)
        kernel.send(header + request)
        last = False
        while not last:
            if time.monotonic() > until:
                raise TimeoutError(errno.ETIMEDOUT, f"no end within {_PATIENCE:g} s")
            batch = kernel.recv(_BUFFER)
            places, last = _split(batch)
            yield batch, places


def _split(batch: bytes) -> tuple[Sequence[int], bool]:
    """Where each socket's message begins, and whether the dump ends with this batch.

    Nearly always all messages are equally long: then no loop is needed, which saves a third of the time.
    """
    length = _HEADER.unpack_from(batch)[0]
    number, rest = divmod(len(batch), length)
    places = range(0, number * length, length)
    even = _column(batch, places, 0) == bytes([length % 256]) * number
    if even and rest == 0 and _column(batch, places, 4) == bytes([_TCPDIAG_GETSOCK]) * number:
        return places, False
    return _walk(batch)


def _walk(batch: bytes) -> tuple[list[int], bool]:
    places: list[int] = []
    at = 0
    while at < len(batch):
        length, kind, *_ = _HEADER.unpack_from(batch, at)
        if kind == _NLMSG_DONE:
            return places, True
        if kind == _NLMSG_ERROR:
            code = -_ERROR.unpack_from(batch, at + _HEADER.size)[0]
            raise OSError(code, os.strerror(code))
        places.append(at)
        at += length
    return places, False


def _states(batch: bytes, places: Sequence[int]) -> bytes:
    if isinstance(places, range):
        return _column(batch, places, _STATE_AT)
    return bytes(batch[place + _STATE_AT] for place in places)


def _column(batch: bytes, places: range, offset: int) -> bytes:
    """The byte at this offset of each message."""
    return batch[offset : places.stop : places.step]
