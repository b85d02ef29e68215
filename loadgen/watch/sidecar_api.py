"""A sidecar, asked over HTTP (docs/api.md). It blocks, `WITHIN` at most: not for an event loop."""

from __future__ import annotations

import time
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

WITHIN = 2.0
"""Seconds from a question to the whole of its answer; a sidecar that is well takes milliseconds."""
_MOST = 16 * 2**20
"""Bytes of an answer."""
_PIECE = 65536

T = TypeVar("T")


class Unanswered(Exception):
    """It did not answer, or not with what was asked for; in words, without its address."""


class Refused(Unanswered):
    """It answers, and will not: the token is wrong, or what was asked makes no sense."""


class Reading(msgspec.Struct, frozen=True):
    """A number, or why it is not known."""

    value: float | str | None = None
    """A text for a time that never comes."""
    unknown: str | None = None


class Load(msgspec.Struct, frozen=True):
    """A load that was announced."""

    until: datetime
    clients: int
    who: str


class State(msgspec.Struct, frozen=True):
    """What is so now; of `/api/v1/state` what a generator needs."""

    time: datetime
    """By the sidecar's clock."""
    version: str
    server: str
    """Its address."""
    status: str
    stand: str
    pid: int | None
    since: datetime | None
    """When the sidecar first saw this process."""
    ready: bool
    """Proven to work."""
    readings: dict[str, Reading]
    load: Load | None
    incidents: dict[str, str]
    """Those that are open: number → topic."""


class Line(msgspec.Struct, frozen=True):
    """One line of a story."""

    time: datetime
    text: str


class Incident(msgspec.Struct, frozen=True):
    """From what was found to what proves that it is over."""

    number: int
    topic: str
    name: str
    severity: str
    opened: datetime
    closed: datetime | None
    brief: str
    story: list[Line]
    evidence: list[str]
    """Directories."""
    load: Load | None = None
    """The announced load in which it began."""


class Restart(msgspec.Struct, frozen=True):
    """A process of the server that appeared."""

    time: datetime
    reason: str | None
    pid: int | None = None
    proven: datetime | None = None
    """When it was proven to work, of one that ended an outage."""


class Alert(msgspec.Struct, frozen=True):
    """A message that a channel has taken."""

    time: datetime
    channel: str
    topic: str
    title: str


class Past(msgspec.Struct, frozen=True):
    """What `/api/v1/incidents` tells; the newest first."""

    incidents: list[Incident]
    restarts: list[Restart]
    alerts: list[Alert] = []


class Server(msgspec.Struct, frozen=True):
    """Who the server is."""

    pid: int | None
    about: dict[str, str]


class _Answer(msgspec.Struct, frozen=True):
    error: str = ""
    until: float | None = None
    """Epoch seconds."""


class Sidecar:
    """One sidecar; each question is a connection of its own, so that none outlives a restart of it."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """`url`: ``http://127.0.0.1:9191``, https likewise, with a path where a proxy has it. ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address of a sidecar; write it like http://127.0.0.1:9191")
        if parts.username or parts.password:
            raise ValueError("a sidecar's address has no user and no password in it")
        if parts.port == 0:
            raise ValueError(f"{url!r}: there is no port 0")
        self.url = url.rstrip("/")
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._secure = parts.scheme == "https"
        self._token = token

    def state(self) -> State:
        """What is so now. Unanswered."""
        return self._get("state", State)

    def incidents(self, since: float, limit: int = 1000) -> Past:
        """What went wrong since then, by its own clock, epoch seconds; what is open, too. Unanswered."""
        return self._get("incidents", Past, {"since": f"{since:.3f}", "limit": str(limit)})

    def server(self) -> Server:
        """Who the server is. Unanswered."""
        return self._get("server", Server)

    def announce(self, clients: int, seconds: float, who: str) -> float | None:
        """Say that so many clients load the server for so long, 0: no longer. Refused, Unanswered.

        Returns until when by the sidecar's clock, epoch seconds.
        """
        body = {"clients": clients, "seconds": seconds, "who": who}
        return self._ask("POST", "load-window", _Answer, msgspec.json.encode(body)).until

    def _get(self, what: str, kind: type[T], query: dict[str, str] | None = None) -> T:
        return self._ask("GET", f"{what}?{urlencode(query)}" if query else what, kind)

    def _ask(self, method: str, what: str, kind: type[T], body: bytes | None = None) -> T:
        status, content = self._exchange(method, f"{self._path}/api/v1/{what}", body)
        try:
            if status != 200:  # noqa: PLR2004 - OK
                why = msgspec.json.decode(content, type=_Answer).error
                raise Refused(f"it says {status}: {why}")
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unanswered(f"what answers there (status {status}) is no sidecar of this version") from None

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        deadline = time.monotonic() + WITHIN
        headers = {"Accept-Language": "en"}
        if body is not None:
            headers |= {"Content-Type": "application/json"}
            headers |= {"Authorization": f"Bearer {self._token}"} if self._token else {}
        kind: Any = HTTPSConnection if self._secure else HTTPConnection
        connection: HTTPConnection = kind(self._host, self._port, timeout=WITHIN)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = bytearray()
            while piece := answer.read1(_PIECE):
                content += piece
                if time.monotonic() > deadline or len(content) > _MOST:
                    raise Unanswered("its answer has no end")
            return answer.status, bytes(content)
        except TimeoutError:
            raise Unanswered(f"no answer within {WITHIN:g} s") from None
        except (OSError, HTTPException) as error:
            raise Unanswered(getattr(error, "strerror", None) or str(error) or type(error).__name__) from None
        finally:
            connection.close()
