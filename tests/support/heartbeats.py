"""Heartbeats in a hurry, for scripted servers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cloudserver.session import make_keys
from sidecar.probes.conversation import Rhythm
from sidecar.probes.heartbeat import Heartbeat, HeartbeatSettings
from support.reports import Reports

KEYS = make_keys(os.urandom)
FAST = Rhythm(ping_interval=0.05, ping_limit=0.2, list_interval=0.1, list_limit=0.2)
Make = Callable[..., Heartbeat]
"""One for a server on this port, in this rhythm."""


@asynccontextmanager
async def heartbeats(reports: Reports) -> AsyncIterator[Make]:
    """Makes them, and closes them all."""
    probes: list[Heartbeat] = []

    def make(port: int, rhythm: Rhythm = FAST) -> Heartbeat:
        settings = HeartbeatSettings(
            port=port, rhythm=rhythm, pause_first=0.01, pause_max=0.05, refused_max=1.0
        )
        probes.append(Heartbeat(settings, KEYS, reports))
        return probes[-1]

    yield make
    for probe in probes:
        await probe.close()
