"""The stand-in's bad habits and its own lag, as a whole program: real processes that fail for real."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from cloudserver.session import Refused
from support.cloud_client import CloudClient
from support.habits import take_up, try_to_register
from support.standin import PATIENCE, answers, serving


def wait_until_asleep(pid: int) -> None:
    """Until its loop sleeps in the habit and no longer wakes by itself every 20 ms."""
    process = psutil.Process(pid)
    deadline = time.monotonic() + PATIENCE
    switches = -1
    while (now := process.num_ctx_switches().voluntary) != switches:
        assert time.monotonic() < deadline, "it still wakes up"
        switches = now
        time.sleep(0.2)


@pytest.mark.parametrize("from_the_start", [False, True])
async def test_blocked_is_silent_in_state_s_and_obeys_sigterm(tmp_path: Path, *, from_the_start: bool):
    with serving(tmp_path, *(["--habit", "blocked"] if from_the_start else [])) as standin:
        if not from_the_start:
            assert await answers(standin.url)
            await take_up(standin, "blocked")
        wait_until_asleep(standin.process.pid)
        assert psutil.Process(standin.process.pid).status() == psutil.STATUS_SLEEPING
        host, _, port = standin.url.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        assert not await answers(standin.url, seconds=0.5)
        standin.process.terminate()
        assert standin.process.wait(PATIENCE) == 143


async def test_ignore_term_obeys_only_sigkill(tmp_path: Path):
    with serving(tmp_path, "--habit", "ignore-term") as standin:
        assert await answers(standin.url)
        standin.process.terminate()
        assert await answers(standin.url)
        standin.process.kill()
        assert standin.process.wait(PATIENCE) == -signal.SIGKILL


async def test_blocked_and_ignoring_term_at_once(tmp_path: Path):
    with serving(tmp_path, "--habit", "ignore-term", "--habit", "blocked") as standin:
        wait_until_asleep(standin.process.pid)
        standin.process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            standin.process.wait(0.5)
        assert not await answers(standin.url, seconds=0.2)


async def test_stuck_processors_still_pong_and_answer_http(tmp_path: Path):
    with serving(tmp_path) as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            await take_up(standin, "stuck-processors")
            async with asyncio.timeout(PATIENCE):
                while await is_listed(client):
                    await asyncio.sleep(0.02)
            assert await answers(standin.url)
            late = await CloudClient.connect(http)
            await late.socket.send_str(late.session.register())
            assert await answers(standin.url)
            assert not await is_listed(client)


async def is_listed(client: CloudClient) -> bool:
    """Whether a list request is answered."""
    await client.socket.send_str(client.session.request_list())
    try:
        async with asyncio.timeout(0.3):
            return bool(await client.socket.receive_str())
    except TimeoutError:
        return False


async def test_http_dead_serves_its_sessions_on(tmp_path: Path):
    with serving(tmp_path) as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            await take_up(standin, "http-dead")
            async with asyncio.timeout(PATIENCE):
                while await answers(standin.url, seconds=0.3):
                    await asyncio.sleep(0.02)
            assert await is_listed(client)
            assert not await answers(standin.url, seconds=0.3)


async def test_refusing_refuses_new_sessions_and_ends_old_ones(tmp_path: Path):
    with serving(tmp_path) as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            await take_up(standin, "refusing")
            async with asyncio.timeout(PATIENCE):
                while not isinstance(await try_to_register(http), Refused):
                    await asyncio.sleep(0.02)
            await client.socket.send_str(client.session.request_list())
            assert (await client.closed())[0] == 1011
            assert await answers(standin.url)


async def test_habits_are_listed_and_unknown_ones_named(tmp_path: Path):
    with serving(tmp_path, "--habit", "ignore-term") as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            async with http.get("/standin/habits") as answer:
                body = await answer.json()
            assert body["active"] == ["ignore-term"]
            assert {"blocked", "ignore-term", "stuck-processors"} <= set(body["known"])
            async with http.post("/standin/habits/sings") as answer:
                assert answer.status == 404
                assert "'sings'" in await answer.text()
                assert "http-dead, ignore-term, knee, log-eater" in await answer.text()


async def test_it_tells_its_own_loop_lag(tmp_path: Path):
    with serving(tmp_path) as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            await asyncio.sleep(0.3)
            async with http.get("/standin/loop-lag") as answer:
                lag = await answer.json()
            assert set(lag) == {"p50", "p99", "max", "samples", "seconds"}
            assert 0 <= lag["p50"] <= lag["p99"] <= lag["max"]
            assert lag["samples"] >= 5
            async with http.get("/standin/loop-lag?seconds=0.1") as answer:
                assert (await answer.json())["samples"] == 5
            for bad in ("x", "nan", "inf"):
                async with http.get(f"/standin/loop-lag?seconds={bad}") as answer:
                    assert answer.status == 400
