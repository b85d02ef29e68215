"""The cheapest question over HTTP, which leaves no line in the server's log: ``GET /fermat/api/user``."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from http import HTTPStatus

import msgspec

from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Report, Unanswered
from sidecar.probes.aim import Aim, is_ours, why
from sidecar.probes.question import NotHttp, get
from sidecar.tasks import next_beat

_PATH = "/fermat/api/user"
_ANSWER = b"The User WebService is running"
"""How the right answer begins (cloud-server.md §2.2)."""
_AT_ONCE = 2
"""A server that hangs has a queue of 50 connections, and its clients need it: we take no more than these."""
_PATIENCE = 10.0
"""Seconds until a question is given up for good, and its connection with it."""


class HttpSettings(msgspec.Struct, frozen=True):
    """Whom to ask, how often."""

    host: str = "127.0.0.1"
    port: int = 9090
    interval: float = 1.0
    """Seconds from one question to the next, while there is no answer."""
    rest: float = 5.0
    """Seconds from a question that was answered to the next, unless there is doubt: a connection of its own
    makes this the dearest of all looks."""
    limit: float = 0.6
    """Seconds after which a question counts as unanswered; an answer that comes later counts, too. With the
    time after which the missing pong puts the question it is less than the 3 s in which silence is to be
    noticed."""


class HttpProbe:
    """Reports `Answered` and `Unanswered` of the sign HTTP; questions may overlap."""

    def __init__(self, settings: HttpSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._answered = False
        """Whether the last question was, in time."""
        self._doubted = False
        self._changed = asyncio.Event()
        """Set when one of the two above has changed, by which a pause goes."""
        self._aim = Aim(self._run, "http probe")

    def watch(self, identity: Identity | None) -> None:
        """Ask while this process is the server, or not at all."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop asking."""
        await self._aim.close()

    def doubt(self, _: object) -> None:
        """Ask at once, unless a question is under way: another sign of life is missing."""
        self._doubted = True
        self._changed.set()

    async def _run(self, identity: Identity) -> None:
        asking: set[asyncio.Task[None]] = set()
        self._answered = False
        async with asyncio.TaskGroup() as group:
            while True:
                if len(asking) < _AT_ONCE:
                    task = group.create_task(self._ask(identity))
                    asking.add(task)
                    task.add_done_callback(asking.discard)
                else:
                    self._unanswered(identity, f"{_AT_ONCE} questions are still without an answer")
                await self._pause(asking)

    async def _pause(self, asking: set[asyncio.Task[None]]) -> None:
        """Wait until the next question is due: soon if this one is not answered, at once in doubt."""
        asked = asyncio.get_running_loop().time()
        while True:
            self._changed.clear()
            self._doubted = False
            pause = self._settings.rest if self._answered else self._settings.interval
            try:
                async with asyncio.timeout_at(next_beat(asked, pause)):
                    await self._changed.wait()
            except TimeoutError:
                return
            if self._doubted and not asking:
                return

    async def _ask(self, identity: Identity) -> None:
        """As a stranger, on a new connection: a server that lets nobody new in is not well."""
        loop = asyncio.get_running_loop()
        asked = time.monotonic()
        host, port, limit = self._settings.host, self._settings.port, self._settings.limit
        late = loop.call_later(limit, self._unanswered, identity, f"no answer within {limit:g} s")
        tell = partial(self._unanswered, identity)
        try:
            async with asyncio.timeout(_PATIENCE):
                reply = await get(host, port, _PATH, len(_ANSWER))
            if reply.status != HTTPStatus.OK:
                tell(f"HTTP {reply.status}")
            elif reply.body != _ANSWER:
                tell("another text than the server's")
            else:
                self._is(answered=True)
                self._report(Answered(identity, Sign.HTTP, time.monotonic() - asked))
        except TimeoutError:
            tell(f"no answer within {_PATIENCE:g} s")
        except (NotHttp, OSError) as error:
            if not is_ours(error):
                tell(why(error))
        finally:
            late.cancel()

    def _unanswered(self, identity: Identity, reason: str) -> None:
        self._is(answered=False)
        self._report(Unanswered(identity, Sign.HTTP, reason))

    def _is(self, *, answered: bool) -> None:
        if answered is not self._answered:
            self._answered = answered
            self._changed.set()
