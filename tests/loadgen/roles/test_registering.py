"""What a client that comes back finds, within the time of stand-by and after it (cloud-server.md §5.10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudserver.session import Registered
from loadgen import trouble
from loadgen.books import Books
from loadgen.connection import Connection
from loadgen.crowd import Crowd
from loadgen.engine import Engine
from loadgen.ledger import Ledger
from loadgen.outcome import Outcome
from loadgen.roles import registering
from loadgen.roles.client import Client, Context
from loadgen.roles.keys import client_keys
from loadgen.scenario.behaviours import Returner
from loadgen.scenario.spans import Span
from loadgen.schedule.parts import Part
from loadgen.shard import WHOLE
from loadgen.tally import Operation
from loadgen.ws.dial import Dialer, target
from loadgen.ws.reactor import Reactor
from support.loads import flat
from support.standin import starting


async def returning(folder: Path, away: float, code: int) -> Outcome:
    """Ten clients with two services each go once, for so many seconds; by 1006 is without a word."""
    one = Returner(services=Span(2, 2), after=Span(0.5, 0.5), away=Span(away, away), code=code)  # type: ignore[arg-type]
    with starting(folder, "--port", "0") as standin:
        standin.wait_for("Server URI = ")
        url = standin.url.replace("http:", "ws:")
        plan = flat(url=url, clients=10, ramp=50, duration=away + 1.5, rate=0, mix=(one,))
        return await Engine(plan, lambda _: None).run()


@pytest.mark.parametrize(
    ("away", "code", "services", "forgotten"),
    [
        (0.5, 1006, 20, 0),  # the server kept what they had registered
        (3.0, 1006, 20, 10),  # it did not, and the real client knows nothing of that
        (3.0, 1000, 40, 0),  # they said goodbye: all is registered again
    ],
)
async def test_who_comes_back_within_stand_by_and_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, away: float, code: int, services: int, forgotten: int
):
    monkeypatch.setenv("STANDIN_STANDBY_SECONDS", "1.5")
    outcome = await returning(tmp_path, away, code)
    accounts = outcome.tally.accounts
    assert accounts[Operation.RECONNECT].answered == accounts[Operation.RECONNECT].scheduled == 10
    assert accounts[Operation.SERVICE].answered == services
    assert outcome.tally.errors == ({trouble.FORGOTTEN: forgotten} if forgotten else {})
    assert (outcome.clients.open, outcome.clients.lost, outcome.clients.left) == (10, 0, 10)


@pytest.mark.parametrize(("away", "errors"), [(30.0, {trouble.FORGOTTEN: 1}), (61.0, {})])
async def test_a_server_may_forget_after_a_minute_and_not_before(away: float, errors: dict[str, int]):
    plan, ledger, reactor = flat(), Ledger(), Reactor()
    books = Books(ledger, str)
    context = Context(plan, books, Dialer(reactor, target(plan.url)))
    host = Crowd(plan, WHOLE, books, context.dialer)
    again = Connection(0, client_keys(0), books, host, Operation.RECONNECT)
    client = Client(0, Part(behaviour=Returner(), services=2), 0, again)
    client.graceful = False
    registering.begin(context, client, Registered(reconnected=False), away)
    assert client.todo is None
    assert ledger.turn().errors == errors
    reactor.close()
