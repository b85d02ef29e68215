"""One held session from its upgrade to its end: registration, a ping each second, a list now and then."""

from __future__ import annotations

import asyncio
import struct
import time
from contextlib import suppress

import aiohttp
import msgspec
import structlog
from aiohttp import WSMsgType

from cloudserver.session import Handshaken, Listed, ListRefused, Refused, Registered, Session, Stage
from cloudserver.wire import WireError
from sidecar.core import observations as obs
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Report
from sidecar.tasks import Beat

log = structlog.get_logger("sidecar.probes")

Answer = Handshaken | Registered | Refused | Listed | ListRefused

_SENT = struct.Struct("!d")
"""A ping says when it was sent, so that its answer, however late, says how late."""


class Rhythm(msgspec.Struct, frozen=True):
    """How often to ask. All in seconds."""

    ping_interval: float = 1.0
    ping_limit: float = 1.2
    """After so long a ping counts as unanswered; an answer that comes later counts, too. Then the question
    over HTTP is put at once: if it stays without an answer, too, silence is noticed within 3 s."""
    list_interval: float = 30.0
    """Each list request leaves 0.9 KB in the server's log, twice."""
    list_limit: float = 5.0
    """After so long a request counts as unanswered and is made again; a late answer counts, too."""


class Conversation:
    """Speaks and listens on one WebSocket."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        session: Session,
        rhythm: Rhythm,
        identity: Identity,
        report: Report,
    ) -> None:
        self.registered = False
        self.refused = False
        self._socket = socket
        self._session = session
        self._rhythm = rhythm
        self._identity = identity
        self._report = report
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self._pending: dict[bytes, asyncio.TimerHandle] = {}
        self._reason = ""
        self._loop = asyncio.get_running_loop()
        self._began = time.monotonic()

    async def run(self) -> str:
        """Converse until the session ends, and say why it did. When cancelled: close it with 1000."""
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen())
            speaking = [group.create_task(self._speak()), group.create_task(self._ping())]
            try:
                await asyncio.wait({listening})
            finally:
                for task in speaking:
                    task.cancel()
                for late in self._pending.values():
                    late.cancel()
                await self._socket.close()
        return self._reason

    async def _listen(self) -> None:
        while not self._reason:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    self._read(message.data)
                case WSMsgType.PONG:
                    self._ponged(message.data)
                case WSMsgType.PING:
                    with suppress(ConnectionResetError):
                        await self._socket.pong(message.data)
                case WSMsgType.CLOSE:
                    self._reason = f"closed by the server: {message.data} {message.extra}".rstrip()
                case WSMsgType.ERROR:
                    self._reason = f"not WebSocket: {message.data}"
                case WSMsgType.CLOSING | WSMsgType.CLOSED:
                    self._reason = self._reason or "the connection ended without a close"

    def _read(self, text: str) -> None:
        try:
            event = self._session.receive(text)
        except WireError as error:
            if self._session.stage is Stage.REGISTERED:
                log.warning("packet not understood", why=str(error))  # the signs of life tell if it matters
            else:
                self._reason = f"not understood: {error}"
            return
        if isinstance(event, Answer):
            self._answers.put_nowait(event)

    async def _speak(self) -> None:
        with suppress(ConnectionResetError):  # the listening task hears why
            await self._answer("the handshake")
            if self._session.stage is not Stage.REGISTRATION:
                await self._leave("the server answered before it was asked")
                return
            asked = time.monotonic()
            await self._socket.send_str(self._session.register())
            answer = await self._answer("the registration")
            if isinstance(answer, Refused):
                self.refused = True
                await self._leave(f"registration refused: {answer.reason}")
                return
            self.registered = True
            self._report(obs.Registered(self._identity, time.monotonic() - asked))
            while True:
                asked = time.monotonic()
                await self._list()
                self._report(obs.Answered(self._identity, Sign.LIST, time.monotonic() - asked))
                await asyncio.sleep(asked + self._rhythm.list_interval - time.monotonic())

    async def _leave(self, reason: str) -> None:
        self._reason = reason
        await self._socket.close()

    async def _answer(self, what: str) -> Answer:
        """Wait as long as it takes, for a second login is worse than a late one; but tell of it."""
        while True:
            answer = await self._next(what)
            if answer is not None:
                return answer

    async def _list(self) -> None:
        """Ask until there is an answer, be it to an earlier asking."""
        while not self._answers.empty():  # to repetitions, when the first had been answered late
            self._answers.get_nowait()
        while True:
            await self._socket.send_str(self._session.request_list())
            if await self._next("the list request") is not None:
                return

    async def _next(self, what: str) -> Answer | None:
        limit = self._rhythm.list_limit
        try:
            async with asyncio.timeout(limit):
                return await self._answers.get()
        except TimeoutError:
            self._report(
                obs.Unanswered(self._identity, Sign.LIST, f"{what} is not answered within {limit:g} s")
            )
            return None

    async def _ping(self) -> None:
        beat = Beat(self._rhythm.ping_interval)
        with suppress(ConnectionResetError):  # the listening task hears why
            while True:
                await beat.wait()
                sent = _SENT.pack(time.monotonic())
                self._pending[sent] = self._loop.call_later(self._rhythm.ping_limit, self._overdue, sent)
                await self._socket.ping(sent)

    def _ponged(self, payload: bytes | bytearray) -> None:
        pending = self._pending.pop(bytes(payload), None)
        if pending is not None:
            pending.cancel()
        try:
            (sent,) = _SENT.unpack(payload)
        except struct.error:  # not an answer to us
            return
        now = time.monotonic()
        if self._began <= sent <= now:
            self._report(obs.Answered(self._identity, Sign.PONG, now - sent))

    def _overdue(self, sent: bytes) -> None:
        del self._pending[sent]
        limit = self._rhythm.ping_limit
        self._report(obs.Unanswered(self._identity, Sign.PONG, f"no pong within {limit:g} s"))
