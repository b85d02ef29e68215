"""A network for each turn: nothing but `lo`, no port still waiting from the turn before, no neighbour."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
from struct import pack

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_SIOCSIFFLAGS = 0x8914  # linux/sockios.h
_IFF_UP = 0x1  # linux/if.h


def fresh() -> str | None:
    """Go into a new one, with every process that is started from now on; the reason when that may not be.

    Then everything runs on this machine's loopback. Only this thread moves: the program must have no other.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        return os.strerror(ctypes.get_errno())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, pack("16sh14x", b"lo", _IFF_UP))
    return None
