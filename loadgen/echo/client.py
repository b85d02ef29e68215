"""One connection that sends numbered messages and checks what comes back."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from time import monotonic
from typing import Protocol

from loadgen import trouble
from loadgen.ledger import Ledger
from loadgen.opening import Opening
from loadgen.tally import Operation
from loadgen.ws.frames import Opcode, Pool, header, number_of
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

    def __init__(self, ledger: Ledger, size: int | None) -> None:
        """`size`: of all messages, in bytes; None: each has its own."""
        accounts = ledger.accounts
        self.error = ledger.error
        self.connect = accounts[Operation.CONNECT]
        self.phases = accounts[Operation.TCP], accounts[Operation.UPGRADE]
        self.echo = accounts[Operation.ECHO]
        self.lag = self.echo.lag.record
        self.response = self.echo.response.record
        self.service = self.echo.service.record
        self.flying: dict[int, tuple[float, float, int | None]] = {}
        """Number of each message that is out → due, sent, size. One for all clients stays in the cache."""
        self.head = b"" if size is None else header(Opcode.BINARY, size, masked=0)
        self.whole = -1 if size is None else len(self.head) + size
        self.unpack: Callable[[bytearray], tuple[bytes, int]] = Struct(f">{len(self.head)}sQ").unpack_from
        """Header and number of an answer, if each is `whole` bytes long."""


class EchoClient:
    """A listener of its WebSocket. Thousands are held, so it is small."""

    __slots__ = (
        "_base",
        "_crowd",
        "_leaving",
        "_opening",
        "_skipped",
        "books",
        "last",
        "newest",
        "socket",
    )

    def __init__(self, number: int, books: Books, crowd: Crowd) -> None:
        """`number`: the plan's for it."""
        self.books = books
        self._crowd = crowd
        self._base = self.last = self.newest = number << _NUMBERS
        """The number of the last message sent, and of the newest that was answered."""
        self._skipped: set[int] | None = None  # older than the newest, and not answered
        self._leaving = False
        self.socket: WebSocket | None = None
        self._opening: Opening | None = None

    @property
    def number(self) -> int:
        """The plan's for it."""
        return self._base >> _NUMBERS

    def connect(self, dial: Callable[[EchoClient], WebSocket], due: float) -> None:
        """Begin the connect that fell due at `due`."""
        books = self.books
        began = monotonic()
        books.connect.sent(due, began)
        self._opening = Opening(books.phases, books.connect, due, began)
        self.socket = dial(self)

    def close(self) -> None:
        """Say goodbye by code 1000. What is not answered now is unanswered, not lost."""
        self._leaving = True
        if self.socket is not None:
            self.socket.close(_NORMAL)

    def cut(self, kind: str = trouble.CUT) -> None:
        """End it without a word."""
        if self.socket is not None:
            self.socket.end(kind)

    def give_up(self) -> None:
        """It was not open in time."""
        if self._opening is not None:
            self.cut(trouble.SILENT[self._opening.phase])

    def connected(self, retransmits: int | None) -> None:
        """See `Listener`."""
        if self._opening is not None:
            self._opening.next()
            self.books.error(trouble.SYN_AGAIN, retransmits or 0)

    def opened(self) -> None:
        """See `Listener`."""
        if self._opening is not None:
            self._opening.over()
            self._opening = None
            self._crowd.opened(self)

    def message(self, _: int, payload: memoryview) -> None:
        """An answer that did not come alone, or not in order; see `EchoSocket` for the others."""
        now = monotonic()
        books = self.books
        number = number_of(payload) if len(payload) >= Pool.NUMBER else -1
        if not self._base < number <= self.last:
            books.error(trouble.NOT_SENT)
        elif (flight := books.flying.get(number)) is None:
            books.echo.duplicate += 1
        elif len(payload) != flight[2]:
            books.error(trouble.NOT_SENT)
        else:
            del books.flying[number]
            books.echo.answered(flight[0], flight[1], now)
            self._answered(number)

    def ponged(self, payload: bytes) -> None:
        """See `Listener`: nobody pinged."""

    def closed(self, kind: str | None) -> None:
        """See `Listener`."""
        books = self.books
        if self._opening is not None:
            self._opening.lost()
            self._opening = None
        out = [*range(self.newest + 1, self.last + 1), *(self._skipped or ())]
        if not self._leaving:
            books.echo.lost(len(out))
            books.error(trouble.LOST[Operation.ECHO], len(out))
        for number in out:
            del books.flying[number]
        self._crowd.gone(self, kind)

    def _answered(self, number: int) -> None:
        """Which messages are out now: earlier ones may be lost, or come later."""
        if number > self.newest + 1:
            skipped = range(self.newest + 1, number)
            self._skipped = {*skipped} if self._skipped is None else self._skipped.union(skipped)
        if number > self.newest:
            self.newest = number
        elif self._skipped is not None:
            self._skipped.discard(number)
            self.books.echo.out_of_order += 1
