"""The dead-man switch's requests, over real sockets: one that hears, one that does not, and nobody at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from sidecar.actuators.deadman import DeadmanSwitch, address
from sidecar.config.secrets import Secret
from sidecar.core.actions import Beat, Pulse
from sidecar.core.observations import BeatFailed, BeatHeard, Observation
from support.running import free_port
from support.switch import PATH, Switch, switch


@pytest.fixture
async def other() -> AsyncIterator[Switch]:
    async with switch() as one:
        yield one


async def told(url: str, pulse: Pulse = Pulse.WELL, deadline: float = 10.0) -> Observation:
    """What is reported of one beat; the loop is never held up meanwhile."""
    seen: asyncio.Queue[Observation] = asyncio.Queue()
    one = DeadmanSwitch(Secret(url), lambda pulse: f"we are {pulse}, ümlaut", seen.put_nowait, deadline)
    one.beat(Beat(pulse))
    longest, reported = 0.0, asyncio.ensure_future(seen.get())
    async with asyncio.timeout(30):
        while not reported.done():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)
    await one.close()
    assert longest < 1.0
    return reported.result()


@pytest.mark.parametrize(
    ("pulse", "path"),
    [(Pulse.STARTED, "/start"), (Pulse.WELL, ""), (Pulse.DOWN, "/fail"), (Pulse.STUCK, "/fail")],
)
async def test_each_pulse_has_its_place_and_says_in_words_what_it_is(
    other: Switch, pulse: Pulse, path: str
) -> None:
    assert await told(other.url, pulse) == BeatHeard()
    assert other.heard == [(path, f"we are {pulse}, ümlaut")]


async def test_a_name_is_looked_up(other: Switch) -> None:
    assert await told(f"http://localhost:{other.port}{PATH}") == BeatHeard()


@pytest.mark.parametrize(
    ("url", "path", "whole"),
    [
        ("https://a/b", "", "https://a/b"),
        ("https://a/b?c=/d", "", "https://a/b?c=/d"),
        ("https://a/b", "start", "https://a/b/start"),
        ("https://a/b/", "start", "https://a/b/start"),
        ("https://a/b?c=/d", "fail", "https://a/b/fail?c=/d"),
    ],
)
def test_what_follows_a_question_mark_stays_behind_the_path(url: str, path: str, whole: str) -> None:
    assert address(url, path) == whole


@pytest.mark.parametrize(("habit", "status"), [("fail", 500), ("redirect", 302)])
async def test_an_answer_that_is_no_yes_has_not_heard(other: Switch, habit: str, status: int) -> None:
    other.answers = getattr(other, habit)
    assert await told(other.url) == BeatFailed(f"it answered {status}")
    assert len(other.heard) == 1, "nobody else is told the secret"


@pytest.mark.parametrize("habit", ["hang", "drip"])
async def test_one_that_hangs_or_drips_is_given_up_at_the_deadline(other: Switch, habit: str) -> None:
    other.answers = getattr(other, habit)
    began = time.monotonic()
    assert await told(other.url, deadline=0.5) == BeatFailed("no answer within 0.5 s")
    assert 0.4 < time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"http://127.0.0.1:{free_port()}{PATH}", "Connect call failed"),
        (f"http://{'a' * 64}.invalid{PATH}", ""),
        (f"http://[{PATH}", ""),
        (f"https://127.0.0.1:notaport{PATH}", ""),
        (f"gopher://127.0.0.1{PATH}", ""),
    ],
    ids=["nobody", "no-name", "half", "no-port", "scheme"],
)
async def test_nobody_there_and_no_url_at_all_is_told_without_any_part_of_it(url: str, why: str) -> None:
    failed = await told(url)
    assert isinstance(failed, BeatFailed)
    assert failed.why
    assert why in failed.why
    assert "secret" not in failed.why


async def test_one_that_speaks_no_http_or_hangs_up_has_not_heard() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        failed = await told(f"https://127.0.0.1:{port}{PATH}")
        assert isinstance(failed, BeatFailed)
        failed = await told(f"http://127.0.0.1:{port}{PATH}")
        assert isinstance(failed, BeatFailed)


async def test_the_end_waits_for_nobody(other: Switch) -> None:
    other.answers = other.hang
    seen: list[Observation] = []
    one = DeadmanSwitch(Secret(other.url), str, seen.append)
    one.beat(Beat(Pulse.WELL))
    async with asyncio.timeout(10):
        while not other.heard:
            await asyncio.sleep(0.01)
        await one.close()
    assert seen == []
