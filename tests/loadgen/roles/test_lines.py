"""VPNs that end while there is still something to say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from loadgen import trouble
from loadgen.books import Books
from loadgen.connection import Connection
from loadgen.crowd import Crowd
from loadgen.engine import Engine
from loadgen.ledger import Ledger
from loadgen.results import Second
from loadgen.roles.client import Client, Context
from loadgen.roles.keys import client_keys
from loadgen.roles.line import End, Line
from loadgen.roles.lines import Lines
from loadgen.scenario.behaviours import Pair
from loadgen.schedule.parts import Part
from loadgen.shard import WHOLE
from loadgen.tally import Operation
from loadgen.ws.dial import Dialer, target
from loadgen.ws.reactor import Reactor
from support.front import fronting
from support.loads import flat
from support.standin import starting


async def test_a_vpn_that_has_ended_is_asked_for_again_with_the_next_message(tmp_path: Path):
    seconds: list[Second] = []
    with starting(tmp_path, "--port", "0") as standin:
        standin.wait_for("Server URI = ")
        async with fronting(int(standin.url.rpartition(":")[2])) as front:
            url = f"ws://127.0.0.1:{front.port}"
            plan = flat(url=url, clients=10, ramp=50, duration=3, rate=40, settle=2.0, mix=(Pair(),))
            running = asyncio.create_task(Engine(plan, seconds.append).run())
            while not any(second.tally.accounts[Operation.RELAY].answered for second in seconds):
                await asyncio.sleep(0.05)
            assert front.cut("/fermat/vpn/") == 10
            tally = (await running).tally
    vpns, messages = tally.accounts[Operation.VPN], tally.accounts[Operation.RELAY]
    assert vpns.scheduled == vpns.answered == 10, "each of the five once more"
    assert messages.scheduled == messages.sent == 120
    assert messages.answered + messages.lost == 120
    lost = trouble.LOST[Operation.RELAY]
    assert tally.errors.get(lost, 0) == messages.lost
    assert sum(count for kind, count in tally.errors.items() if kind != lost) == 5, tally.errors


@pytest.mark.parametrize(
    ("silence", "kind"), [(56.0, trouble.VPN_SILENT), (50.0, trouble.of_vpn(trouble.DROPPED))]
)
async def test_a_vpn_that_ends_after_a_minute_without_a_word_of_one_end_is_called_silent(
    silence: float, kind: str
):
    plan, ledger, reactor = flat(mix=(Pair(),)), Ledger(), Reactor()
    books = Books(ledger, str)
    context = Context(plan, books, Dialer(reactor, target(plan.url)))
    line = Line(Lines(context), 0.0, 0.0)
    host = Crowd(plan, WHOLE, books, context.dialer)
    clients = [
        Client(number, Part(behaviour=Pair()), number, Connection(number, client_keys(number), books, host))
        for number in range(2)
    ]
    one, other = line.ends = End(line, clients[0]), End(line, clients[1])
    one.peer, other.peer = other, one
    for end in line.ends:
        end.complete()
    assert line.open
    one.spoken -= silence
    other.closed(trouble.DROPPED)
    assert line.dead
    assert ledger.turn().errors == {kind: 1}
    reactor.close()
