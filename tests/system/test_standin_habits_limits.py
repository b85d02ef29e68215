"""A stand-in that runs into limits: descriptors, threads, sockets, its queue of those who connect."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from cloudserver.session import Listed, Session
from support.cloud_client import PATIENCE, CloudClient
from support.habits import has_taken_up, thread_names, wait_until
from support.standin import StandinProcess, answers, serving, starting

_THROW_AWAY_UID = 61_234


def address(standin: StandinProcess) -> tuple[str, int]:
    host, _, port = standin.url.removeprefix("http://").partition(":")
    return host, int(port)


@contextmanager
def connected(standin: StandinProcess, number: int) -> Iterator[list[socket.socket]]:
    """So many connections that say nothing. TimeoutError if one is not to be had."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(address(standin), timeout=2)) for _ in range(number)
        ]


async def is_served(client: CloudClient) -> bool:
    await client.socket.send_str(client.session.request_list())
    return isinstance(await client.event(), Listed)


def states(standin: StandinProcess) -> list[str]:
    return [connection.status for connection in psutil.Process(standin.process.pid).net_connections("tcp")]


# Descriptors


async def test_at_the_fd_limit_it_connects_answers_nobody_serves_on_and_heals(tmp_path: Path):
    with serving(tmp_path, "--habit", "fd-limit") as standin:
        process = psutil.Process(standin.process.pid)
        limit, _ = resource.prlimit(standin.process.pid, resource.RLIMIT_NOFILE)
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            with connected(standin, limit - process.num_fds() + 3):
                wait_until(lambda: process.num_fds() == limit)
                wait_until(lambda: "Too many open files" in standin.stdout)
                before = sum(process.cpu_times()[:2])
                assert not await answers(standin.url, seconds=1.5)
                assert sum(process.cpu_times()[:2]) - before < 0.5, "it spins"
                assert await is_served(client)
            assert await answers(standin.url)
            assert (tmp_path / "fermat_server.log").read_text().count("Too many open files") <= 10


# Threads


def timers(standin: StandinProcess) -> list[str]:
    return [name for name in thread_names(standin.process.pid).values() if name.startswith("Timer-")]


async def drop(client: CloudClient) -> None:
    """Be gone without a close frame."""
    transport = client.socket._response.connection.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.abort()
    await asyncio.sleep(0)  # the turn in which it is closed


async def test_each_lost_client_leaves_a_timer_thread_until_it_is_back(tmp_path: Path):
    with serving(tmp_path) as standin:
        await has_taken_up(standin, "thread-leak")
        async with aiohttp.ClientSession(standin.url) as http:
            leaver = await CloudClient.register(http)
            await leaver.socket.close()
            lost = await CloudClient.register(http)
            await drop(lost)
            await drop(await CloudClient.connect(http))
            wait_until(lambda: len(timers(standin)) == 2, lambda: timers(standin))
            assert sorted(timers(standin)) == ["Timer-0", "Timer-1"]
            await CloudClient.register(http, Session(lost.session.keys, lambda: "1"), reconnected=True)
            wait_until(lambda: len(timers(standin)) == 1, lambda: timers(standin))
        standin.process.terminate()
        assert standin.process.wait(PATIENCE) == 143


async def test_with_200_threads_it_serves_but_obeys_only_sigkill(tmp_path: Path):
    with serving(tmp_path, "--habit", "thread-leak") as standin:
        await use_up_its_threads(standin, 210)
        assert psutil.Process(standin.process.pid).num_threads() == 200
        await serves_but_obeys_only_sigkill(standin)


async def test_at_a_real_thread_limit_it_is_the_same():
    """As a user without rights, for the limit does not bind root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    code = (  # all is imported before, for Python itself may be in a directory of root's
        "import os, resource, sys, encodings.idna; from cloudserver.__main__ import main;"
        "from cloudserver.standin import habits, server; from fermatkit import eventloop;"
        "habits.known(); eventloop.factory(); resource.setrlimit(resource.RLIMIT_NPROC, (12, 12));"
        f"os.setresgid(*3 * [{_THROW_AWAY_UID}]); os.setresuid(*3 * [{_THROW_AWAY_UID}]);"
        "main(sys.argv[1:])"
    )
    with tempfile.TemporaryDirectory() as name:  # pytest's are root's alone
        directory = Path(name)
        os.chown(directory, _THROW_AWAY_UID, _THROW_AWAY_UID)
        arguments = ("--port", "0", "--habit", "thread-leak")
        with starting(directory, *arguments, command=(sys.executable, "-c", code)) as standin:
            standin.wait_for("/fermat\n")
            await use_up_its_threads(standin, 20)
            assert psutil.Process(standin.process.pid).num_threads() == 12
            await serves_but_obeys_only_sigkill(standin)


async def use_up_its_threads(standin: StandinProcess, clients: int) -> None:
    async with aiohttp.ClientSession(standin.url) as http:
        for _ in range(clients):
            await drop(await CloudClient.connect(http))
        wait_until(lambda: "unable to create native thread" in standin.stdout)


async def serves_but_obeys_only_sigkill(standin: StandinProcess) -> None:
    standin.process.terminate()
    assert await answers(standin.url)
    async with aiohttp.ClientSession(standin.url) as http:
        assert await is_served(await CloudClient.register(http))
    assert standin.process.poll() is None
    standin.process.kill()
    assert standin.process.wait(PATIENCE) == -signal.SIGKILL


# Sockets


async def test_zombie_sockets_stay_in_close_wait(tmp_path: Path):
    with serving(tmp_path) as standin:
        await has_taken_up(standin, "zombie-sockets")
        async with aiohttp.ClientSession(standin.url) as http:
            for _ in range(10):
                client = await CloudClient.register(http)
                await client.socket.close()
        wait_until(lambda: states(standin).count(psutil.CONN_CLOSE_WAIT) >= 10, lambda: states(standin))
        assert await answers(standin.url)


async def test_accept_nothing_fills_the_queue_and_serves_its_sessions_on(tmp_path: Path):
    with serving(tmp_path) as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            await has_taken_up(standin, "accept-nothing")
            with connected(standin, 51):
                with pytest.raises(TimeoutError):
                    socket.create_connection(address(standin), timeout=0.5)
                assert await is_served(client)
            assert not await answers(standin.url, seconds=0.3)


def test_accept_nothing_from_the_start(tmp_path: Path):
    with serving(tmp_path, "--habit", "accept-nothing") as standin, connected(standin, 51):
        with pytest.raises(TimeoutError):
            socket.create_connection(address(standin), timeout=0.5)
        process = psutil.Process(standin.process.pid)
        before = sum(process.cpu_times()[:2])
        with pytest.raises(TimeoutError):
            socket.create_connection(address(standin), timeout=0.5)
        assert sum(process.cpu_times()[:2]) - before < 0.3, "it spins"


async def test_forgotten_clients_are_connected_and_answered_but_not_counted(tmp_path: Path):
    with serving(tmp_path, "--habit", "forgotten-clients") as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            clients = [await CloudClient.register(http) for _ in range(5)]
            assert await is_served(clients[0])
            login = {
                "user": "fermat",
                "password": "5e494e695571ede182fb62299373678158c752fb8d3c04104a46b7de139dab5e",
            }
            async with http.post("/fermat/api/user/login", json=login) as answer:
                token = (await answer.json())["authToken"]
            headers = {"Authorization": f"Bearer {token}"}
            path = "/fermat/api/admin/monitoring/current/data"
            async with http.get(path, headers=headers) as answer:
                counted = await answer.json()
            assert counted["registeredClientConnection"] == counted["pendingClientConnection"] == 0
            assert states(standin).count(psutil.CONN_ESTABLISHED) >= 5
