"""Between two tries: the server is asked until the clients of the last one are gone. It blocks.

By the server's own count, which its administrator may read: with the credentials that it ships with. Where
they are not taken it is enough that it answers; a server that is no Cloud Server gets a pause.
"""

from __future__ import annotations

import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection

import msgspec

from fermatkit.errors import ExitCode, UserError
from loadgen.ws.dial import target

_API = "/fermat/api"
_ASK_WITHIN = 3.0
"""Seconds for one answer."""
_AGAIN = 0.5
PAUSE = 2.0
"""Seconds, where nobody can be asked."""
WITHIN = 90.0
"""Seconds: a client that was lost is kept for 60 s (real-cloud-server.md §3), and some to spare."""
_LOGIN = {"user": "fermat", "password": "5e494e695571ede182fb62299373678158c752fb8d3c04104a46b7de139dab5e"}


class _Token(msgspec.Struct):
    success: bool
    authToken: str  # noqa: N815 - the server's own name


class _Counts(msgspec.Struct):
    pendingClientConnection: int  # noqa: N815 - likewise
    registeredClientConnection: int  # noqa: N815


class Settling:
    """One server, as it is before the first try: who is connected then is none of the search's clients."""

    def __init__(self, url: str, ca: str | None) -> None:
        """UserError when there is none."""
        self._where = target(url)
        self._tls = ssl.create_default_context(cafile=ca) if self._where.secure else None
        if why := self._connects():
            raise UserError(
                f"nobody can be loaded at {url}: {why}; is the server running?", ExitCode.UNHEALTHY
            )
        self._speaks = self._greets()
        self._others = self._clients() if self._speaks else None

    def wait(self) -> bool:
        """Until it is as before, WITHIN at most; False: it does not even answer."""
        if not self._speaks:
            time.sleep(PAUSE)
        deadline = time.monotonic() + WITHIN
        while True:
            answers = self._answers()
            clients = self._clients() if answers and self._others is not None else None
            if answers and (clients is None or self._others is None or clients <= self._others):
                return True
            if time.monotonic() > deadline:
                return answers
            time.sleep(_AGAIN)

    def _answers(self) -> bool:
        """Over HTTP, as a Cloud Server; another when it can be connected to."""
        return self._greets() if self._speaks else self._connects() is None

    def _greets(self) -> bool:
        return self._ask("GET", "user", {}) is not None

    def _connects(self) -> str | None:
        """Why it cannot be connected to."""
        try:
            socket.create_connection((self._where.host, self._where.port), timeout=_ASK_WITHIN).close()
        except OSError as error:
            return error.strerror or str(error)
        return None

    def _clients(self) -> int | None:
        """Who is registered, or on the way to be; None: it does not tell."""
        try:
            answer = self._ask("POST", "user/login", {"Content-Type": "application/json"}, _LOGIN)
            token = msgspec.json.decode(answer or b"", type=_Token)
            if not token.success:
                return None
            bearer = {"Authorization": f"Bearer {token.authToken}"}
            answer = self._ask("GET", "admin/monitoring/current/data", bearer)
            counts = msgspec.json.decode(answer or b"", type=_Counts)
        except msgspec.DecodeError:
            return None
        return counts.pendingClientConnection + counts.registeredClientConnection

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, str] | None = None
    ) -> bytes | None:
        """The answer's body; None: no answer, or another than 200."""
        host, port = self._where.host, self._where.port
        connection = (
            HTTPSConnection(host, port, timeout=_ASK_WITHIN, context=self._tls)
            if self._tls
            else HTTPConnection(host, port, timeout=_ASK_WITHIN)
        )
        try:
            content = None if body is None else msgspec.json.encode(body)
            connection.request(method, f"{_API}/{path}", content, {"Connection": "close", **headers})
            answer = connection.getresponse()
            read = answer.read(2**20)
        except (OSError, HTTPException):
            return None
        else:
            return read if answer.status == 200 else None  # noqa: PLR2004 - OK
        finally:
            connection.close()
