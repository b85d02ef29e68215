"""A sender of our own beside the test: real processes, and what it reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import psutil

from sidecar.actuators.sender import Sender
from sidecar.config.secrets import Secret
from sidecar.config.settings import ChannelSettings
from sidecar.core.actions import Send
from sidecar.core.nouns import Trouble
from sidecar.core.observations import Observation, SendFailed, Sent
from sidecar.core.stories import SERVER, Cause, Chapter, Incident, Message
from sidecar.faces.message import Rendered

MESSAGE = Message("7-1-opened", Chapter.OPENED, Incident(7, SERVER, 1.0, (Cause(Trouble.EXITED, 1.0, 42),)))
TEXT = Rendered("DOWN: Cloud Server on host: killed", "Ümläuts, <b>no markup</b> & a second line:\n.\nend\n")


class Told:
    """A sender and what it reported."""

    def __init__(self, urls: dict[str, str], deadline: float, text: Rendered) -> None:
        channels = [ChannelSettings(name, Secret(url)) for name, url in urls.items()]
        self.seen: list[Observation] = []
        self._more = asyncio.Event()
        self.sender = Sender(channels, lambda _: text, self._report, deadline=deadline)

    def _report(self, what: Observation) -> None:
        self.seen.append(what)
        self._more.set()

    async def send(self, channel: str = "mail") -> Observation:
        self.sender.send(Send(MESSAGE, channel))
        return await self.next(channel)

    async def next(self, channel: str = "mail") -> Observation:
        async with asyncio.timeout(60):
            while True:
                for what in self.seen:
                    if isinstance(what, Sent | SendFailed) and what.channel == channel:
                        self.seen.remove(what)
                        return what
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def telling(deadline: float = 30.0, text: Rendered = TEXT, **urls: str) -> AsyncIterator[Told]:
    told = Told(urls, deadline, text)
    try:
        yield told
    finally:
        await told.sender.close()
        assert not delivering()


def delivering() -> list[psutil.Process]:
    """Our children that send."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # it has just ended
            if "sidecar.actuators.deliver" in child.cmdline():
                found.append(child)
    return found


async def child() -> psutil.Process:
    async with asyncio.timeout(30):
        while not (children := delivering()):
            await asyncio.sleep(0.01)
    return children[0]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)
