"""The demonstration: starts it all, shows what happens, ends it all."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil

from demo.mail import Catcher
from demo.ports import ports
from demo.screen import Screen, banner, line
from fermatkit.errors import ExitCode, UserError

Process = asyncio.subprocess.Process

ROOT = Path(__file__).parent.parent
DIRECTORY = ROOT / "build" / "run"
PATIENCE = 30.0
"""Seconds for the server to be started and proven."""
FAREWELL = 1.7
"""Seconds for the sidecar to end its server and itself; then both are killed."""


def main() -> int:
    """Run until Ctrl-C; a mistake that the user can put right is one line."""
    try:
        with _alone():
            server_port, health_port = ports()
            asyncio.run(Demo(server_port, health_port).run())
    except UserError as error:
        print(f"make run: {error}", file=sys.stderr)
        return int(error.code)
    return 0


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """UserError where the checkout, or its disk, takes no more."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{error.filename or DIRECTORY}: {error.strerror}: "
            "it needs a checkout that it may write to, and some room"
        ) from None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One demonstration a checkout: it begins by emptying its directory."""
    with contextlib.ExitStack() as held:
        with _writing():
            DIRECTORY.parent.mkdir(exist_ok=True)
            lock = held.enter_context((DIRECTORY.parent / "run.lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError("it runs already in this checkout: end that one first (Ctrl-C there)") from None
        yield


class Demo:
    """One demonstration."""

    def __init__(self, server_port: int, health_port: int) -> None:
        self._server_port = server_port
        self._health_port = health_port
        self._end = asyncio.Event()
        self._screen = Screen(self._end.set)

    async def run(self) -> None:
        """Start, show, and end all of it, whatever happens."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._end.set)
        mail_port = await Catcher(self._screen.say).listen()
        with _writing():
            config = _prepare(self._server_port, self._health_port, mail_port)
        self._screen.say("Starting the sidecar; it starts the server …")
        sidecar = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sidecar", "run", "--config", str(config)),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # a terminal's Ctrl-C is for us, and we tell it
        )
        showing = asyncio.create_task(self._show(sidecar))
        try:
            await self._watch(sidecar)
        finally:
            await _finish(sidecar)
            await showing

    async def _watch(self, sidecar: Process) -> None:
        """Return when asked to end; UserError when the sidecar or its server cannot go on."""
        ended, asked = asyncio.create_task(sidecar.wait()), asyncio.create_task(self._end.wait())
        well = asyncio.create_task(self._well())
        await asyncio.wait({ended, asked, well}, return_when=asyncio.FIRST_COMPLETED)
        if well.done():
            well.result()
            self._screen.say(banner(self._server_port, self._health_port, ROOT))
            await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, asked, well):
            task.cancel()
        if not self._end.is_set():
            raise UserError(f"the sidecar ended by itself (status {sidecar.returncode})", ExitCode.UNHEALTHY)
        self._screen.say("\nEnding all of it …")

    async def _well(self) -> None:
        """Return when ``/health`` says pass."""
        url = f"http://127.0.0.1:{self._health_port}/health"
        try:
            async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as client:
                while await _status(client, url) != "pass":  # noqa: ASYNC110 - another process's state
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise UserError(
                f"the server was not well after {PATIENCE:g} s; what it printed is in {DIRECTORY}/state",
                ExitCode.UNHEALTHY,
            ) from None

    async def _show(self, sidecar: Process) -> None:
        assert sidecar.stderr is not None  # noqa: S101 - it is a pipe; mypy has to see it
        async for raw in sidecar.stderr:
            text = line(raw)
            if text is not None:
                self._screen.say(text)


async def _status(client: aiohttp.ClientSession, url: str) -> str:
    try:
        async with client.get(url) as answer:
            return str((await answer.json(content_type=None))["status"])
    except aiohttp.ClientError:  # it does not listen yet
        return ""


def _prepare(server_port: int, health_port: int, mail_port: int) -> Path:
    """A fresh directory with a configuration in it."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    (DIRECTORY / "server").mkdir(parents=True)
    (DIRECTORY / "state").mkdir()
    mail = f"mailto://127.0.0.1:{mail_port}?from=sidecar@localhost&to=operator@localhost&mode=insecure"
    config = DIRECTORY / "sidecar.toml"
    config.write_text(
        f"""\
# Made by make run, each time anew.

[server]
command = {json.dumps([sys.executable, "-m", "cloudserver", "--port", str(server_port)])}
directory = "server"
port = {server_port}

[server.admin]
password = "fermat"     # which the server writes into a new configuration

[state]
directory = "state"

[health]
port = {health_port}

[[channel]]
name = "mail"
url = {json.dumps(mail)}

[limits]
term_deadline = "1s"    # Ctrl-C is to end a hung server, too, within two seconds
"""
    )
    return config


async def _finish(sidecar: Process) -> None:
    """Ask the sidecar to end its server and itself; what is left after that is killed."""
    if sidecar.returncode is None:
        sidecar.terminate()
        try:
            async with asyncio.timeout(FAREWELL):
                await sidecar.wait()
        except TimeoutError:
            sidecar.kill()
            await sidecar.wait()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(DIRECTORY / "server") and "cloudserver" in process.cmdline():
                process.kill()
