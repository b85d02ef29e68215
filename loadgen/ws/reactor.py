"""Who is told that a socket can be read: one epoll and one receive buffer for all sockets of a process.

asyncio's loop watches the epoll itself, as a single file. So a socket costs neither transport nor handle
nor task, and the standard loop is nearly as fast as uvloop. Without epoll, the loop watches each socket.
"""

from __future__ import annotations

import asyncio
import select
import sys
from typing import Protocol

READABLE, WRITABLE = 1, 4
"""Events, with epoll's own numbers."""
BUFFER = 2**16
"""Bytes read at once."""
_AT_ONCE = 64
"""Sockets served in one go. With more of them, what falls due meanwhile is sent late."""


class Ready(Protocol):
    """What the reactor watches."""

    def ready(self, events: int) -> None:
        """There may be something to read, or an error; room to write, if `events` has WRITABLE."""


class Reactor:
    """Made inside a running loop; `close` it when its sockets are closed."""

    def __init__(self) -> None:
        self.buffer = bytearray(BUFFER + 8)  # the length of a frame may be looked for behind what was read
        """What was read last, of whichever socket."""
        self.view = memoryview(self.buffer)
        self.loop = asyncio.get_running_loop()
        self._watched: list[Ready | None] = []  # by descriptor
        if sys.platform == "linux":
            self._epoll = select.epoll()
            self.loop.add_reader(self._epoll.fileno(), self._poll)

    def watch(self, fd: int, socket: Ready, events: int) -> None:
        """Tell `socket` of these events of `fd`."""
        watched = self._watched
        watched.extend([None] * (fd + 1 - len(watched)))
        watched[fd] = socket
        if sys.platform == "linux":
            self._epoll.register(fd, events)
        else:
            self.change(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Tell of these events from now on."""
        if sys.platform == "linux":
            self._epoll.modify(fd, events)
        elif (socket := self._watched[fd]) is not None:
            for event, add, remove in (
                (READABLE, self.loop.add_reader, self.loop.remove_reader),
                (WRITABLE, self.loop.add_writer, self.loop.remove_writer),
            ):
                if events & event:
                    add(fd, socket.ready, event)
                else:
                    remove(fd)

    def forget(self, fd: int) -> None:
        """Watch `fd` no longer, if it was watched; to be called before the descriptor is closed."""
        watched = self._watched
        if not 0 <= fd < len(watched) or watched[fd] is None:
            return
        watched[fd] = None
        if sys.platform == "linux":
            self._epoll.unregister(fd)
        else:
            self.loop.remove_reader(fd)
            self.loop.remove_writer(fd)

    def close(self) -> None:
        """Watch nothing any more."""
        if sys.platform == "linux":
            self.loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    if sys.platform == "linux":

        def _poll(self) -> None:
            # One may have gone meanwhile, and its number be another's now: everybody only *tries* to read.
            watched = self._watched
            for fd, events in self._epoll.poll(0, _AT_ONCE):
                socket = watched[fd]
                if socket is not None:
                    socket.ready(events)
