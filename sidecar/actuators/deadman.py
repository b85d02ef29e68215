"""Tells a dead-man switch outside that we are alive, in the convention of Healthchecks.io."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from sidecar.actuators.deliver import scrub
from sidecar.config.secrets import Secret
from sidecar.core.actions import Beat, Pulse
from sidecar.core.observations import BeatFailed, BeatHeard, Report
from sidecar.tasks import OneThread, Tasks

DEADLINE = 10.0
"""Seconds for one request, all in all; what drips is cut off, too."""
_PATHS = {Pulse.STARTED: "start", Pulse.WELL: "", Pulse.DOWN: "fail", Pulse.STUCK: "fail"}


class DeadmanSwitch:
    """Performs ``Beat``: one POST request, on a connection of its own."""

    def __init__(
        self, url: Secret | None, say: Callable[[Pulse], str], report: Report, deadline: float = DEADLINE
    ) -> None:
        """`say` gives the request's body, which the switch shows to people; no url: no beat is ever due."""
        self._url = url
        self._say = say
        self._report = report
        self._deadline = deadline
        self._names = _Names() if url else None
        self._tasks = Tasks()

    def beat(self, action: Beat) -> None:
        """Try once. → BeatHeard or BeatFailed."""
        self._tasks.spawn(self._beat(action.pulse), "dead-man switch")

    async def close(self) -> None:
        """Give up what is under way, unreported."""
        await self._tasks.close()

    async def _beat(self, pulse: Pulse) -> None:
        assert self._url is not None  # noqa: S101 - without one the core decides on no beat; mypy has to see it
        url = self._url.reveal()
        try:
            why = await self._tell(address(url, _PATHS[pulse]), self._say(pulse))
        except TimeoutError:
            why = f"no answer within {self._deadline:g} s"
        except (ClientError, OSError, ValueError) as error:  # whatever a url, a name and a peer can do
            why = scrub(str(error) or type(error).__name__, url)
        self._report(BeatHeard() if why is None else BeatFailed(why))

    async def _tell(self, url: str, text: str) -> str | None:
        """Why it has not heard, or None."""
        limit = ClientTimeout(total=self._deadline)
        connector = TCPConnector(resolver=self._names, force_close=True)
        async with (
            ClientSession(connector=connector, timeout=limit) as session,
            session.post(url, data=text.encode(), allow_redirects=False) as answer,
        ):
            good = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
            return None if good else f"it answered {answer.status}"


def address(url: str, path: str) -> str:
    """The url with this at the end of its path: what follows a question mark stays behind it."""
    if not path:
        return url
    base, mark, query = url.partition("?")
    return f"{base.rstrip('/')}/{path}{mark}{query}"


class _Names(AbstractResolver):
    """Names to addresses in a thread that nobody waits for: at the end, asyncio would wait for its own."""

    def __init__(self) -> None:
        self._thread = OneThread("deadman names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All its addresses; OSError if there is none."""
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        return [
            ResolveResult(hostname=host, host=str(at[0]), port=int(at[1]), family=kind, proto=proto, flags=0)
            for kind, _, proto, _, at in await self._thread.call(ask)
        ]

    async def close(self) -> None:
        """The thread serves the next request."""
