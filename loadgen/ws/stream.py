"""A client's end of a TCP or TLS connection: connects, sends what there is room for, keeps the rest."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import struct
import sys

from loadgen import trouble
from loadgen.ws.reactor import READABLE, WRITABLE, Reactor

NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket raises when there is nothing to read, or no room to write."""
_RETRANSMITS = struct.Struct("100xI")  # tcpi_total_retrans of Linux' struct tcp_info

Address = tuple[str, int] | tuple[str, int, int, int]


class Stream:
    """Who inherits from it gets `ready` from the reactor and has to read."""

    __slots__ = ("_cause", "_fd", "_paused", "_reactor", "_socket", "_unsent")

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._socket: ssl.SSLSocket | socket.socket | None = None
        self._fd = -1
        self._unsent: bytearray | None = None
        self._paused = False
        self._cause: str | None = None  # what sending failed of: reading then finds nothing but the end

    def ready(self, events: int) -> None:
        """What the reactor calls; see `Ready`."""
        raise NotImplementedError

    def send(self, data: bytes | bytearray) -> None:
        """Send now; what the kernel has no room for goes later. After the end nothing happens."""
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._socket.send(data)  # type: ignore[union-attr] # there is one before anybody can send
        except NOT_NOW:
            sent = 0
        except OSError as error:
            self._cause = trouble.of_os_error(error)
            return
        if sent != len(data):
            self._unsent = bytearray(data[sent:])
            self._reactor.change(self._fd, self._wanted())

    def retransmits(self) -> int | None:
        """Segments, also SYNs, that the kernel had to send again; None where it cannot be asked."""
        if sys.platform != "linux" or self._socket is None:
            return None
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RETRANSMITS.size)
        return int(_RETRANSMITS.unpack(info)[0])

    def _begin(self, sock: socket.socket, address: Address) -> None:
        """Begin to connect a non-blocking socket, ours from now on; OSError if that fails at once."""
        self._socket, self._fd = sock, sock.fileno()
        code = sock.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def _offer(self, data: bytes) -> bool:
        """Send the first bytes of all; False while there is no connection. OSError if there will be none."""
        try:
            sent = self._socket.send(data)  # type: ignore[union-attr]
        except NOT_NOW:
            return False
        self._unsent = bytearray(data[sent:])
        return True

    def pause(self) -> None:
        """Read nothing from now on, however much there is; but see `WebSocket.take`."""
        self._paused = True
        self._reactor.change(self._fd, self._wanted())

    def resume(self) -> None:
        """Read again as it comes, if it was paused."""
        if self._paused:
            self._paused = False
            self._reactor.change(self._fd, self._wanted())

    def _wanted(self) -> int:
        return (0 if self._paused else READABLE) | (WRITABLE if self._unsent else 0)

    def _flush(self) -> None:
        """There is room: send on."""
        unsent, self._unsent = self._unsent, None
        self._reactor.change(self._fd, self._wanted())
        if unsent:
            self.send(unsent)

    def _check(self) -> None:
        """OSError if the connecting failed."""
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # type: ignore[union-attr]
        if code:
            raise OSError(code, os.strerror(code))

    def _secure(self, context: ssl.SSLContext, host: str) -> None:
        """TLS from now on; `host` is whom the certificate has to name."""
        assert self._socket is not None  # noqa: S101 - for the type checker
        self._socket = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)

    def _handshake(self) -> int:
        """Go on with TLS's handshake: the events it waits for, 0 when it is through. OSError if it fails."""
        try:
            self._socket.do_handshake()  # type: ignore[union-attr]
        except ssl.SSLWantReadError:
            return READABLE
        except ssl.SSLWantWriteError:
            return READABLE | WRITABLE
        return 0

    def _release(self) -> None:
        """No more events, no more socket."""
        self._reactor.forget(self._fd)
        if self._socket is not None:
            self._socket.close()
        self._unsent = None
