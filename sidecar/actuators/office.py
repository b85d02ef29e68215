"""The sending process as the sidecar sees it: open as long as there is something to send."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from itertools import count

import msgspec

from sidecar.actuators.forks import Drop, Order, Outcome, ended
from sidecar.faces.message import Rendered
from sidecar.tasks import spawn

COMMAND = (sys.executable, "-P", "-m", "sidecar.actuators.deliver")
_GRACE = 3.0
"""Seconds for giving up one message; then the whole process is killed."""


class Office:
    """One process, and the orders that it has not answered yet."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[str | None]] = {}
        self._closed = False
        self._heard = spawn(self._hear(), "hear the sending process")

    @classmethod
    async def open(cls) -> Office:
        """Start it. OSError."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C is not meant for it
        )
        return cls(process)

    @property
    def closed(self) -> bool:
        """Whether it takes no more orders."""
        return self._closed

    @property
    def gone(self) -> bool:
        """Whether its process has ended."""
        return self._heard.done()

    async def send(self, url: str, rendered: Rendered, deadline: float) -> str | None:
        """Why it failed, or None. With its last answer it closes."""
        number = next(self._numbers)
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._write(Order(number, url, rendered.subject, rendered.body))
            if await _done(answer, deadline):
                return answer.result()
            self._write(Drop(number))
            if not await _done(answer, _GRACE):
                self._kill()
            why = await answer
            return None if why is None else f"no answer within {deadline:g} s"
        finally:
            del self._waiting[number]
            if not self._waiting:
                self._close()

    async def end(self) -> None:
        """Kill it, with all that is under way, and see it off."""
        self._kill()
        await self._heard

    def _write(self, what: Order | Drop) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe; mypy has to see it
        self._process.stdin.write(msgspec.json.encode(what) + b"\n")

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    def _close(self) -> None:
        """Its stdin ends, and so does it."""
        self._closed = True
        assert self._process.stdin is not None  # noqa: S101 - likewise
        self._process.stdin.close()

    async def _hear(self) -> None:
        """Its answers, until there are no more."""
        assert self._process.stdout is not None  # noqa: S101 - likewise
        while (line := await self._process.stdout.readline()).endswith(b"\n"):
            outcome = msgspec.json.decode(line, type=Outcome)
            self._answer(outcome.number, outcome.why)
        self._closed = True
        why = ended(await self._process.wait())
        for number in self._waiting:
            self._answer(number, why)

    def _answer(self, number: int, why: str | None) -> None:
        """Only its first answer counts; of one that nobody waits for any more, none does."""
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(why)


async def _done(answer: asyncio.Future[str | None], within: float) -> bool:
    done, _ = await asyncio.wait({answer}, timeout=within)
    return bool(done)
