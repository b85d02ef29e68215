"""The question over HTTP: what counts as an answer, and how little it takes of a server that hangs."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Unanswered
from sidecar.probes import http
from sidecar.probes.http import HttpProbe, HttpSettings
from support.reports import Reports
from support.scripted import scripted

Make = Callable[[int], HttpProbe]


@pytest.fixture
async def make(reports: Reports) -> AsyncIterator[Make]:
    probes: list[HttpProbe] = []

    def make(port: int) -> HttpProbe:
        probes.append(HttpProbe(HttpSettings(port=port, interval=0.05, rest=0.1, limit=0.2), reports))
        return probes[-1]

    yield make
    for probe in probes:
        await probe.close()


async def test_a_good_answer_is_a_sign_of_life(make: Make, reports: Reports, ourselves: Identity) -> None:
    peers: set[object] = set()

    async def running(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response(text="The User WebService is running ...")

    async with scripted() as server:
        server.answers = running
        probe = make(server.port)
        probe.watch(ourselves)
        await reports.until(Answered, 5, sign=Sign.HTTP)
        await probe.close()
        said = len(reports.all)
        await asyncio.sleep(0.1)
        assert len(reports.all) == said
    assert all(0 < answered.latency < 5 for answered in reports.of(Answered))
    assert not reports.of(Unanswered)
    assert len(peers) >= 5  # each question is a new client's


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (503, "The User WebService is running ...", "HTTP 503"),
        (302, "", "HTTP 302"),
        (200, "The User WebService is", "another text than the server's"),
        (200, "# HELP go_gc_duration_seconds", "another text than the server's"),
        (200, "", "another text than the server's"),
    ],
)
async def test_a_wrong_answer_is_none(
    make: Make, reports: Reports, ourselves: Identity, status: int, text: str, why: str
) -> None:
    async def wrong(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers={"Location": "/fermat/api/user"})

    async with scripted() as server:
        server.answers = wrong
        make(server.port).watch(ourselves)
        await reports.until(Unanswered, 2)
        assert set(reports.all) == {Unanswered(ourselves, Sign.HTTP, why)}


async def test_an_answer_in_pieces_is_one(make: Make, reports: Reports, ourselves: Identity) -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b"The User Web", b"Service is run", b"ning ..."):
            await response.write(piece)
            await asyncio.sleep(0.01)
        return response

    async with scripted() as server:
        server.answers = dripping
        make(server.port).watch(ourselves)
        await reports.until(Answered, 2)
    assert not reports.of(Unanswered)


async def test_nobody_listening_is_said(make: Make, reports: Reports, ourselves: Identity) -> None:
    async with scripted(listen=False) as server:
        make(server.port).watch(ourselves)
        assert (await reports.until(Unanswered, 2)).why == "Connection refused"
        await server.listen()
        await reports.until(Answered)


async def test_a_server_that_hangs_is_told_and_gets_no_more_than_two_questions(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    asked = 0
    recovered = asyncio.Event()

    async def hangs(_request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        await recovered.wait()
        return web.Response(text="The User WebService is running ...")

    async with scripted() as server:
        server.answers = hangs
        make(server.port).watch(ourselves)
        await reports.until(Unanswered, why="no answer within 0.2 s")
        await reports.until(Unanswered, 3, why="2 questions are still without an answer")
        assert asked == 2
        recovered.set()
        late = await reports.until(Answered)
        assert late.latency > 0.2
        assert (await reports.until(Answered, 4)).latency < 0.2


async def test_a_question_is_given_up_in_the_end(
    make: Make, reports: Reports, ourselves: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_PATIENCE", 0.3)
    asked = 0

    async def hangs(_request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()
        raise AssertionError

    async with scripted() as server:
        server.answers = hangs
        make(server.port).watch(ourselves)
        await reports.until(Unanswered, 2, why="no answer within 0.3 s")
        async with asyncio.timeout(20):
            while asked < 3:
                await asyncio.sleep(0.01)


async def test_a_question_that_we_could_not_ask_says_nothing_about_the_server(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    async def running(_: web.Request) -> web.StreamResponse:
        return web.Response(text="The User WebService is running ...")

    async with scripted() as server:
        server.answers = running
        make(server.port).watch(ourselves)
        await reports.until(Answered)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            await asyncio.sleep(0.5)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        before = len(reports.of(Answered))
        await reports.until(Answered, before + 3)
    assert not reports.of(Unanswered)


async def test_who_has_answered_is_asked_again_later_or_at_once_in_doubt(
    reports: Reports, ourselves: Identity
) -> None:
    answers = iter((True, True, False))
    asked = 0

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(text="The User WebService is running ..." if next(answers, True) else "")

    async with scripted() as server:
        server.answers = answer
        probe = HttpProbe(HttpSettings(port=server.port, interval=0.05, rest=600.0), reports)
        probe.watch(ourselves)
        await reports.until(Answered)
        await asyncio.sleep(0.3)
        assert asked == 1, "it rests"
        probe.doubt(None)
        await reports.until(Answered, 2)
        probe.doubt(None)
        await reports.until(Unanswered)
        await reports.until(Answered, 3)  # soon, by itself
        await asyncio.sleep(0.3)
        assert asked == 4, "it rests again"
        await probe.close()


async def test_doubt_puts_no_second_question_beside_one_that_is_under_way(
    reports: Reports, ourselves: Identity
) -> None:
    asked = 0
    never = asyncio.Event()

    async def hangs(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        await never.wait()
        return web.Response()

    async with scripted() as server:
        server.answers = hangs
        probe = HttpProbe(HttpSettings(port=server.port, interval=600.0, limit=0.1), reports)
        probe.watch(ourselves)
        await reports.until(Unanswered)
        for _ in range(5):
            probe.doubt(None)
            await asyncio.sleep(0.02)
        assert asked == 1
        await probe.close()
        never.set()
