"""A real JVM in trouble, and what the kernel shows of it: names of threads, their CPU, descriptors."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import psutil
import pytest

from support.habits import thread_names, thread_seconds, wait_until
from support.jvm import compiled, failing
from support.standin import PATIENCE, StandinProcess, answers

_FDS = 64


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("classes"))


async def leak(jvm: StandinProcess) -> None:
    async with aiohttp.ClientSession(jvm.url) as http, http.get("/leak") as answer:
        assert answer.status == 200


def burnt(pid: int) -> float:
    """CPU seconds of the collector's threads."""
    return sum(seconds for name, seconds in thread_seconds(pid).items() if name.startswith(("GC ", "G1 ")))


def obeys_sigterm(jvm: StandinProcess) -> bool:
    jvm.process.terminate()
    return jvm.process.wait(PATIENCE) == 143


async def test_a_jvms_threads_have_their_names_in_the_kernel(classes: Path, tmp_path: Path):
    with failing(classes, tmp_path, "fine") as jvm:
        assert await answers(jvm.url)
        await leak(jvm)
        assert await answers(jvm.url)
        names = set(thread_names(jvm.process.pid).values())
        assert {"GC Thread#0", "G1 Conc#0", "VM Thread", "Signal Dispatch"} <= names, "cut after 15 letters"
        assert obeys_sigterm(jvm)


async def test_a_full_heap_is_a_core_of_collecting_and_then_a_zombie(classes: Path, tmp_path: Path):
    with failing(classes, tmp_path, "heap") as jvm:
        pid = jvm.process.pid
        await leak(jvm)
        wait_until(lambda: burnt(pid) > 0.3, lambda: thread_seconds(pid))
        assert not await answers(jvm.url, seconds=0.5)
        process = psutil.Process(pid)
        wait_until(lambda: process.cpu_percent(0.3) < 5)
        assert not await answers(jvm.url, seconds=0.5)
        assert process.cpu_percent(0.5) < 5, "at rest"
        assert process.status() == psutil.STATUS_SLEEPING
        assert psutil.CONN_LISTEN in [connection.status for connection in process.net_connections()]
        assert obeys_sigterm(jvm)


async def test_at_the_fd_limit_it_connects_and_answers_nobody(classes: Path, tmp_path: Path):
    with failing(classes, tmp_path, "fds", before=("prlimit", f"--nofile={_FDS}")) as jvm:
        process = psutil.Process(jvm.process.pid)
        assert process.num_fds() < _FDS
        await leak(jvm)
        wait_until(lambda: process.num_fds() >= _FDS - 1)
        for _ in range(20):  # an accept that waits has its descriptor, unseen in /proc
            await answers(jvm.url, seconds=0.5)
            if "Too many open files" in jvm.stdout:
                break
        assert process.num_fds() >= _FDS - 1
        assert not await answers(jvm.url, seconds=1)
        assert obeys_sigterm(jvm)


async def test_each_leaked_timer_is_a_thread_with_its_name(classes: Path, tmp_path: Path):
    with failing(classes, tmp_path, "threads") as jvm:
        before = psutil.Process(jvm.process.pid).num_threads()
        for _ in range(20):
            await leak(jvm)
        wait_until(lambda: "Timer-19" in thread_names(jvm.process.pid).values())
        names = sorted(name for name in thread_names(jvm.process.pid).values() if name.startswith("Timer-"))
        assert names == sorted(f"Timer-{number}" for number in range(20))
        assert psutil.Process(jvm.process.pid).num_threads() >= before + 15
        assert await answers(jvm.url)


async def test_a_deadlock_connects_answers_nobody_and_obeys_sigterm(classes: Path, tmp_path: Path):
    with failing(classes, tmp_path, "deadlock") as jvm:
        await leak(jvm)
        wait_until(lambda: "other" in thread_names(jvm.process.pid).values())
        assert not await answers(jvm.url, seconds=1)
        assert psutil.Process(jvm.process.pid).status() == psutil.STATUS_SLEEPING
        assert obeys_sigterm(jvm)
