"""One Cloud Client on one WebSocket: the only file that knows how its bytes travel."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from time import monotonic
from typing import Any, Literal, Self

import aiohttp

from cloudserver import session as cloud
from cloudserver.wire import WireError
from loadgen import trouble
from loadgen.ledger import Ledger
from loadgen.tally import Operation
from loadgen.trouble import Trouble

_MAX_MESSAGE = 4 * 2**20
_GOODBYE = b"The cloud client close the main connection, intentionally."
"""The real client's reason, word for word (cloud-server.md §3)."""


class _Nonsense(Trouble):
    """A message that is not of this protocol; the connection goes on."""


class _Socket(aiohttp.ClientWebSocketResponse[Literal[True]]):
    """A WebSocket that also tells a reset from an end without a close frame."""

    reset = False

    async def close(self, *, code: int = aiohttp.WSCloseCode.OK, message: bytes = b"") -> bool:
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:
            self.reset |= isinstance(connection.protocol.exception(), aiohttp.ClientOSError)
        return await super().close(code=code, message=message)

    def drop(self) -> None:
        """Cut the connection, without a word."""
        self._response.close()


class Dialer:
    """What all connections to one endpoint share. An async context manager: its end cuts what is left."""

    def __init__(self, endpoint: str, closed_within: float) -> None:
        """`closed_within`: seconds a server may take to answer a close frame."""
        self._endpoint = endpoint
        self._timeout = aiohttp.ClientWSTimeout(ws_close=closed_within)

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # none: the engine has the only deadline
            middlewares=(_only_an_upgrade,),
            ws_response_class=_Socket,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def dial(self, headers: dict[str, str]) -> _Socket:
        """An open WebSocket; Trouble when there is none to be had."""
        try:
            socket = await self._http.ws_connect(
                self._endpoint,
                headers=headers,
                timeout=self._timeout,
                autoping=False,
                compress=0,
                max_msg_size=_MAX_MESSAGE,
            )
        except aiohttp.ClientConnectorDNSError as error:
            raise Trouble(trouble.UNKNOWN_HOST) from error
        except aiohttp.ServerDisconnectedError as error:
            raise Trouble(trouble.DROPPED) from error
        except OSError as error:  # aiohttp's connection errors are OSErrors with their errno
            raise Trouble(trouble.of_os_error(error)) from error
        except aiohttp.ClientError as error:
            raise Trouble(trouble.NOT_WEBSOCKET) from error
        assert isinstance(socket, _Socket)  # noqa: S101 - for the type checker: it is our ws_response_class
        return socket


async def _only_an_upgrade(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Any other answer ends the attempt: a redirect above all, which could lead the load somewhere else."""
    response = await handler(request)
    if response.status != 101:  # noqa: PLR2004 - Switching Protocols
        response.close()
        raise Trouble(trouble.upgrade_refused(response.status))
    return response


class Connection:
    """One client: `open` it, await `ended` beside `ask` and `ping`, `leave`. What happens, the ledger has."""

    __slots__ = ("_asked", "_dialer", "_leaving", "_ledger", "_pinged", "_session", "_socket", "missing")

    _socket: _Socket  # once dialled

    def __init__(self, dialer: Dialer, session: cloud.Session, ledger: Ledger) -> None:
        self.missing = trouble.NO_UPGRADE
        """The kind of trouble it is if the server says nothing more."""
        self._dialer = dialer
        self._session = session
        self._ledger = ledger
        self._leaving = False
        # When each was due and when it was sent; answers come in the order of requests.
        self._asked: deque[tuple[float, float]] = deque()
        self._pinged: deque[tuple[float, float]] = deque()

    async def open(self) -> None:
        """Connect, shake hands, register; Trouble when that fails. No deadline of its own."""
        self._socket = await self._dialer.dial(self._session.headers())
        self.missing = trouble.NO_HANDSHAKE
        while True:
            match await self._event():
                case cloud.Handshaken():
                    self.missing = trouble.NO_REGISTRATION
                    _write(self._socket.send_str(self._session.register()))
                case cloud.Registered():
                    return
                case cloud.Refused():
                    raise Trouble(trouble.REGISTRATION_REFUSED)
                case _:
                    pass

    async def ended(self) -> str | None:
        """Take what the server sends until the connection ends: the kind of trouble, None if we left."""
        try:
            while True:
                await self._listen()
        except Trouble as end:
            return None if self._leaving else str(end)
        finally:
            for operation, waiting in ((Operation.LIST, self._asked), (Operation.PING, self._pinged)):
                if waiting and not self._leaving:
                    self._ledger.accounts[operation].lost(len(waiting))
                    self._ledger.error(trouble.LOST[operation], len(waiting))

    def ask(self, due: float) -> None:
        """Send the message that fell due at `due` (seconds, `time.monotonic`)."""
        self._asked.append(self._note(Operation.LIST, due))
        _write(self._socket.send_str(self._session.request_list()))

    def ping(self, due: float) -> None:
        """Send the ping that fell due at `due`."""
        self._pinged.append(self._note(Operation.PING, due))
        _write(self._socket.ping(b"PING"))

    async def leave(self) -> bool:
        """Close by code 1000; whether the server answered that. Cancelled, it cuts the connection."""
        self._leaving = True
        if self.missing == trouble.NO_UPGRADE:
            return False  # there is no WebSocket to close
        try:
            await self._socket.close(code=aiohttp.WSCloseCode.OK, message=_GOODBYE)
        finally:
            self.drop()
        return self._socket.close_code != aiohttp.WSCloseCode.ABNORMAL_CLOSURE

    def drop(self) -> None:
        """Cut the connection without a word, if there is one."""
        if self.missing != trouble.NO_UPGRADE:
            self._socket.drop()

    def _note(self, operation: Operation, due: float) -> tuple[float, float]:
        now = monotonic()
        self._ledger.accounts[operation].sent(due, now)
        return due, now

    async def _listen(self) -> None:
        try:
            event = await self._event()
        except _Nonsense as nonsense:
            self._ledger.error(str(nonsense))
            return
        if isinstance(event, cloud.Listed | cloud.ListRefused):
            self._answered(Operation.LIST, self._asked)
        if isinstance(event, cloud.ListRefused):
            self._ledger.error(trouble.LIST_REFUSED)

    def _answered(self, operation: Operation, waiting: deque[tuple[float, float]]) -> None:
        if waiting:  # else the server says more than it was asked
            due, sent = waiting.popleft()
            self._ledger.accounts[operation].answered(due, sent, monotonic())

    async def _event(self) -> cloud.Event:
        """The next packet; Trouble when the connection is at its end."""
        socket = self._socket
        while True:
            message = await socket.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    try:
                        return self._session.receive(message.data)
                    except WireError as error:
                        raise _Nonsense(trouble.NONSENSE) from error
                case aiohttp.WSMsgType.PONG:
                    self._answered(Operation.PING, self._pinged)
                case aiohttp.WSMsgType.PING:
                    _write(socket.pong(message.data))
                case aiohttp.WSMsgType.BINARY:
                    raise _Nonsense(trouble.BINARY)
                case _:
                    raise Trouble(_end(socket, message))


def _write(sending: Coroutine[Any, Any, None]) -> None:
    """Hand a frame to the socket, and do not wait until there is room for more: an open loop never waits.

    aiohttp writes the frame before it first waits, so one step of its coroutine is the whole of the sending.
    If the connection has ended, that is the next event of it, with its cause.
    """
    with suppress(StopIteration, ConnectionError):
        sending.send(None)
    sending.close()


def _end(socket: _Socket, message: aiohttp.WSMessage) -> str:
    if message.type is aiohttp.WSMsgType.CLOSE:
        return trouble.closed(message.data)
    if message.type is aiohttp.WSMsgType.ERROR:
        too_large = socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        return trouble.TOO_LARGE if too_large else trouble.BROKEN_FRAME
    return trouble.RESET if socket.reset else trouble.DROPPED
