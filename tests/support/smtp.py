"""A real mail server on loopback, in the test's own loop; a guarded one wants STARTTLS and a login first."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Answer = Callable[[], Awaitable[str]]


class Mailbox:
    """What the server took, and how it answers at the end of a mail's data."""

    def __init__(self, guard: Guard | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.connected_at: list[float] = []
        self.answer: Answer = self.take
        self.port = 0
        self.secured: list[bool] = []
        """Of each mail: whether it came over TLS and after a login."""
        self._rules = guard.rules if guard else {}
        self._server: asyncio.Server | None = None
        self._talks: list[SMTP] = []

    async def open(self) -> None:
        """Let senders in, from the second time on where they came before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Let nobody in."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def cut(self) -> None:
        """Likewise, and whoever is in the middle of a talk gets no answer any more."""
        self.close()
        for talk in self._talks:
            if talk.transport is not None:
                talk.transport.abort()
        self._talks.clear()

    def _connected(self) -> SMTP:
        self.connected_at.append(time.monotonic())
        self._talks.append(SMTP(self, hostname="localhost", loop=asyncio.get_running_loop(), **self._rules))
        return self._talks[-1]

    async def take(self) -> str:
        return "250 taken"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self.answer()
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content or b"", policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.secured.append(session.ssl is not None and session.authenticated is True)
        return answer

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=sidecar@localhost&to=operator@localhost&mode=insecure"


class Guard:
    """Lets nobody in without TLS and without this login."""

    def __init__(self, context: ssl.SSLContext, user: str, password: str) -> None:
        self._login = LoginPassword(user.encode(), password.encode())
        self.rules: dict[str, Any] = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": self._knows,
        }
        """As the server takes them."""

    def _knows(self, *asked: object) -> AuthResult:
        return AuthResult(success=asked[-1] == self._login, handled=False)


@asynccontextmanager
async def mail_server(guard: Guard | None = None) -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(guard)
    await mailbox.open()
    try:
        yield mailbox
    finally:
        mailbox.close()
