"""What an echo run reads most, read fast: one whole message, the next one of its client."""

from __future__ import annotations

from time import monotonic

from loadgen import trouble
from loadgen.echo.client import EchoClient
from loadgen.ws.reactor import BUFFER, READABLE
from loadgen.ws.socket import WebSocket
from loadgen.ws.stream import NOT_NOW


class EchoSocket(WebSocket):
    """A WebSocket whose listener is an `EchoClient`; whatever else comes is `WebSocket`'s."""

    __slots__ = ()

    listener: EchoClient

    def ready(self, events: int) -> None:
        """See `Ready`.

        Header and number are checked at once, in the buffer, and noted without one more call: the way by
        `_read`, `message` and `Account.answered` is for all that is not this one case.
        """
        if self._opening is not None or events != READABLE:
            super().ready(events)
            return
        try:
            size = self._socket.recv_into(self._reactor.buffer, BUFFER)  # type: ignore[union-attr]
        except NOT_NOW:
            return
        except OSError as error:
            self.end(trouble.of_os_error(error))
            return
        client = self.listener
        books = client.books
        if size == books.whole and self._parser is None:
            head, number = books.unpack(self._reactor.buffer)
            if head == books.head and number == client.newest + 1:
                now = monotonic()
                flight = books.flying.pop(number, None)
                if flight is not None:
                    client.newest = number
                    due, sent, _ = flight
                    books.response(now - due)
                    books.service(now - sent)
                    return
        self._received(size)
