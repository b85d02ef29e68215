"""Echo runs against real servers: good ones, and some that lose, repeat, swap or change messages."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable

import pytest
from websockets.asyncio.server import serve

from loadgen import trouble
from loadgen.engine import Engine
from loadgen.outcome import Outcome, together
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.spans import Span
from loadgen.schedule.events import Shard
from loadgen.tally import Operation
from support.loads import echoes


@pytest.fixture
async def server() -> AsyncIterator[Callable]:
    """Starts a server of websockets that does with each connection what a function says; gives its URL."""
    servers = []

    async def start(handler) -> str:
        serving = await serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None)
        servers.append(serving)
        return f"ws://127.0.0.1:{next(iter(serving.sockets)).getsockname()[1]}/"

    yield start
    for serving in servers:
        serving.close()
        await serving.wait_closed()


async def run(url: str, **changes) -> Outcome:
    plan = {"clients": 5, "ramp": 1000, "rate": 200, "duration": 0.5, "size": 20, "answered_within": 0.5}
    wanted = echoes(url=url, **plan | changes)
    outcome = await Engine(wanted, on_second=lambda _: None).run()
    balanced(outcome)
    return outcome


def balanced(outcome: Outcome) -> None:
    for account in outcome.tally.accounts.values():
        assert account.scheduled == account.unsent + account.sent
        assert account.in_flight >= 0
    clients = outcome.clients
    assert clients.asked == clients.registered + clients.failed + clients.unfinished
    assert clients.registered == clients.open + clients.lost
    assert clients.open == clients.left + clients.aborted


async def good(connection) -> None:
    async for message in connection:
        await connection.send(message)


async def test_all_come_back(server):
    outcome = await run(await server(good))
    echo = outcome.tally.accounts[Operation.ECHO]
    assert (echo.scheduled, echo.answered, echo.lost) == (100, 100, 0)
    assert outcome.tally.errors == {}
    assert outcome.clients.open == outcome.clients.left == 5
    for operation in (Operation.CONNECT, Operation.TCP, Operation.UPGRADE):
        assert outcome.tally.accounts[operation].answered == 5


async def test_messages_that_never_come_back_are_unanswered(server):
    async def every_second(connection) -> None:
        number = 0
        async for message in connection:
            number += 1
            if number % 2:
                await connection.send(message)

    outcome = await run(await server(every_second), clients=1)
    echo = outcome.tally.accounts[Operation.ECHO]
    assert (echo.answered, echo.in_flight) == (50, 50)
    assert outcome.tally.errors[trouble.UNANSWERED[Operation.ECHO]] == 50


async def test_repeated_swapped_and_changed_messages_have_their_names(server):
    async def strange(connection) -> None:
        first = await connection.recv()
        second = await connection.recv()
        for message in (second, first, first, b"short", bytes(19) + b"x"):
            await connection.send(message)
        await good(connection)

    outcome = await run(await server(strange), clients=1)
    echo = outcome.tally.accounts[Operation.ECHO]
    assert (echo.answered, echo.out_of_order, echo.duplicate) == (100, 1, 1)
    assert outcome.tally.errors == {trouble.NOT_SENT: 2}


async def test_messages_out_with_a_connection_that_ends_are_lost(server):
    async def drops(connection) -> None:
        for _ in range(3):
            await connection.recv()
        await connection.close(1011)

    outcome = await run(await server(drops))
    echo = outcome.tally.accounts[Operation.ECHO]
    assert echo.lost == outcome.tally.errors[trouble.LOST[Operation.ECHO]] >= 15
    assert outcome.tally.errors["closed by the server with 1011"] == outcome.clients.lost == 5


async def test_an_answer_that_was_cut_short_is_not_that_of_a_message(server):
    async def shortens(connection) -> None:
        async for message in connection:
            await connection.send(message[:-1])

    outcome = await run(await server(shortens), rate=20)
    assert outcome.tally.errors.keys() == {trouble.NOT_SENT, trouble.UNANSWERED[Operation.ECHO]}
    assert outcome.tally.accounts[Operation.ECHO].answered == 0


@pytest.mark.parametrize("sizes", [Span(8, 8), Span(8, 70_000)])
async def test_each_of_the_mix_has_its_own_size_headers_and_pace(server, sizes: Span):
    seen: list[tuple[str | None, int]] = []

    async def notes(connection) -> None:
        one = connection.request.headers.get("X-One")
        async for message in connection:
            seen.append((one, len(message)))
            await connection.send(message)

    mix = (Echo(size=sizes, headers=(("X-One", "1"),)), Echo(size=Span(9, 9), think=Span(0.1, 0.1)))
    outcome = await run(await server(notes), mix=mix, clients=4, rate=100)
    echo = outcome.tally.accounts[Operation.ECHO]
    assert echo.answered == echo.scheduled == len(seen) >= 58  # 50 in turns; each of two a message in 0.1 s
    assert outcome.tally.errors == {}
    assert all(sizes.least <= size <= sizes.most for one, size in seen if one == "1")
    assert {size for one, size in seen if one is None} == {9}


async def test_shards_are_the_whole_and_nothing_twice(server):
    url = await server(good)
    plan = echoes(url=url, clients=5, ramp=1000, rate=200, duration=0.5, size=20)
    parts = [Engine(plan, lambda _: None, Shard(index, 3)).run() for index in range(3)]
    outcome = together(await asyncio.gather(*parts), ())
    balanced(outcome)
    assert (outcome.clients.asked, outcome.clients.left) == (5, 5)
    echo = outcome.tally.accounts[Operation.ECHO]
    assert echo.scheduled == echo.answered == 100


async def test_nobody_is_there(closed_port: int):
    outcome = await run(f"ws://127.0.0.1:{closed_port}/")
    assert outcome.tally.errors == {trouble.CONNECTION_REFUSED: 5}
    assert outcome.clients.failed == 5


async def test_a_server_that_never_upgrades(raw):
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    url = await raw(silence)
    outcome = await run(url, registered_within=0.3, pending=2)
    assert outcome.tally.errors.keys() <= {trouble.NO_UPGRADE, trouble.NOT_STARTED}
    assert sum(outcome.tally.errors.values()) == outcome.clients.failed == 5


async def test_an_interrupted_run_leaves_in_order(server):
    there = itertools.count(1)

    async def good_to_five(connection) -> None:
        if next(there) == 5:
            asyncio.get_running_loop().call_later(0.5, engine.interrupt)
        await good(connection)

    plan = echoes(url=await server(good_to_five), clients=5, duration=60)
    engine = Engine(plan, on_second=lambda _: None)
    outcome = await engine.run()
    assert outcome.interrupted
    assert outcome.clients.left == outcome.clients.open == 5
    assert outcome.tally.errors == {}


async def test_the_answers_of_a_slow_server_are_all_counted(server):
    async def slow(connection) -> None:
        async for message in connection:
            await asyncio.sleep(random.random() / 50)
            await connection.send(message)

    outcome = await run(await server(slow), answered_within=10)
    echo = outcome.tally.accounts[Operation.ECHO]
    assert echo.answered == echo.response.total == echo.service.total == 100
