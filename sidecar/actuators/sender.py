"""Sends messages, in a short-lived process for it; the outcome comes back as an observation."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from sidecar.actuators.office import Office
from sidecar.config.settings import ChannelSettings
from sidecar.core.actions import Send
from sidecar.core.observations import Report, SendFailed, Sent
from sidecar.core.stories import Message
from sidecar.faces.message import Rendered
from sidecar.tasks import Tasks

MAIL = frozenset(
    {"mailto", "mailtos", "mailgun", "sendgrid", "ses", "smtp2go", "sparkpost", "brevo", "resend"}
)
"""Apprise's schemes of the services that bring a mail, which has room for the whole text."""
DEADLINE = 30.0
"""Seconds for one attempt; then it is killed. Apprise's own limits are shorter, step by step."""


class Sender:
    """Performs ``Send``: one attempt at a time for each channel, so no channel waits for another."""

    def __init__(
        self,
        channels: Sequence[ChannelSettings],
        render: Callable[[Message], Rendered],
        report: Report,
        deadline: float = DEADLINE,
    ) -> None:
        self._urls = {channel.name: channel.url for channel in channels}
        self._render = render
        self._report = report
        self._deadline = deadline
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks = Tasks()
        self._offices: list[Office] = []
        """The last of them takes orders; those before it end."""
        self._opening = asyncio.Lock()

    def send(self, action: Send) -> None:
        """Try once. → Sent or SendFailed, for this message and channel."""
        self._tasks.spawn(self._send(action), f"send to {action.channel}")

    async def attempt(self, channel: str, rendered: Rendered) -> str | None:
        """Try once. Why it failed, or None."""
        try:
            office = await self._office()
        except OSError as error:
            return f"the sending process could not be started: {error.strerror}"
        url = self._urls[channel].reveal()
        if rendered.short and url.partition("://")[0].lower() not in MAIL:
            rendered = msgspec.structs.replace(rendered, body=rendered.short)
        return await office.send(url, rendered, self._deadline)

    async def close(self) -> None:
        """Give up what is under way, unreported; its processes are killed."""
        await self._tasks.close()
        for office in self._offices:
            await office.end()

    async def _send(self, action: Send) -> None:
        rendered = self._render(action.message)
        async with self._locks[action.channel]:
            why = await self.attempt(action.channel, rendered)
        if why is None:
            self._report(Sent(action.message.id, action.channel))
        else:
            self._report(SendFailed(action.message.id, action.channel, why))

    async def _office(self) -> Office:
        """The process that takes orders now; a new one if there is none. OSError."""
        async with self._opening:
            if not self._offices or self._offices[-1].closed:
                self._offices = [*(one for one in self._offices if not one.gone), await Office.open()]
            return self._offices[-1]
