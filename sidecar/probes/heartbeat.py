"""The held session: the sidecar is a Cloud Client of the server, registered once, and asks for signs of life.

What must not happen (real-cloud-server.md §3; cloud-server.md H1, H3): an end without close code 1000 leaks a
thread in the server; a second login while the first socket lives deletes the registration. So one key pair
serves for ever, a session is held however long its answers are missing (a stopped server recovers with
everybody still connected), and it is closed properly before the next is opened.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import NamedTuple
from uuid import uuid4

import aiohttp
import msgspec
import psutil
from yarl import URL

from cloudserver.session import PATH, ClientKeys, Session
from fermatkit.cgroups import Other, holder, ports
from fermatkit.measures import Unknown
from fermatkit.process import name
from sidecar.core.nouns import Identity
from sidecar.core.observations import Listened, Report, SessionLost
from sidecar.probes.aim import Aim, why
from sidecar.probes.conversation import Conversation, Rhythm
from sidecar.tasks import OneThread

_LISTEN_PAUSE = 0.004
"""Seconds between two looks whether the port listens: the first registration after a start is to be ours."""
_ELSEWHERE_AFTER = 3.0
"""Seconds after which a server whose port is not open may have opened another."""
_FOREIGN_PAUSE = 1.0
"""Seconds between two looks whether the port is still somebody else's."""
_UPGRADE_PATIENCE = 60.0
"""Seconds for the answer to the upgrade. Long: to give up is an end without 1000."""
_CLOSE_PATIENCE = 1.0
"""Seconds for the answer to our close; ours has been sent by then, and a hung server will still find it."""


class HeartbeatSettings(msgspec.Struct, frozen=True):
    """Whom to ask, and in which rhythm."""

    host: str = "127.0.0.1"
    port: int = 9090
    rhythm: Rhythm = Rhythm()
    pause_first: float = 0.25
    """Seconds before a lost session is opened again; doubles with each failure."""
    pause_max: float = 5.0
    refused_max: float = 30.0
    """The longest pause after a login that was refused, or did not last: each leaves 3.6 KB in the server's
    log. (Two sidecars with the same key, say, would throw each other out for ever.)"""


class Held(NamedTuple):
    """What became of a session."""

    reason: str
    """Why it ended, or could not be opened."""
    opened: bool = False
    lasted: bool = False
    """Whether it was registered, and held for longer than the longest pause."""
    refused: bool = False


class Heartbeat:
    """Reports who listens, that we are registered, signs of life, and a session lost."""

    def __init__(self, settings: HeartbeatSettings, keys: ClientKeys, report: Report) -> None:
        self._settings = settings
        self._keys = keys
        self._report = report
        self._url = URL.build(scheme="http", host=settings.host, port=settings.port, path=PATH)
        self._thread = OneThread("port's owner")
        self._aim = Aim(self._run, "heartbeat")

    def watch(self, identity: Identity | None) -> None:
        """Hold a session with this server, or with none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Close the session with 1000, and wait for that, a second at most."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        pause = self._settings.pause_first
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
            while True:
                await self._listening(identity)
                held = await self._converse(http, identity)
                self._report(SessionLost(identity, held.reason, held.refused))
                pause = self._settings.pause_first if held.lasted else pause
                await asyncio.sleep(pause)
                longest = self._settings.refused_max if held.opened else self._settings.pause_max
                pause = min(2 * pause, longest)

    async def _listening(self, identity: Identity) -> None:
        """Wait until the port is this process's, and say so, or whose it is. Only the kernel is asked."""
        port, told = self._settings.port, Listened(identity, owned=False)
        looked = began = time.monotonic()
        while True:
            asked = time.monotonic()
            pid = await self._thread.call(partial(_owner, port, identity.pid))
            if pid == identity.pid or isinstance(pid, Unknown):
                owned = None if isinstance(pid, Unknown) else True
                self._report(Listened(identity, owned, _whose(port, pid) if owned is None else ""))
                return
            now = Listened(identity, owned=False)
            if pid is not None:
                now = Listened(identity, owned=False, why=_whose(port, pid))
            elif asked - began > _ELSEWHERE_AFTER and asked - looked < _FOREIGN_PAUSE:
                now = told
            elif asked - began > _ELSEWHERE_AFTER:
                looked = asked
                now = await self._thread.call(partial(_elsewhere, identity, port))
            if now != told:  # who has the port, or that it is free again
                self._report(now)
                told = now
            took = time.monotonic() - asked
            pause = _LISTEN_PAUSE if pid is None else _FOREIGN_PAUSE
            # A tenth of a core where it is expensive; but a look that the machine slept through was not.
            await asyncio.sleep(max(pause, min(10 * took, _FOREIGN_PAUSE)))

    async def _converse(self, http: aiohttp.ClientSession, identity: Identity) -> Held:
        """Hold a session as long as it lasts."""
        session = Session(self._keys, lambda: str(uuid4()))
        try:
            async with asyncio.timeout(_UPGRADE_PATIENCE):
                socket = await http.ws_connect(
                    self._url,
                    headers=session.headers(),
                    autoping=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_PATIENCE),
                )
        except aiohttp.WSServerHandshakeError as error:
            return Held(f"HTTP {error.status} instead of a WebSocket")
        except TimeoutError:
            return Held(f"the upgrade was not answered within {_UPGRADE_PATIENCE:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Held(why(error))
        conversation = Conversation(socket, session, self._settings.rhythm, identity, self._report)
        began = time.monotonic()
        reason = await conversation.run()
        lasted = conversation.registered and time.monotonic() - began > self._settings.refused_max
        return Held(reason, opened=True, lasted=lasted, refused=conversation.refused)


def _owner(port: int, likely: int) -> int | Other | Unknown | None:
    try:
        return holder(port, likely)
    except OSError as error:  # our own want, of descriptors for one
        return Unknown(f"its holder cannot be looked for: {why(error)}")


def _elsewhere(identity: Identity, port: int) -> Listened:
    """On which ports it listens instead; a server opens its own within seconds of another."""
    try:
        found = ports(identity.pid)
    except OSError as error:  # our own want: the next look may tell
        found = Unknown(why(error))
    if isinstance(found, Unknown):
        unknown = f"nobody listens on port {port}, and on which others it does cannot be told: {found.why}"
        return Listened(identity, owned=False, elsewhere_unknown=unknown)
    if not found or port in found:
        return Listened(identity, owned=False)
    names = ", ".join(str(other) for other in sorted(found))
    instead = f"it listens on port {names}, and port {port} is watched"
    return Listened(identity, owned=False, why=instead, elsewhere=tuple(sorted(found)))


def _whose(port: int, pid: int | Other | Unknown) -> str:
    if isinstance(pid, Unknown):
        return f"port {port}: {pid.why}"
    if isinstance(pid, Other):
        return f"port {port} is held by {pid.who}"
    try:
        return f"port {port} is held by pid {pid} ({name(pid)})"
    except psutil.Error:
        return f"port {port} is held by pid {pid}"
