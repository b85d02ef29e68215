"""The port: whoever connects waits in the kernel's queue until the server takes them in.

An event loop's own server would do, but for the way it fails: with no descriptor left, uvloop hangs up on
everybody who connects. The real server leaves them waiting, connected and unanswered, until clients leave.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable

from cloudserver.standin import lines
from cloudserver.standin.log import Log

BACKLOG = 50
"""Connects the kernel accepts while the process does not; as seen, 51 succeed."""
_PAUSE = 1.0
"""Seconds without accepting after a failure to: without it the loop would spin."""
_NOBODY_THERE = (errno.EAGAIN, errno.EINTR, errno.ECONNABORTED)
Protocol = Callable[[], asyncio.Protocol]


class Door:
    """One listening socket."""

    def __init__(self) -> None:
        self.accepting = True
        """While it is False nobody is taken in."""
        self.greet: Callable[[socket.socket], object] = lambda _client: None
        """Sees each client's socket before anybody else does."""
        self._taking_in: set[asyncio.Task[None]] = set()

    def open(self, host: str, port: int, protocol: Protocol, log: Log) -> str:
        """Listen, and serve by `protocol` on the running loop; ``ADDRESS:PORT``. OSError if it cannot."""
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self._listener = socket.create_server((str(address[0]), port), family=family, backlog=BACKLOG)
        self._listener.settimeout(0)
        self._protocol = protocol
        self._log = log
        self._watch()
        name = self._listener.getsockname()
        return f"[{name[0]}]:{name[1]}" if family is socket.AF_INET6 else f"{name[0]}:{name[1]}"

    def _watch(self) -> None:
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        """Take in whoever waits."""
        loop = asyncio.get_running_loop()
        if not self.accepting:
            loop.remove_reader(self._listener)
            return
        try:
            for _ in range(BACKLOG):
                self._take_in(self._listener.accept()[0])
        except OSError as error:
            if error.errno not in _NOBODY_THERE:
                reason = os.strerror(error.errno or 0)
                self._log.write(lines.failed(f"java.io.IOException: {reason}"))
                loop.remove_reader(self._listener)
                loop.call_later(_PAUSE, self._watch)

    def _take_in(self, client: socket.socket) -> None:
        client.settimeout(0)
        self.greet(client)
        task = asyncio.ensure_future(self._hand_over(client))
        self._taking_in.add(task)
        task.add_done_callback(self._taking_in.discard)

    async def _hand_over(self, client: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(self._protocol, client)
