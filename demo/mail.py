"""A mail server on loopback that shows each mail instead of delivering it."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

WIDTH = 88


class Catcher:
    """Takes every mail there is."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Show a mail."""
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(
            cast("bytes", envelope.content)  # text only with decode_data, which is off
        )
        self._show(frame(mail))
        return "250 shown"

    async def listen(self) -> int:
        """Listen on a free port of loopback, and say which."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="localhost", loop=loop), "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])


def frame(mail: EmailMessage) -> str:
    """A mail in a box."""
    body = mail.get_body(("plain",))
    lines = [f"To: {mail['to']}", f"Subject: {mail['subject']}", ""]
    for paragraph in (body.get_content() if body else "").strip().splitlines():
        hanging = "  " if paragraph.startswith("- ") else ""
        lines += textwrap.wrap(paragraph, WIDTH - 4, subsequent_indent=hanging, break_on_hyphens=False) or [
            ""
        ]
    rows = [f"│ {line:<{WIDTH - 4}} │" for line in lines]
    return "\n".join([f"╭─ mail {'─' * (WIDTH - 9)}╮", *rows, f"╰{'─' * (WIDTH - 2)}╯"])
