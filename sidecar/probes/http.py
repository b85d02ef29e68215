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
from sidecar.tasks import Beat

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
    """Seconds from one question to the next. Who has answered the last is asked half as often: a connection
    of its own makes this the dearest of all looks."""
    limit: float = 0.6
    """Seconds after which a question counts as unanswered; an answer that comes later counts, too. With the
    two from one question to the next it is less than the 3 s in which silence is to be noticed."""


class HttpProbe:
    """Reports `Answered` and `Unanswered` of the sign HTTP; questions may overlap."""

    def __init__(self, settings: HttpSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._answered = False
        """Whether the last question was, in time."""
        self._aim = Aim(self._run, "http probe")

    def watch(self, identity: Identity | None) -> None:
        """Ask while this process is the server, or not at all."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop asking."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        asking: set[asyncio.Task[None]] = set()
        self._answered = resting = False
        beat = Beat(self._settings.interval)
        async with asyncio.TaskGroup() as group:
            while True:
                await beat.wait()
                resting = self._answered and not resting
                if resting:
                    continue
                if len(asking) < _AT_ONCE:
                    task = group.create_task(self._ask(identity))
                    asking.add(task)
                    task.add_done_callback(asking.discard)
                else:
                    self._unanswered(identity, f"{_AT_ONCE} questions are still without an answer")

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
                self._answered = True
                self._report(Answered(identity, Sign.HTTP, time.monotonic() - asked))
        except TimeoutError:
            tell(f"no answer within {_PATIENCE:g} s")
        except (NotHttp, OSError) as error:
            if not is_ours(error):
                tell(why(error))
        finally:
            late.cancel()

    def _unanswered(self, identity: Identity, reason: str) -> None:
        self._answered = False
        self._report(Unanswered(identity, Sign.HTTP, reason))
