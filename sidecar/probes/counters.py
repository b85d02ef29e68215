"""What the server itself counts, for whoever has a login: clients, services, VPN sockets.

cloud-server.md §2: a wrong password is answered with 200; tokens die with the process and after half an hour;
one that has lost its value is answered with 401, 500 or an empty 200. A question without a token costs the
server 70 log lines: there is none here.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import msgspec
from yarl import URL

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.config.secrets import Secret
from sidecar.core.nouns import Identity
from sidecar.core.observations import Counted, Report
from sidecar.probes.aim import Aim, why
from sidecar.tasks import Beat

_LOGIN = "/fermat/api/user/login"
_DATA = "/fermat/api/admin/monitoring/current/data"
_MOST = 2**18
"""Bytes of an answer that are read."""
_STALE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.INTERNAL_SERVER_ERROR}
Kind = TypeVar("Kind")
MEASURES = (
    Measure.CLIENTS_PENDING,
    Measure.CLIENTS_REGISTERED,
    Measure.CLIENTS_SERVICES,
    Measure.CLIENTS_VPN,
)


class CountersSettings(msgspec.Struct, frozen=True):
    """Whom to ask, as whom."""

    host: str = "127.0.0.1"
    port: int = 9090
    user: str = ""
    password: Secret | None = None
    """Without one nothing is asked."""
    interval: float = 10.0
    """Seconds from one question to the next."""
    patience: float = 5.0
    """Seconds for each answer."""
    pause: float = 60.0
    """Seconds after a login that brought nothing, until the next."""


class _Answer(msgspec.Struct, frozen=True):
    success: bool
    message: str = ""
    token: str = msgspec.field(default="", name="authToken")


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    pending_client_connection: int
    registered_client_connection: int
    registered_network_service_total: int
    vpn_total: int


class _Refused(Exception):
    """No numbers, and why."""


class _Stale(_Refused):
    """The token may have lost its value."""


class CountersProbe:
    """Reports `Counted` with every question's outcome; without a login once, to say so."""

    def __init__(self, settings: CountersSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._aim = Aim(self._run, "counters probe")

    def watch(self, identity: Identity | None) -> None:
        """Ask while this process is the server, or not at all."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop asking."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        password = self._settings.password
        if password is None:
            nothing = Unknown("no [server.admin] login is configured")
            self._report(Counted(identity, dict.fromkeys(MEASURES, nothing)))
            return
        beat = Beat(self._settings.interval)
        connector = aiohttp.TCPConnector(force_close=True)
        timeout = aiohttp.ClientTimeout(total=self._settings.patience)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            admin = Admin(http, self._settings, password)
            while True:
                await beat.wait()
                self._report(Counted(identity, await admin.counters()))


class Admin:
    """Somebody who is logged in, or can be."""

    def __init__(self, http: aiohttp.ClientSession, settings: CountersSettings, password: Secret) -> None:
        self._http = http
        self._settings = settings
        self._password = password
        self._url = URL.build(scheme="http", host=settings.host, port=settings.port)
        self.token = ""
        """"" when there is none."""
        self._not_before = 0.0
        self._refusal = ""

    async def counters(self) -> dict[Measure, Reading]:
        """The numbers, or why they are unknown."""
        try:
            data = await self._data()
        except _Refused as error:
            return dict.fromkeys(MEASURES, Unknown(str(error)))
        except TimeoutError:
            return dict.fromkeys(MEASURES, Unknown(f"no answer within {self._settings.patience:g} s"))
        except (aiohttp.ClientError, OSError) as error:
            return dict.fromkeys(MEASURES, Unknown(why(error)))
        numbers = map(float, msgspec.structs.astuple(data))
        return dict(zip(MEASURES, numbers, strict=True))

    async def _data(self) -> _Data:
        """Ask, and when the token is not taken (any more) log in, and ask once more."""
        if self.token:
            try:
                return await self._ask()
            except _Stale:
                self.token = ""
        if time.monotonic() < self._not_before:
            raise _Refused(self._refusal)
        try:
            self.token = await self._log_in()
            return await self._ask()
        except _Refused as error:
            self._wait(str(error))
            raise
        except TimeoutError:
            self._wait(f"no answer within {self._settings.patience:g} s")
            raise

    def _wait(self, refusal: str) -> None:
        """A login that brought nothing is not repeated at once."""
        self.token = ""
        self._refusal = refusal
        self._not_before = time.monotonic() + self._settings.pause

    async def _log_in(self) -> str:
        word = hashlib.sha256(self._password.reveal().encode()).hexdigest()
        login = {"user": self._settings.user, "password": word}
        async with self._http.post(self._url.with_path(_LOGIN), json=login, allow_redirects=False) as answer:
            body = await _body(answer)
        if answer.status != HTTPStatus.OK:
            raise _Refused(f"the login was answered with HTTP {answer.status}")
        said = _decode(body, _Answer, "the login")
        if not said.success or not said.token:
            raise _Refused(f"the server refuses the login of [server.admin]: {said.message}")
        if not (said.token.isascii() and said.token.isprintable()):  # no header may hold it
            raise _Refused("the login is not answered as a Cloud Server does")
        return said.token

    async def _ask(self) -> _Data:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._http.get(
            self._url.with_path(_DATA), headers=headers, allow_redirects=False
        ) as answer:
            body = await _body(answer)
        if answer.status in _STALE or (answer.status == HTTPStatus.OK and not body):
            raise _Stale(f"the token of a good login was answered with HTTP {answer.status}")
        if answer.status != HTTPStatus.OK:
            raise _Refused(f"HTTP {answer.status}")
        return _decode(body, _Data, "current/data")


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """As much as a right answer may be long: another's may be endless."""
    try:
        return await answer.content.readexactly(_MOST)
    except asyncio.IncompleteReadError as error:
        return error.partial


def _decode(body: bytes, kind: type[Kind], what: str) -> Kind:
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):  # msgspec's and UTF-8's errors among them
        raise _Refused(f"{what} is not answered as a Cloud Server does") from None
