"""The held session against servers that do what no server should."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, SessionLost
from support.heartbeats import Make, heartbeats
from support.reports import Reports
from support.scripted import Peer, scripted


@pytest.fixture
async def make(reports: Reports) -> AsyncIterator[Make]:
    async with heartbeats(reports) as make:
        yield make


async def test_a_pong_that_is_masked_is_one_too(make: Make, reports: Reports, ourselves: Identity) -> None:
    """As no server may send it: the library gives it as a bytearray, which is no key of a dictionary."""

    async def masked(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        wire = peer.socket._req.transport if peer.socket._req else None
        assert isinstance(wire, asyncio.WriteTransport)
        wire.write(b"\x8a\x88" + bytes(4) + b"12345678")
        await peer.serve_on()

    async with scripted(masked) as server:
        make(server.port).watch(ourselves)
        await reports.until(Answered, 3, sign=Sign.PONG)
        assert not reports.of(SessionLost)


async def test_sessions_that_do_not_last_are_opened_less_and_less_often(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    """Another sidecar with the same key, say: each login ends the other's session, and is logged."""

    async def ends(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        await peer.socket.close(code=1011)

    async with scripted(ends) as server:
        make(server.port).watch(ourselves)
        await reports.until(SessionLost, 7)  # after 10, 20, 40, 80, 160 and 320 ms
        began = time.monotonic()
        await reports.until(SessionLost, 8)
        assert time.monotonic() - began > 0.4


async def test_after_one_that_lasted_the_next_is_opened_soon(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    async def lasts_at_last(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        await asyncio.sleep(1.1 if server.registrations == 6 else 0)
        await peer.socket.close(code=1011)

    async with scripted(lasts_at_last) as server:
        make(server.port).watch(ourselves)
        await reports.until(SessionLost, 6)
        began = time.monotonic()
        await reports.until(SessionLost, 7)
        assert time.monotonic() - began < 0.3  # 640 ms without it
