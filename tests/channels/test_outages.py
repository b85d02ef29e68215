"""A whole sidecar with the waits that its users have, while services refuse, or say nothing at all.

Nearly all of their time is waiting, so they wait together.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from sidecar.actuators.sender import DEADLINE
from sidecar.core.observations import SendFailed
from support.examples import SECRETS
from support.leaks import traced
from support.outside import Outside, outside
from support.running import Running, running, until
from support.services import Habit, Post, broken, dripping, reset, silent, too_many
from support.telling import telling

FIRST, LAST = 30.0, 45.0
"""Seconds from one attempt to the next: never fewer; and not many more, on a busy machine, too."""


@dataclass
class Stage:
    """What the scenarios share, and when the machine is at rest."""

    there: Outside
    at_rest: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0

    def urls(self, actor: str) -> dict[str, str]:
        """The channels of INSTALL.md, with tokens that nobody else has."""
        given = dict(self.there.urls)
        for name, token in (("telegram", SECRETS["BOT_TOKEN"]), ("slack", SECRETS["TOKEN_C"])):
            given[name] = given[name].replace(token, token + actor)
        return given

    def asked(self, actor: str) -> list[list[Post]]:
        """What Telegram and Slack were asked to take, in this order."""
        tokens = (SECRETS["BOT_TOKEN"] + actor, SECRETS["TOKEN_C"] + actor)
        return [[post for post in self.there.services.asked if token in post.path] for token in tokens]


async def kill_the_server(run: Running) -> None:
    run.start()
    os.kill(await run.passes(), signal.SIGKILL)


async def refused(run: Running, stage: Stage) -> None:
    """By 429 with Retry-After, and by a reset: tried again once, in order, after half a minute."""
    urls = stage.urls("refused")
    run.configure(channels={"telegram": urls["telegram"], "slack": urls["slack"], "mail": run.mailbox.url})
    stage.there.services.habits[f"{SECRETS['BOT_TOKEN']}refused"] = [too_many]
    stage.there.services.habits[f"{SECRETS['TOKEN_C']}refused"] = [reset]
    await kill_the_server(run)
    down, recovered = await run.mails(2)
    assert (down.partition(":")[0], recovered.partition(":")[0]) == ("DOWN", "RECOVERED")
    await told_late(run, stage, "refused")


async def killed(run: Running, stage: Stage) -> None:
    """The sidecar is killed while it waits: the next one does not try sooner, and no secret is anywhere."""
    stage.there.services.habits[f"{SECRETS['BOT_TOKEN']}killed"] = [too_many]
    stage.there.services.habits[f"{SECRETS['TOKEN_C']}killed"] = [broken]
    run.configure(channels=stage.urls("killed"))
    async with traced(run) as traces:
        await kill_the_server(run)
        await until(lambda: has_failed(run), lambda: run.log)
        assert (await run.health())["checks"]["outbox:waiting"][0]["status"] == "warn"
        await traces.ask()
        await run.stop(signal.SIGKILL)
        run.start()
        await told_late(run, stage, "killed")
        # Killed after the mail was taken, and before that was saved, it sends the same once more.
        ids = {re.findall(r"Message (\S+) from", mail.get_content())[0] for mail in stage.there.mailbox.mails}
        assert len(ids) == 2
        assert set(stage.there.mailbox.secured) == {True}
        await traces.ask()
    traces.files()
    assert any(b"sidecar.actuators.deliver" in text for text in traces.seen.values())
    for place in ("sidecar.log", "sidecar.db", "evidence", "recording", "/health", "/proc"):
        assert any(place in where for where in traces.seen), place
    assert traces.leaks() == []


async def has_failed(run: Running) -> bool:
    """Both attempts are over, and the log has why."""
    return run.log.count("SendFailed") >= 2


async def told_late(run: Running, stage: Stage, actor: str) -> None:
    """Both services have both messages in the end, asked three times, and never too soon."""

    async def all_told() -> bool:
        return all(len(posts) == 3 for posts in stage.asked(actor))

    stage.refused += 1
    if stage.refused == 2:
        stage.at_rest.set()
    await until(all_told, lambda: f"{stage.asked(actor)}: {run.log[-3000:]}", patience=LAST + 20)
    for first, again, end in stage.asked(actor):
        assert FIRST <= again.at - first.at < LAST
        assert "DOWN: " in first.text
        assert first.text == again.text, "the same message, so that a duplicate is recognisable"
        assert "RECOVERED: " in end.text
        assert end.at - again.at < 10
    await until(run.settled, lambda: run.log)


async def crowd(run: Running, stage: Stage) -> None:
    """Eight channels whose service says nothing, beside a healthy one: it waits for none of them."""
    stuck = {}
    for number in range(4):
        for name, url in stage.urls(f"stuck{number}").items():
            if name != "mail":
                stuck[f"{name}-{number}"] = url
    for token in ("BOT_TOKEN", "TOKEN_C"):
        stage.there.services.habits[f"{SECRETS[token]}stuck"] = [silent] * 100
    run.configure(channels={**stuck, "mail": run.mailbox.url})
    run.start()
    pid = await run.passes()
    async with asyncio.timeout(120):  # should another scenario have failed before it
        await stage.at_rest.wait()
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    await run.mails(1)
    took = time.monotonic() - began
    print(f"eight stuck channels beside it: killed → the healthy one's mail {took:.2f} s")
    assert "SendFailed" not in run.log, "it waited until one of them was given up"
    waiting = (await run.health())["checks"]["outbox:waiting"][0]
    assert waiting["observedValue"] >= len(stuck) == 8
    await run.mails(2)


RESET = "Connection reset by peer|Remote end closed connection"
"""Python's TLS takes a reset for an end, with some versions of OpenSSL."""
LATE = f"no answer within {DEADLINE:g} s"
HABITS: dict[str, tuple[Habit, str, str]] = {
    "many": (too_many, "Too Many Requests: retry after 7, error=429", "error=429"),
    "broken": (broken, "Internal Server Error, error=500", "error=500"),
    "reset": (reset, RESET, RESET),
    "silent": (silent, "Read timed out", "Read timed out"),
    "dripping": (dripping, LATE, LATE),
}
"""What a service does, and what is said of it: of Slack's own words Apprise passes few on."""


async def answers(run: Running, stage: Stage) -> None:
    """Each service with each habit, and a mail server's silence: one failed send each, with its reason."""
    urls, whys = {"mail": run.mailbox.url}, {"mail": "timed out"}
    run.mailbox.answer = forever
    for name, (habit, *words) in HABITS.items():
        given = stage.urls(name)
        for service, token, why in zip(("telegram", "slack"), ("BOT_TOKEN", "TOKEN_C"), words, strict=True):
            urls[f"{service}-{name}"], whys[f"{service}-{name}"] = given[service], why
            stage.there.services.habits[SECRETS[token] + name] = [habit]
    began = time.monotonic()
    async with telling(DEADLINE, **urls) as told:
        outcomes = await asyncio.gather(*map(told.send, urls))
    assert time.monotonic() - began < DEADLINE + 10
    for name, outcome in zip(urls, outcomes, strict=True):
        assert isinstance(outcome, SendFailed), name
        assert re.search(whys[name], outcome.why), f"{name}: {outcome.why}"
    for name in HABITS:
        assert [len(posts) for posts in stage.asked(name)] == [1, 1], "a service was asked twice"


async def forever() -> str:
    await asyncio.sleep(3600)
    return "250 too late"


Scenario = Callable[[Running, Stage], Awaitable[None]]
SCENARIOS: tuple[Scenario, ...] = (refused, killed, crowd, answers)


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[Scenario, BaseException | None]:
    async def one(scenario: Scenario, stage: Stage) -> None:
        async with running(tmp_path_factory.mktemp("outages")) as run:
            await scenario(run, stage)

    async def together() -> list[BaseException | None]:
        async with outside(tmp_path_factory.mktemp("outside")) as there:
            stage = Stage(there)
            return await asyncio.gather(*(one(do, stage) for do in SCENARIOS), return_exceptions=True)

    return dict(zip(SCENARIOS, asyncio.run(together()), strict=True))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_everybody_is_told(ends: dict[Scenario, BaseException | None], scenario: Scenario) -> None:
    error = ends[scenario]
    if error is not None:
        raise error
