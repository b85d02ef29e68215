"""A real mail server on loopback, in the test's own loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[[], Awaitable[str]]


class Mailbox:
    """What the server took, and how it answers at the end of a mail's data."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connected_at: list[float] = []
        self.answer: Answer = self.take
        self.port = 0

    async def take(self) -> str:
        return "250 taken"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self.answer()
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content or b"", policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return answer

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=sidecar@localhost&to=operator@localhost&mode=insecure"


@asynccontextmanager
async def mail_server() -> AsyncIterator[Mailbox]:
    mailbox = Mailbox()

    def connected() -> SMTP:
        mailbox.connected_at.append(time.monotonic())
        return SMTP(mailbox, hostname="localhost", loop=asyncio.get_running_loop())

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
