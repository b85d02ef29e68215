"""One Cloud Client on one WebSocket, by callbacks: no task, no timer while it is held."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from cloudserver import session as cloud
from cloudserver.wire import WireError
from loadgen import trouble
from loadgen.ledger import Ledger
from loadgen.tally import PHASES, Operation
from loadgen.ws.frames import Opcode, frame
from loadgen.ws.socket import Listener, WebSocket

_NORMAL = 1000
_GOODBYE = b"The cloud client close the main connection, intentionally."
"""The real client's reason, word for word (cloud-server.md §3)."""
_PING = frame(Opcode.PING, b"PING", os.urandom(4))

Dial = Callable[[Listener, bytes], WebSocket]


class Host(Protocol):
    """Whom a connection tells what becomes of it."""

    def registered(self, connection: Connection) -> None:
        """The server took it in."""

    def failed(self, connection: Connection, kind: str) -> None:
        """It will never be registered."""

    def gone(self, connection: Connection, kind: str | None) -> None:
        """It was registered, and is closed; see `Listener.closed`."""


class Books:
    """The accounts that all connections of a run share."""

    def __init__(self, ledger: Ledger) -> None:
        accounts = ledger.accounts
        self.error = ledger.error
        self.connect = accounts[Operation.CONNECT]
        self.phases = tuple(accounts[name] for name in PHASES)
        self.accounts = {name: accounts[name] for name in (Operation.LIST, Operation.PING)}


class Connection:
    """One client: `connect` it, `ask` and `ping` once it is registered, `leave`; the ledger has the rest."""

    __slots__ = (
        "_asked",
        "_books",
        "_host",
        "_leaving",
        "_opening",
        "_pinged",
        "_session",
        "_socket",
        "missing",
    )

    def __init__(self, session: cloud.Session, books: Books, host: Host) -> None:
        self.missing = trouble.NO_UPGRADE
        """The kind of trouble it is if the server says nothing more."""
        self._session = session
        self._books = books
        self._host = host
        self._leaving = False
        self._socket: WebSocket | None = None
        self._opening: _Opening | None = None  # until it is registered, or has failed
        # When each was due and when it was sent; answers come in the order of requests.
        self._asked: list[tuple[float, float]] = []
        self._pinged: list[tuple[float, float]] = []

    def connect(self, dial: Dial, due: float) -> None:
        """Connect, shake hands, register: the attempt fell due at `due` (seconds, `time.monotonic`)."""
        now = monotonic()
        self._books.connect.sent(due, now)
        self._opening = _Opening(self._books, due, now)
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._session.headers().items())
        self._socket = dial(self, headers.encode())

    def ask(self, due: float, now: float) -> None:
        """Send the message that fell due at `due`, now."""
        self._note(Operation.LIST, self._asked, due, now)
        self._write(self._session.request_list())

    def ping(self, due: float, now: float) -> None:
        """Send the ping that fell due at `due`, now."""
        self._note(Operation.PING, self._pinged, due, now)
        if self._socket is not None:
            self._socket.send(_PING)

    def leave(self) -> None:
        """Close by code 1000."""
        self._leaving = True
        if self._socket is not None:
            self._socket.close(_NORMAL, _GOODBYE)

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
            event = self._session.receive(str(payload, "utf-8"))
        except WireError:
            self._nonsense(trouble.NONSENSE)
            return
        if self._opening is not None:
            self._register(event, self._opening)
        elif isinstance(event, cloud.Listed | cloud.ListRefused):
            self._answered(Operation.LIST, self._asked)
            if isinstance(event, cloud.ListRefused):
                self._books.error(trouble.LIST_REFUSED)

    def ponged(self, _: bytes) -> None:
        """See `Listener`."""
        self._answered(Operation.PING, self._pinged)

    def closed(self, kind: str | None) -> None:
        """See `Listener`."""
        if self._opening is not None:
            if kind != trouble.CUT:
                self._fail(kind or trouble.DROPPED)
            return
        if self.missing != trouble.NOTHING:
            return  # it failed before, and that was told
        for operation, waiting in ((Operation.LIST, self._asked), (Operation.PING, self._pinged)):
            if waiting and not self._leaving:
                self._books.accounts[operation].lost(len(waiting))
                self._books.error(trouble.LOST[operation], len(waiting))
        self._host.gone(self, kind)

    def _register(self, event: cloud.Event, opening: _Opening) -> None:
        match event:
            case cloud.Handshaken():
                self.missing = trouble.NO_REGISTRATION
                opening.next()
                self._write(self._session.register())
            case cloud.Registered():
                self.missing = trouble.NOTHING
                self._opening = None
                self._books.connect.answered(opening.due, opening.began, monotonic())
                self._host.registered(self)
            case cloud.Refused():
                self._fail(trouble.REGISTRATION_REFUSED)
            case _:
                pass

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
            self._books.connect.lost()
        self.leave()
        self._host.failed(self, kind)

    def _note(self, operation: Operation, waiting: list[tuple[float, float]], due: float, now: float) -> None:
        waiting.append((due, now))
        self._books.accounts[operation].sent(due, now)

    def _answered(self, operation: Operation, waiting: list[tuple[float, float]]) -> None:
        if waiting:  # else the server says more than it was asked
            due, sent = waiting.pop(0)
            self._books.accounts[operation].answered(due, sent, monotonic())

    def _write(self, text: str) -> None:
        if self._socket is not None:
            self._socket.send(frame(Opcode.TEXT, text.encode(), os.urandom(4)))


class _Opening:
    """The moments of a connect as long as it is one: its phases follow each other."""

    __slots__ = ("_phase", "_phases", "_since", "began", "due")

    def __init__(self, books: Books, due: float, began: float) -> None:
        self.due = due
        self.began = began
        self._phases = books.phases
        self._phase = -1
        self._since = began
        self._begin(began)

    def next(self) -> None:
        """A phase is over, and the next one, if there is one, begins."""
        now = monotonic()
        self._phases[self._phase].answered(self._since, self._since, now)
        self._begin(now)

    def lost(self) -> None:
        """There will be no more of them."""
        if self._phase < len(self._phases):
            self._phases[self._phase].lost()

    def _begin(self, now: float) -> None:
        self._phase += 1
        self._since = now
        if self._phase < len(self._phases):
            self._phases[self._phase].scheduled()
            self._phases[self._phase].sent(now, now)
