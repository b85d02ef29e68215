"""Sends messages, each in a short-lived process of its own; the outcome comes back as an observation."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from sidecar.actuators.deliver import Order, Outcome
from sidecar.config.settings import ChannelSettings
from sidecar.core.actions import Send
from sidecar.core.nouns import Message
from sidecar.core.observations import Report, SendFailed, Sent
from sidecar.faces.message import Rendered
from sidecar.tasks import spawn

DEADLINE = 30.0
"""Seconds for one attempt; then its process is killed. Apprise's own limits are shorter, step by step."""
_COMMAND = (sys.executable, "-P", "-m", "sidecar.actuators.deliver")


class Sender:
    """Performs ``Send``: one process at a time for each channel, so no channel waits for another."""

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
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, action: Send) -> None:
        """Try once. → Sent or SendFailed, for this message and channel."""
        task = spawn(self._send(action), f"send to {action.channel}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def attempt(self, channel: str, rendered: Rendered) -> str | None:
        """Try once, in a process that is gone afterwards. Why it failed, or None."""
        url = self._urls[channel]
        try:
            process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a terminal's Ctrl-C is not meant for it
            )
        except OSError as error:
            return f"the sending process could not be started: {error.strerror}"
        order = Order(url.reveal(), rendered.subject, rendered.body)
        try:
            async with asyncio.timeout(self._deadline):
                return await _converse(process, msgspec.json.encode(order) + b"\n")
        except TimeoutError:
            return f"no answer within {self._deadline:g} s"
        finally:
            await _end(process)

    async def close(self) -> None:
        """Give up what is under way, unreported; its processes are killed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, action: Send) -> None:
        rendered = self._render(action.message)
        async with self._locks[action.channel]:
            why = await self.attempt(action.channel, rendered)
        if why is None:
            self._report(Sent(action.message.id, action.channel))
        else:
            self._report(SendFailed(action.message.id, action.channel, why))


async def _converse(process: asyncio.subprocess.Process, order: bytes) -> str | None:
    """Hand over the order; its stdin stays open, for the child ends when that does."""
    assert process.stdin is not None  # noqa: S101 - both are pipes; mypy has to see it
    assert process.stdout is not None  # noqa: S101 - likewise
    process.stdin.write(order)
    answer = await process.stdout.readline()
    if not answer.endswith(b"\n"):
        return f"the sending process {_ended(await process.wait())} before it answered"
    return msgspec.json.decode(answer, type=Outcome).why


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed by signal {-code} ({signal.strsignal(-code)})"


async def _end(process: asyncio.subprocess.Process) -> None:
    """No process stays behind, and none is left a zombie."""
    if process.returncode is None:
        process.kill()
    await process.wait()
