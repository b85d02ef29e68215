"""The held session against a server that does as the test says."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator

import msgspec
import psutil
import pytest
from aiohttp import web

from cloudserver.wire import NetworkServiceType, PacketType, contents
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Listened, Registered, SessionLost, Unanswered
from sidecar.probes import heartbeat
from support.heartbeats import Make, heartbeats
from support.reports import Reports
from support.scripted import Peer, Script, scripted


@pytest.fixture
async def make(reports: Reports) -> AsyncIterator[Make]:
    async with heartbeats(reports) as make:
        yield make


async def test_a_good_server_is_registered_with_once_and_asked_again_and_again(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    async with scripted() as server:
        probe = make(server.port)
        probe.watch(ourselves)
        await reports.until(Answered, 5, sign=Sign.PONG)
        await reports.until(Answered, 3, sign=Sign.LIST)
        probe.watch(ourselves)  # again: nothing new
        assert reports.all[0] == Listened(ourselves, owned=True)
        (registered,) = reports.of(Registered)
        assert 0 < registered.latency < 5
        assert all(0 < answered.latency < 5 for answered in reports.of(Answered))
        assert not reports.of(Unanswered)
        await probe.close()
        assert (server.registrations, server.most_open) == (1, 1)
        assert server.closes == [1000]


async def test_not_watched_nothing_is_said(make: Make, reports: Reports, ourselves: Identity) -> None:
    async with scripted() as server:
        probe = make(server.port)
        probe.watch(None)
        probe.watch(ourselves)
        await reports.until(Registered)
        probe.watch(None)
        said = len(reports.all)
        async with asyncio.timeout(20):
            while server.open:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert len(reports.all) == said
        assert server.closes == [1000]


async def test_a_new_process_gets_its_session_only_when_the_old_one_is_closed(
    make: Make, reports: Reports, ourselves: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fermatkit.sockets.owner", lambda _port, likely: likely)  # whoever is watched
    async with scripted() as server:
        server.slow_close = 0.2
        probe = make(server.port)
        for number in range(1, 4):
            identity = msgspec.structs.replace(ourselves, started=number)
            probe.watch(identity)
            await reports.until(Registered, identity=identity)
            probe.watch(None)
        probe.watch(ourselves)
        probe.watch(None)
        probe.watch(ourselves)
        await reports.until(Registered, identity=ourselves)
        assert server.registrations == 4
        assert server.most_open == 1
        assert server.closes == [1000] * 3


async def test_until_the_port_listens_nothing_is_said(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    async with scripted(listen=False) as server:
        make(server.port).watch(ourselves)
        await asyncio.sleep(0.1)
        assert reports.all == []
        await server.listen()
        await reports.until(Registered)


async def test_somebody_elses_port_is_named_and_left_alone(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "_FOREIGN_PAUSE", 0.05)
    async with scripted() as server:
        make(server.port).watch(another)
        listened = await reports.until(Listened)
        why = f"port {server.port} is held by pid {os.getpid()} ({psutil.Process().name()})"
        assert listened == Listened(another, owned=False, why=why)
        await asyncio.sleep(0.3)
        assert len(reports.of(Listened)) == 1  # once, as long as it is so
    assert await reports.until(Listened, 2) == Listened(another, owned=False)  # it is free


async def test_a_server_on_another_port_is_told_with_both(
    make: Make, reports: Reports, ourselves: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "_ELSEWHERE_AFTER", 0.1)
    monkeypatch.setattr(heartbeat, "_FOREIGN_PAUSE", 0.05)
    async with scripted() as server, scripted(listen=False) as watched:
        make(watched.port).watch(ourselves)
        told = await reports.until(Listened)
        assert not told.owned
        assert server.port in told.elsewhere
        assert f"{server.port}" in told.why
        assert told.why.endswith(f"and port {watched.port} is watched")
        await watched.listen()
        await reports.until(Listened, owned=True)
        assert (server.most_open, reports.of(SessionLost)) == (0, [])


async def refuse_once(peer: Peer) -> None:
    if peer.server.registrations:
        await peer.serve()
    await refuse(peer)


async def refuse(peer: Peer) -> None:
    await peer.handshake()
    await peer.hears()
    peer.server.registrations += 1
    content = contents.Registration(NetworkServiceType.UNDEFINED, "{}", failure="Forbidden connection")
    await peer.send(PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST, contents.encode(content))
    await peer.hears()


async def nonsense_once(peer: Peer) -> None:
    if peer.server.closes:
        await peer.serve()
    await peer.socket.send_str("nonsense")
    await peer.hears()


async def hasty_once(peer: Peer) -> None:
    if peer.server.closes:
        await peer.serve()
    wire = peer.socket.get_extra_info("socket")
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # so that both are read at once
    await peer.handshake()
    await peer.send(PacketType.COMPLETE_COMPONENT_REGISTRATION, "{}")
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
    await peer.hears()


async def close_once(peer: Peer) -> None:
    if peer.server.closes:
        await peer.serve()
    await peer.handshake()
    await peer.register()
    await peer.socket.close(code=1011, message=b"TimeoutException")


async def reset_once(peer: Peer) -> None:
    if peer.server.closes:
        await peer.serve()
    await peer.handshake()
    await peer.register()
    assert peer.socket._req is not None
    assert peer.socket._req.transport is not None
    peer.socket._req.transport.abort()


@pytest.mark.parametrize(
    ("script", "why", "closes"),
    [
        (refuse_once, "registration refused: Forbidden connection", [1000]),
        (nonsense_once, "not understood: packet: ", [1000]),
        (hasty_once, "the server answered before it was asked", [1000]),
        (close_once, "closed by the server: 1011 TimeoutException", [1000]),
        (reset_once, "the connection ended without a close", [None]),
    ],
)
async def test_a_session_that_ends_is_told_and_opened_again(
    make: Make, reports: Reports, ourselves: Identity, script: Script, why: str, closes: list[int | None]
) -> None:
    async with scripted(script) as server:
        make(server.port).watch(ourselves)
        lost = await reports.until(SessionLost)
        assert lost.why.startswith(why)
        after = len(reports.all)
        await reports.until(Answered, sign=Sign.LIST)
        assert any(isinstance(what, Registered) for what in reports.all[after:])
        assert server.most_open == 1
        assert server.closes == closes


async def test_a_server_that_refuses_us_is_spared_more_than_one_that_cannot_be_reached(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    """Each refused login costs it 3.6 KB of log: here the pause doubles on."""
    async with scripted(refuse) as server:
        make(server.port).watch(ourselves)
        await reports.until(SessionLost, 7)  # after 10, 20, 40, 80, 160 and 320 ms
        began = time.monotonic()
        await reports.until(SessionLost, 8)
        assert time.monotonic() - began > 0.4


async def test_what_is_no_websocket_says_so(make: Make, reports: Reports, ourselves: Identity) -> None:
    async def not_found(_request: web.Request) -> None:
        raise web.HTTPNotFound

    async with scripted() as server:
        server.upgrades = not_found
        make(server.port).watch(ourselves)
        lost = await reports.until(SessionLost, 2)
        assert lost.why == "HTTP 404 instead of a WebSocket"


async def test_an_unanswered_registration_is_told_and_never_given_up(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    answer = asyncio.Event()

    async def late(peer: Peer) -> None:
        await peer.handshake()
        await peer.hears()
        await answer.wait()
        peer.server.registrations += 1
        await peer.send(PacketType.COMPLETE_COMPONENT_REGISTRATION, "{}")
        while True:
            await peer.answer_list()

    async with scripted(late) as server:
        make(server.port).watch(ourselves)
        unanswered = await reports.until(Unanswered, 3, sign=Sign.LIST)
        assert unanswered.why == "the registration is not answered within 0.2 s"
        answer.set()
        assert (await reports.until(Registered)).latency > 0.4
        assert (server.registrations, server.most_open, reports.of(SessionLost)) == (1, 1, [])


async def test_stuck_processors_are_seen_while_pongs_come_and_a_late_answer_counts(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    async def stuck(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        await peer.answer_list()
        for _ in range(4):
            await peer.hears()
        for _ in range(4):
            await peer.list()
        while True:
            await peer.answer_list()

    async with scripted(stuck) as server:
        make(server.port).watch(ourselves)
        await reports.until(Unanswered, 3, sign=Sign.LIST)
        late = await reports.until(Answered, 2, sign=Sign.LIST)
        assert late.latency > 0.6  # from the first of the four askings
        assert (await reports.until(Answered, 3, sign=Sign.LIST)).latency < 0.2  # no leftover is taken for it
        assert reports.of(Answered, sign=Sign.PONG)
        assert not reports.of(Unanswered, sign=Sign.PONG)
        assert not reports.of(SessionLost)


async def test_missing_pongs_are_told_and_the_session_is_held(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    answers = asyncio.Event()

    async def deaf(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        await answers.wait()
        await peer.serve_on()

    async with scripted(deaf) as server:
        make(server.port).watch(ourselves)
        unanswered = await reports.until(Unanswered, 3, sign=Sign.PONG)
        assert unanswered.why == "no pong within 0.2 s"
        answers.set()
        late = await reports.until(Answered, sign=Sign.PONG)
        assert late.latency > 0.2
        assert (server.registrations, server.most_open, reports.of(SessionLost)) == (1, 1, [])


async def test_odd_packets_and_foreign_pongs_do_no_harm(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    async def odd(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        for pong in (b"", b"12345678", bytes(8), b"\x7f\xf8" + bytes(6), b"longer than eight"):
            await peer.socket.pong(pong)
        await peer.socket.send_str("nonsense")
        await peer.socket.send_bytes(b"\x00")
        await peer.send(PacketType.MESSAGE_TRANSMIT, "{}")
        await peer.socket.ping(b"you?")
        await peer.serve_on()

    async with scripted(odd) as server:
        make(server.port).watch(ourselves)
        await reports.until(Answered, 5, sign=Sign.PONG)
        assert all(0 < answered.latency < 5 for answered in reports.of(Answered))
        assert server.pongs == [b"you?"]
        assert not reports.of(SessionLost)


async def test_an_upgrade_that_is_not_answered_does_not_hold_up_the_end(
    make: Make, reports: Reports, ourselves: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def never(_request: web.Request) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with scripted() as server:
        server.upgrades = never
        probe = make(server.port)
        probe.watch(ourselves)
        await asked.wait()
        async with asyncio.timeout(5):
            await probe.close()
        monkeypatch.setattr(heartbeat, "_UPGRADE_PATIENCE", 0.05)
        probe.watch(ourselves)
        assert (await reports.until(SessionLost)).why == "the upgrade was not answered within 0.05 s"


async def test_a_server_that_does_not_answer_our_close_holds_up_the_end_for_a_second_at_most(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    stop = asyncio.Event()

    async def hung(peer: Peer) -> None:
        await peer.handshake()
        await peer.register()
        await stop.wait()
        while True:
            await peer.hears()

    async with scripted(hung) as server:
        probe = make(server.port)
        probe.watch(ourselves)
        await reports.until(Registered)
        async with asyncio.timeout(5):
            await probe.close()
        stop.set()  # when it can read again, what it finds is a proper close
        async with asyncio.timeout(5):
            while not server.closes:
                await asyncio.sleep(0.01)
        assert server.closes == [1000]
