"""The whole sidecar over commands that do not keep what they were given: still one server."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from support.running import Running, running

CLOSES = [sys.executable, "-c", "import os, sys; os.closerange(3, 256); os.execv(sys.argv[1], sys.argv[1:])"]
LEAVES_HELPER = ["sh", "-c", 'sleep 1000 & exec "$@"', "sh"]


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


def behind(run: Running, launcher: list[str]) -> None:
    """Let the server be started by a launcher."""
    words = json.dumps([sys.executable, "-m", "cloudserver"])[1:-1]
    config = run.config.read_text()
    assert words in config
    run.config.write_text(config.replace(words, f"{json.dumps(launcher)[1:-1]}, {words}"))


def helpers(run: Running) -> list[int]:
    ours = {"cmdline": ["sleep", "1000"], "cwd": str(run.directory / "server")}
    return [process.pid for process in psutil.process_iter(list(ours)) if process.info == ours]


async def test_a_killed_sidecar_finds_the_server_that_has_no_lock(run: Running) -> None:
    behind(run, CLOSES)
    sidecar = run.start()
    pid = await run.passes()
    sidecar.kill()
    sidecar.wait()
    run.start()
    assert await run.passes() == pid
    assert run.servers() == [pid]
    assert run.subjects == []
    await run.stop()
    assert run.servers() == []


async def test_a_helper_of_the_start_script_never_stands_for_the_server(run: Running) -> None:
    behind(run, LEAVES_HELPER)
    sidecar = run.start()
    pid = await run.passes()
    try:
        os.kill(pid, signal.SIGKILL)
        pid = await run.passes(not_pid=pid)
        assert len(helpers(run)) == 1
        assert len(await run.mails(2)) == 2
        sidecar.kill()
        sidecar.wait()
        sidecar = run.start()
        assert await run.passes() == pid
        await run.stop()
        run.start()
        await run.passes(not_pid=pid)
        assert len(run.servers()) == len(helpers(run)) == 1
        assert len(set(run.message_ids)) == 2  # one may have come twice: its sidecar was killed
        await run.stop()
    finally:
        for helper in helpers(run):
            os.kill(helper, signal.SIGKILL)
