"""One connection that sends numbered messages and checks what comes back."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from loadgen import trouble
from loadgen.ledger import Ledger
from loadgen.tally import Operation
from loadgen.ws.frames import Pool, number_of
from loadgen.ws.socket import WebSocket

_NORMAL = 1000
_NUMBERS = 40
"""Bits of a message's number; above them is the number of its client."""


class Crowd(Protocol):
    """Whom a client tells what becomes of it."""

    def opened(self, client: EchoClient) -> None:
        """It is open."""

    def gone(self, client: EchoClient, kind: str | None) -> None:
        """It is closed, told once; see `Listener.closed`."""


class Books:
    """What all clients of a run share."""

    def __init__(self, ledger: Ledger, pool: Pool, size: int) -> None:
        accounts = ledger.accounts
        self.error = ledger.error
        self.connect = accounts[Operation.CONNECT]
        self.tcp = accounts[Operation.TCP]
        self.upgrade = accounts[Operation.UPGRADE]
        self.echo = accounts[Operation.ECHO]
        self.sent: Callable[[float, float], None] = self.echo.sent
        self.answered: Callable[[float, float, float], None] = self.echo.answered
        self.scheduled = self.echo.scheduled
        self.numbered = pool.numbered
        self.size = size


class EchoClient:
    """A listener of its WebSocket. Thousands are held, so it is small."""

    __slots__ = (
        "_base",
        "_books",
        "_crowd",
        "_last",
        "_leaving",
        "_newest",
        "_opening",
        "_socket",
        "_waiting",
    )

    def __init__(self, number: int, books: Books, crowd: Crowd) -> None:
        self._books = books
        self._crowd = crowd
        self._base = self._last = self._newest = number << _NUMBERS
        self._leaving = False
        self._socket: WebSocket | None = None
        self._opening: _Opening | None = None
        # Number, due and sent of what is not answered; answers come in the order of messages.
        self._waiting: list[tuple[int, float, float]] = []

    def connect(self, dial: Callable[[EchoClient], WebSocket], due: float) -> None:
        """Begin the connect that fell due at `due`."""
        books = self._books
        began = monotonic()
        self._opening = _Opening(due, began)
        books.connect.sent(due, began)
        books.tcp.scheduled()
        books.tcp.sent(began, began)
        self._socket = dial(self)

    def send(self, due: float, now: float) -> None:
        """Send the message that fell due at `due`; only while open."""
        self._last = number = self._last + 1
        self._waiting.append((number, due, now))
        books = self._books
        books.sent(due, now)
        self._socket.send(books.numbered(number))  # type: ignore[union-attr] # it is open

    def close(self) -> None:
        """Say goodbye by code 1000. What is not answered now is unanswered, not lost."""
        self._leaving = True
        if self._socket is not None:
            self._socket.close(_NORMAL)

    def cut(self, kind: str = trouble.CUT) -> None:
        """End it without a word."""
        if self._socket is not None:
            self._socket.end(kind)

    def connected(self, retransmits: int | None) -> None:
        """See `Listener`."""
        books, opening = self._books, self._opening
        if opening is None:
            return
        now = monotonic()
        opening.connected = now
        books.tcp.answered(opening.began, opening.began, now)
        books.upgrade.scheduled()
        books.upgrade.sent(now, now)
        books.error(trouble.SYN_AGAIN, retransmits or 0)

    def opened(self) -> None:
        """See `Listener`."""
        books, opening = self._books, self._opening
        if opening is None or opening.connected is None:
            return
        self._opening = None
        now = monotonic()
        books.upgrade.answered(opening.connected, opening.connected, now)
        books.connect.answered(opening.due, opening.began, now)
        self._crowd.opened(self)

    def message(self, _: int, payload: memoryview) -> None:
        """An answer, most often to the oldest message."""
        now = monotonic()
        books, waiting = self._books, self._waiting
        number = number_of(payload) if len(payload) == books.size else -1
        if waiting and waiting[0][0] == number > self._newest:
            self._newest = number
            _, due, sent = waiting.pop(0)
            books.answered(due, sent, now)
        else:
            self._strange(number, now)

    def ponged(self, payload: bytes) -> None:
        """See `Listener`: nobody pinged."""

    def closed(self, kind: str | None) -> None:
        """See `Listener`."""
        books, waiting, opening = self._books, self._waiting, self._opening
        if opening is not None:
            (books.tcp if opening.connected is None else books.upgrade).lost()
            books.connect.lost()
            self._opening = None
        if waiting and not self._leaving:
            books.echo.lost(len(waiting))
            books.error(trouble.LOST[Operation.ECHO], len(waiting))
            waiting.clear()
        self._crowd.gone(self, kind)

    def _strange(self, number: int, now: float) -> None:
        """An answer that is not the next one: earlier ones may be lost, or come later."""
        books = self._books
        for place, (waiting, due, sent) in enumerate(self._waiting):
            if waiting == number:
                del self._waiting[place]
                books.answered(due, sent, now)
                if number < self._newest:
                    books.echo.out_of_order += 1
                self._newest = max(self._newest, number)
                return
        if self._base < number <= self._last:
            books.echo.duplicate += 1
        else:
            books.error(trouble.NOT_SENT)


class _Opening:
    """The moments of a connect, as long as it is one."""

    __slots__ = ("began", "connected", "due")

    def __init__(self, due: float, began: float) -> None:
        self.due = due
        self.began = began
        self.connected: float | None = None
