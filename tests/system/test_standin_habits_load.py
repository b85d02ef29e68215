"""A stand-in under load: a burst on a cold one, a collection, a log that eats the disk or loses lines."""

from __future__ import annotations

import asyncio
import resource
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from cloudserver.session import Refused, Registered
from support.cloud_client import CloudClient
from support.habits import thread_names, thread_seconds, try_to_register, wait_until
from support.standin import PATIENCE, answers, serving

LOG = "fermat_server.log"


async def burst(http: aiohttp.ClientSession) -> tuple[int, int]:
    """Fifty clients at once: how many were registered, how many refused as strangers."""
    clients = [await CloudClient.connect(http) for _ in range(50)]
    words = [client.session.register() for client in clients]
    for client, word in zip(clients, words, strict=True):
        await client.socket.send_str(word)
    events = [await client.event() for client in clients]
    refused = [event for event in events if isinstance(event, Refused)]
    assert all("Forbidden connection" in event.reason for event in refused)
    await asyncio.sleep(0.1)
    for client, word, event in zip(clients, words, events, strict=True):
        if isinstance(event, Refused):
            await client.socket.send_str(word)
            assert "FAILURE" in await client.socket.receive_str(), "however long they wait"
    return sum(isinstance(event, Registered) for event in events), len(refused)


async def test_a_cold_burst_is_refused_but_for_the_first(tmp_path: Path):
    with serving(tmp_path, "--habit", "cold-burst") as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            registered, refused = await burst(http)
            assert registered >= 1
            assert refused >= 9
            assert await burst(http) == (50, 0)


async def test_after_a_warm_up_alone_nobody_is_refused(tmp_path: Path):
    with serving(tmp_path, "--habit", "cold-burst") as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            assert isinstance(await try_to_register(http), Registered)
            await asyncio.sleep(0.1)
            assert await burst(http) == (50, 0)


async def test_busy_burns_a_core_in_a_collectors_thread_and_is_then_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STANDIN_BUSY_SECONDS", "4")
    with serving(tmp_path, "--habit", "busy") as standin:
        began = time.monotonic()
        pid = standin.process.pid
        wait_until(lambda: "GC Thread#0" in thread_names(pid).values())
        assert not await answers(standin.url, seconds=1)
        wait_until(lambda: thread_seconds(pid).get("GC Thread#0", 0) > 0.1)  # it may have to share the core
        assert await answers(standin.url)
        assert time.monotonic() - began > 3.5
        wait_until(lambda: "GC Thread#0" not in thread_names(pid).values())  # it answers as it ends


async def test_an_exhausted_heap_burns_a_core_and_never_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STANDIN_BUSY_SECONDS", "1")
    with serving(tmp_path) as standin:
        pid = standin.process.pid
        async with aiohttp.ClientSession(standin.url) as http:
            assert (await http.post("/standin/habits/heap-exhausted")).ok
        wait_until(lambda: "GC Thread#0" in thread_names(pid).values())
        wait_until(lambda: "GC Thread#0" not in thread_names(pid).values())
        assert not await answers(standin.url, seconds=2)
        standin.process.terminate()
        assert standin.process.wait(PATIENCE) == 143


async def test_log_eater_grows_the_log_by_megabytes_a_second(tmp_path: Path):
    with serving(tmp_path, "--habit", "log-eater") as standin:
        log = tmp_path / LOG
        began, before = time.monotonic(), log.stat().st_size
        await asyncio.sleep(1)
        rate = (log.stat().st_size - before) / (time.monotonic() - began)
        assert 1_000_000 < rate < 3_000_000
        assert await answers(standin.url)


async def test_log_loss_is_silent_but_for_one_line_and_ends_with_its_cause(tmp_path: Path):
    with serving(tmp_path, "--habit", "log-loss") as standin:
        log = tmp_path / LOG
        wait_until(lambda: resource.prlimit(standin.process.pid, resource.RLIMIT_FSIZE)[0] >= 0)
        size = log.stat().st_size
        async with aiohttp.ClientSession(standin.url) as http:
            for _ in range(3):
                await CloudClient.register(http)
            assert log.stat().st_size == size
            assert standin.stderr.count(f"Failed to flush writer: {LOG}: File too large") == 1
            assert psutil.Process(standin.process.pid).is_running()
            _, hard = resource.prlimit(standin.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(standin.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
            await CloudClient.register(http)
            wait_until(lambda: log.stat().st_size > size)
