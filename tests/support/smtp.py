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

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connected_at: list[float] = []
        self.answer: Answer = self.take
        self.port = 0
        self.secured: list[bool] = []
        """Of each mail: whether it came over TLS and after a login."""

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
    mailbox = Mailbox()
    rules = guard.rules if guard else {}

    def connected() -> SMTP:
        mailbox.connected_at.append(time.monotonic())
        return SMTP(mailbox, hostname="localhost", loop=asyncio.get_running_loop(), **rules)

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
