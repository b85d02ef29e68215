"""The TCP sockets of one local port: how many in which state, and whose the listening one is.

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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import IntEnum
from typing import Any

import psutil

from fermatkit.measures import Unknown
from fermatkit.process import has_open

_NETLINK_SOCK_DIAG = 4
_TCPDIAG_GETSOCK = 18
"""The older of the two requests, for it alone gives both families in one walk through the kernel's table."""
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST_DUMP = 0x001 | 0x300
_HEADER = struct.Struct("=IHHII")
"""nlmsghdr: length, type, flags, sequence, port."""
_REQUEST = struct.Struct("=4x2s46xI4x")
"""inet_diag_req: a sockid that names only the local port (zeros stand for "any"), a set of states."""
_INODE = struct.Struct("=I")
_ERROR = struct.Struct("=i")
_STATE_AT = _HEADER.size + 1
"""Where an inet_diag_msg has its state (a byte), from the start of its header."""
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


_HIDDEN = Unknown("it belongs to a process that we may not look into")
_ALL = sum(1 << state for state in TcpState)


def count(port: int) -> dict[TcpState, int] | Unknown:
    """How many sockets have this as their local port, by state; a state without sockets is left out.

    Of both families: a Java server listens on one IPv6 socket for both.
    """
    states: Counter[int] = Counter()
    try:
        for batch, places in _dump(port, _ALL):
            states.update(_states(batch, places))
    except OSError as error:
        return Unknown(f"sock_diag: {error.strerror or error}")
    return {TcpState(state): number for state, number in sorted(states.items())}


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
    return _HIDDEN


def _listening(port: int) -> set[int]:
    return {
        _INODE.unpack_from(batch, place + _INODE_AT)[0]
        for batch, places in _dump(port, 1 << TcpState.LISTEN)
        for place in places
    }


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
    return next((listener.pid for listener in listeners if listener.pid is not None), _HIDDEN)


def _listeners(connections: list[Any], port: int) -> list[Any]:
    return [one for one in connections if one.status == psutil.CONN_LISTEN and one.laddr.port == port]


def _dump(port: int, states: int) -> Iterator[tuple[bytes, Sequence[int]]]:
    """Batches of messages about this port's sockets, and where in the batch each begins.

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
