"""All that is outside: Telegram, Slack and a guarded mail server, for the channels of INSTALL.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.authority import Authority, authority
from support.examples import SECRETS, urls
from support.services import SLACK, TELEGRAM, Services, services
from support.smtp import Guard, Mailbox, mail_server


@dataclass(frozen=True)
class Outside:
    """What came there, and how to reach it."""

    services: Services
    mailbox: Mailbox
    trust: Authority

    @property
    def urls(self) -> dict[str, str]:
        """The channels, by name."""
        return urls(self.mailbox.port)


@asynccontextmanager
async def outside(directory: Path, *, trusted: bool = True) -> AsyncIterator[Outside]:
    """Make it, with the environment in which it is reached; and, if `trusted`, in which it is believed."""
    trust = authority(directory, TELEGRAM, SLACK)
    guard = Guard(trust.server(), SECRETS["USER"], SECRETS["PASSWORD"])
    async with services(trust) as both, mail_server(guard) as mailbox:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("HTTPS_PROXY", both.proxy)
            environment.delenv("NO_PROXY", raising=False)
            environment.delenv("no_proxy", raising=False)
            for name, value in trust.trusted.items():
                if trusted:
                    environment.setenv(name, value)
                else:
                    environment.delenv(name, raising=False)
            yield Outside(both, mailbox, trust)
