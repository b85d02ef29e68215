"""``fermat-sidecar status`` over a served socket; that of a whole sidecar is asked in tests/system."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sidecar.web.control import listen
from sidecar.web.showing import Showing
from support.playbook import Playbook
from support.site import LABEL

DOWN = "✗ The Cloud Server is being started.\n"


@pytest.fixture
def book() -> Playbook:
    return Playbook()


@pytest.fixture
async def config(tmp_path: Path, book: Playbook) -> AsyncIterator[Path]:
    state = tmp_path / "state"
    state.mkdir()
    file = tmp_path / "sidecar.toml"
    file.write_text(f'[server]\ncommand = ["true"]\n[state]\ndirectory = "{state}"\n')
    showing = Showing(lambda: book.view, LABEL, "en")
    book.publish = showing.changed
    control = await listen(state, book.sees, showing)
    yield file
    control.close()


async def run(
    config: Path, *arguments: str, out: int = asyncio.subprocess.PIPE
) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "sidecar", "status", "--config", str(config), *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return await asyncio.create_subprocess_exec(
        *command, stdout=out, stderr=asyncio.subprocess.PIPE, env=environment
    )


async def test_well_is_0_and_ill_is_1(config: Path, book: Playbook) -> None:
    identity = book.boots()
    process = await run(config)
    out, _ = await process.communicate()
    assert out.decode().startswith("✓ The Cloud Server is up and answers.\n")
    assert process.returncode == 0
    book.dies(identity)
    process = await run(config)
    out, _ = await process.communicate()
    assert out.decode().startswith("✗ ")
    assert process.returncode == 1


async def test_no_sidecar_is_1_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "sidecar.toml"
    file.write_text(f'[server]\ncommand = ["true"]\n[state]\ndirectory = "{tmp_path}"\n')
    process = await run(file)
    out, err = await process.communicate()
    assert (out, process.returncode) == (b"", 1)
    assert (
        err.decode() == f"fermat-sidecar: {tmp_path}/control.sock: no sidecar with this configuration runs\n"
    )


async def test_a_terminal_has_colours(config: Path, book: Playbook) -> None:
    book.boots()
    ours, theirs = pty.openpty()
    process = await run(config, out=theirs)
    os.close(theirs)
    assert await process.wait() == 0
    assert os.read(ours, 4096).startswith(b"\x1b[32m\xe2\x9c\x93\x1b[0m The Cloud Server")
    os.close(ours)


async def test_watching_goes_on_until_ctrl_c_which_is_no_mistake(config: Path, book: Playbook) -> None:
    identity = book.boots()
    process = await run(config, "--watch")
    assert process.stdout is not None
    assert (await process.stdout.readline()).decode().startswith("✓ ")
    book.dies(identity)
    looks = 0
    async with asyncio.timeout(20):
        while looks < 2:
            looks += (await process.stdout.readline()).decode() == DOWN
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert (err, process.returncode) == (b"", 1)
