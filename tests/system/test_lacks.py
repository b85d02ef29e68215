"""The whole sidecar and what may lack: a reader of its log, room on the disk, descriptors, a terminal."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from support.disks import small_disk
from support.running import PATIENCE, Running, running, until


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """The end to write to of a pipe that nobody reads."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 512)
    os.set_blocking(write, True)
    yield write
    os.close(read)
    os.close(write)


def start(run: Running, command: list[str], stderr: int) -> None:
    run.sidecar = subprocess.Popen(
        [*command, "run", "--config", str(run.config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
    )


async def test_a_log_that_nobody_reads_does_not_stop_the_watching(run: Running, full_pipe: int) -> None:
    (run.directory / "sidecar.log").touch()
    start(run, [sys.executable, "-m", "sidecar"], full_pipe)
    pid = await run.passes()
    os.kill(pid, signal.SIGKILL)
    pid = await run.passes(not_pid=pid)
    assert run.servers() == [pid]
    assert await run.stop() == 0
    assert run.servers() == []


async def test_a_terminal_that_closes_is_a_clean_stop(run: Running) -> None:
    run.start()
    await run.passes()
    assert await run.stop(signal.SIGHUP) == 0
    assert run.servers() == []


async def test_with_nohup_it_stays(run: Running) -> None:
    (run.directory / "sidecar.log").touch()
    start(run, ["nohup", sys.executable, "-m", "sidecar"], subprocess.DEVNULL)
    pid = await run.passes()
    assert run.sidecar is not None
    run.sidecar.send_signal(signal.SIGHUP)
    await asyncio.sleep(0.5)
    assert await run.passes() == pid
    assert await run.stop() == 0


LIMITED = """
import resource, sys
if sys.argv.pop(1) == "asyncio":
    sys.modules["uvloop"] = None
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
from sidecar.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_visitors_that_take_every_descriptor_end_nothing(run: Running, loop: str) -> None:
    with (run.directory / "sidecar.log").open("wb") as log:
        start(run, [sys.executable, "-c", LIMITED, loop], log.fileno())
    pid = await run.passes()
    assert run.sidecar is not None
    with ExitStack() as crowd:
        for _ in range(110):
            crowd.enter_context(socket.create_connection(("127.0.0.1", run.health_port), timeout=5))
        await asyncio.sleep(1.5)
        assert run.sidecar.poll() is None, run.log
        assert run.servers() == [pid]
    await until(lambda: is_in(run, "pass"), lambda: run.log)
    assert await run.stop() == 0
    assert "Traceback" not in run.log
    if loop == "asyncio":  # libuv sends the visitors away and says nothing
        assert run.log.count("newcomers to /health have to wait") == 1


async def is_in(run: Running, status: str) -> bool:
    return await run.status() == status


async def test_a_full_disk_keeps_nobody_from_watching(tmp_path: Path, run: Running) -> None:
    with small_disk(tmp_path / "state") as disk:
        disk.fill()
        run.start()
        await until(lambda: said(run, "memory not saved"), lambda: run.log)
        assert len(run.servers()) == 1
        await run.mails(1)
        assert "Little disk space is left" in str(await run.health())  # though the server's own disk has some
        disk.free()
        await until(lambda: said(run, "memory saved again"), lambda: run.log)
        assert await run.stop() == 0


async def test_a_memory_that_is_damaged_is_said_and_the_running_server_is_found(run: Running) -> None:
    run.start()
    pid = await run.passes()
    assert await run.stop(signal.SIGKILL) == -signal.SIGKILL
    (run.directory / "state" / "sidecar.db-wal").unlink()
    (run.directory / "state" / "sidecar.db").write_bytes(b"garbage " * 1000)
    run.start()
    assert await run.passes() == pid
    assert run.log.count("unusable file set aside") == 1
    assert "sidecar.db.corrupt-1" in run.log
    assert await run.stop() == 0


async def said(run: Running, words: str) -> bool:
    return words in run.log


async def test_while_nothing_happens_the_time_goes_on(run: Running) -> None:
    run.configure("budget = [{ restarts = 0, within = '1h' }]\n")
    run.start()
    os.kill(await run.passes(), signal.SIGKILL)
    await run.mails(2)
    await until(run.settled, lambda: run.log)
    before = (await run.health())["checks"]["process:state"][0]["time"]
    await asyncio.sleep(1.2)
    assert (await run.health())["checks"]["process:state"][0]["time"] != before
    assert await asyncio.wait_for(run.stop(), PATIENCE) == 0
