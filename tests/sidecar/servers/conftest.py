"""A real command under a CommandServer, and nothing left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from sidecar.servers.command import CommandServer
from support import little_sidecar
from support.locks import clean_up
from support.reports import Reports


@pytest.fixture
async def make(tmp_path: Path, reports: Reports) -> AsyncIterator[little_sidecar.Make]:
    """Make servers of a command in `tmp_path`; kills whatever has the lock in the end."""
    servers: list[CommandServer] = []

    def make(*command: str, **changes: object) -> CommandServer:
        settings = msgspec.structs.replace(little_sidecar.settings(tmp_path, *command), **changes)
        servers.append(CommandServer(settings, reports))
        return servers[-1]

    yield make
    for server in servers:
        await server.close()
    clean_up(tmp_path / "server.lock")
