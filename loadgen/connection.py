"""One connection of a Cloud Client, by callbacks: no task, no timer while it is held."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from cloudserver import session as cloud
from cloudserver.wire import NetworkServiceType, Profile, WireError
from loadgen import trouble
from loadgen.books import Books
from loadgen.opening import Opening
from loadgen.tally import Operation
from loadgen.ws.fragments import framed
from loadgen.ws.frames import Opcode, frame
from loadgen.ws.socket import Listener, WebSocket

_NORMAL = 1000
_GOODBYE = b"The cloud client close the main connection, intentionally."
"""The real client's reason, word for word (cloud-server.md §3)."""
_PING = frame(Opcode.PING, b"PING", os.urandom(4))

Dial = Callable[[Listener, bytes], WebSocket]


class Host(Protocol):
    """Whom a connection tells what becomes of it."""

    def registered(self, connection: Connection, event: cloud.Registered) -> None:
        """The server took it in."""

    def failed(self, connection: Connection, kind: str) -> None:
        """It will never be registered."""

    def heard(self, connection: Connection, event: cloud.Event) -> None:
        """Once it is registered: anything but the answer to a list request."""

    def gone(self, connection: Connection, kind: str | None) -> None:
        """It was registered, and is closed; see `Listener.closed`."""


class Connection:
    """`connect` it; once it is registered `ask`, `ping` and `register`; `leave`. The books have the rest."""

    __slots__ = (
        "_asked",
        "_books",
        "_component",
        "_host",
        "_leaving",
        "_lists",
        "_opening",
        "_pinged",
        "_pings",
        "_socket",
        "client",
        "missing",
        "operation",
        "parting",
        "session",
    )

    def __init__(
        self,
        client: int,
        keys: cloud.ClientKeys,
        books: Books,
        host: Host,
        operation: Operation = Operation.CONNECT,
        *,
        slow: bool = False,
    ) -> None:
        """`operation`: what it is to connect, the first time or again; `slow`: it will slow down."""
        self.client = client
        self.operation = operation
        self.session = cloud.Session(keys, books.new_id)
        self.missing = trouble.NO_CONNECTION
        """The kind of trouble it is if the server says nothing more."""
        self.parting = False
        """Its end, whenever it comes, is as the plan wants it."""
        self._books = books
        self._host = host
        self._lists = Operation.SLOW_LIST if slow else Operation.LIST
        self._pings = Operation.SLOW_PING if slow else Operation.PING
        self._leaving = False
        self._socket: WebSocket | None = None
        self._opening: Opening | None = None  # until it is registered, or has failed
        # When each was due and when it was sent; answers come in the order of requests.
        self._asked: list[tuple[float, float]] = []
        self._pinged: list[tuple[float, float]] = []
        self._component: tuple[Operation, float] | None = None  # one after the other

    def connect(self, dial: Dial, due: float) -> None:
        """Connect, shake hands, register: the attempt fell due at `due` (seconds, `time.monotonic`)."""
        now = monotonic()
        account = self._books.accounts[self.operation]
        account.sent(due, now)
        self._opening = Opening(self._books.phases, account, due, now)
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.session.headers().items())
        self._socket = dial(self, headers.encode())

    def ask(self, due: float, now: float) -> None:
        """Ask for the list that fell due at `due`, now."""
        self._asked.append((due, now))
        self._books.accounts[self._lists].sent(due, now)
        self.write(self.session.request_list())

    def ping(self, due: float, now: float) -> None:
        """Send the ping that fell due at `due`, now."""
        self._pinged.append((due, now))
        self._books.accounts[self._pings].sent(due, now)
        if self._socket is not None:
            self._socket.send(_PING)

    def register(
        self, operation: Operation, service: NetworkServiceType, profile: Profile, now: float
    ) -> None:
        """Register a service or an actor, now, not before the one before it was answered."""
        self._component = operation, now
        account = self._books.accounts[operation]
        account.scheduled()
        account.sent(now, now)
        self.write(self.session.register_component(service, profile))

    def write(self, text: str) -> None:
        """Send a text of this session's."""
        if self._socket is not None:
            self._socket.send(framed(text))

    def slow_down(self) -> None:
        """Take nothing from the socket but by `bite`, until it leaves."""
        if self._socket is not None:
            self._socket.pause()

    def bite(self, most: int) -> None:
        """Take at most so many bytes."""
        if self._socket is not None:
            self._socket.take(most)

    def leave(self) -> None:
        """Close by code 1000."""
        self._leaving = True
        if self._socket is not None:
            self._socket.close(_NORMAL, _GOODBYE)
            self._socket.resume()

    def cut(self, kind: str = trouble.CUT) -> None:
        """End the connection without a word: `kind` is why."""
        if self._socket is not None:
            self._socket.end(kind)

    def give_up(self) -> None:
        """It was not registered in time."""
        if self._opening is not None:
            self._fail(self.missing)

    def connected(self, retransmits: int | None) -> None:
        """See `Listener`."""
        self.missing = trouble.NO_UPGRADE
        if self._opening is not None:
            self._opening.next()
        self._books.error(trouble.SYN_AGAIN, retransmits or 0)

    def opened(self) -> None:
        """See `Listener`."""
        self.missing = trouble.NO_HANDSHAKE
        if self._opening is not None:
            self._opening.next()

    def message(self, opcode: int, payload: memoryview) -> None:
        """See `Listener`."""
        if opcode == Opcode.BINARY:
            self._nonsense(trouble.BINARY)
            return
        try:
            event = self.session.receive(str(payload, "utf-8"))
        except WireError:
            self._nonsense(trouble.NONSENSE)
            return
        if self._opening is not None:
            self._register(event, self._opening)
        elif isinstance(event, cloud.Listed | cloud.ListRefused):
            self._answered(self._lists, self._asked)
            if isinstance(event, cloud.ListRefused):
                self._books.error(trouble.LIST_REFUSED)
        elif self.missing == trouble.NOTHING:
            if isinstance(event, cloud.ComponentRegistered | cloud.ComponentRefused):
                self._component_answered(event)
            self._host.heard(self, event)

    def ponged(self, _: bytes) -> None:
        """See `Listener`."""
        self._answered(self._pings, self._pinged)

    def closed(self, kind: str | None) -> None:
        """See `Listener`."""
        if self._opening is not None:
            if kind != trouble.CUT:
                self._fail(kind or trouble.DROPPED)
            return
        if self.missing != trouble.NOTHING:
            return  # it failed before, and that was told
        if self.parting or not self._leaving:
            self._lose(self._lists, len(self._asked))
            self._lose(self._pings, len(self._pinged))
            if self._component is not None:
                self._lose(self._component[0], 1)
        self._host.gone(self, kind)

    def _lose(self, operation: Operation, count: int) -> None:
        account = self._books.accounts[operation]
        account.lost(count)
        if self.parting:
            account.forgone += count
        else:
            self._books.error(trouble.LOST[operation], count)

    def _register(self, event: cloud.Event, opening: Opening) -> None:
        match event:
            case cloud.Handshaken():
                self.missing = trouble.NO_REGISTRATION
                opening.next()
                self.write(self.session.register())
            case cloud.Registered():
                self.missing = trouble.NOTHING
                self._opening = None
                opening.over()
                self._host.registered(self, event)
            case cloud.Refused():
                self._fail(trouble.REGISTRATION_REFUSED)
            case _:
                pass

    def _component_answered(self, event: cloud.ComponentRegistered | cloud.ComponentRefused) -> None:
        if self._component is not None:  # the session takes no answer without a question
            operation, sent = self._component
            self._component = None
            self._books.accounts[operation].answered(sent, sent, monotonic())
        if isinstance(event, cloud.ComponentRefused):
            self._books.error(trouble.COMPONENT_REFUSED)

    def _nonsense(self, kind: str) -> None:
        """Not a message of this protocol: the end of a registration, but not of a client that is held."""
        if self._opening is not None:
            self._fail(kind)
        elif self.missing == trouble.NOTHING:
            self._books.error(kind)

    def _fail(self, kind: str) -> None:
        """It will not be registered, and still leaves by 1000: anything else leaks a thread in the server."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.lost()
        self.leave()
        self._host.failed(self, kind)

    def _answered(self, operation: Operation, waiting: list[tuple[float, float]]) -> None:
        if waiting:  # else the server says more than it was asked
            due, sent = waiting.pop(0)
            self._books.accounts[operation].answered(due, sent, monotonic())
