"""A whole sidecar as its users run it: a process with a configuration file, over a stand-in."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from cloudserver.session import PATH, Registered, Session, make_keys
from support.smtp import Mailbox, mail_server

PATIENCE = 30.0
"""Seconds after which something that should happen soon is said not to happen."""
QUIET = 'quiet_from = "00:00"\nquiet_to = "00:00"\n'
"""No quiet window."""
PROGRAMS = {"cloudserver", "Failing"}
"""The servers, as their command lines have them: the stand-in, and a Java program."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One configuration, and the sidecars that ran on it."""

    directory: Path
    mailbox: Mailbox
    client: aiohttp.ClientSession
    server_port: int = field(default_factory=free_port)
    health_port: int = field(default_factory=free_port)
    sidecar: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """What the sidecar has in its environment beside our own."""
    program: tuple[str, ...] = ("-m", "sidecar")
    """What Python is told to run."""
    at_end: ExitStack = field(default_factory=ExitStack)
    """What else is to be ended with it."""

    def configure(
        self,
        limits: str = "",
        server: str = "",
        arguments: tuple[str, ...] = (),
        command: list[str] | None = None,
        channels: dict[str, str] | None = None,
        language: str = "en",
        health: str = "",
    ) -> None:
        """A stand-in with these arguments, unless a command is given; told by mail, unless otherwise.

        What follows a channel's url on lines of its own are more of its keys.
        """
        standin = [sys.executable, "-m", "cloudserver", "--port", str(self.server_port), *arguments]
        (self.directory / "server").mkdir(exist_ok=True)
        urls = {"mail": self.mailbox.url} if channels is None else channels
        told = []
        for name, said in urls.items():
            url, _, more = said.partition("\n")
            told.append(f"[[channel]]\nname = '{name}'\nurl = '{url}'\n{more}\n")
        said = "" if language == "en" else f"language = '{language}'\n"
        # Without a quiet window: what is planned would be done at once if the tests ran in it.
        quiet = "" if "quiet_from" in limits else QUIET
        self.config.write_text(
            f"{said}[server]\ncommand = {json.dumps(command or standin)}\ndirectory = 'server'\n"
            f"port = {self.server_port}\n{server}\n"
            f"[state]\ndirectory = 'state'\n[health]\nport = {self.health_port}\n{health}"
            f"{''.join(told)}[limits]\n{quiet}{limits}\n"
        )

    @property
    def config(self) -> Path:
        return self.directory / "sidecar.toml"

    @property
    def recording(self) -> Path:
        return self.directory / "state" / "recording"

    @property
    def log(self) -> str:
        return (self.directory / "sidecar.log").read_text()

    def start(self) -> subprocess.Popen[bytes]:
        with (self.directory / "sidecar.log").open("ab") as log:
            self.sidecar = subprocess.Popen(
                [sys.executable, *self.program, "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        return self.sidecar

    async def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.sidecar is not None
        self.sidecar.send_signal(number)
        return await asyncio.to_thread(self.sidecar.wait, PATIENCE)

    async def asks(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """As an operator does, by the program's own commands."""
        command = [sys.executable, "-m", "sidecar", *arguments, "--config", str(self.config)]
        return await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    async def health(self) -> dict[str, Any]:
        """What /health says; empty while nobody answers there."""
        try:
            async with self.client.get(f"http://127.0.0.1:{self.health_port}/health") as answer:
                body: dict[str, Any] = json.loads(await answer.read())
                assert answer.status == (503 if body["status"] == "fail" else 200)
                return body
        except aiohttp.ClientError:
            return {}

    async def status(self) -> str:
        return str((await self.health()).get("status", ""))

    async def passes(self, *, not_pid: int | None = None, patience: float = PATIENCE) -> int:
        """Wait for a proven server (a new one); its pid."""
        pid = 0

        async def well() -> bool:
            nonlocal pid
            body = await self.health()
            if body.get("status") != "pass":
                return False
            pid = int(body["checks"]["process:state"][0]["componentId"])
            return pid != not_pid

        await until(well, lambda: f"not well: {self.log[-3000:]}", patience)
        return pid

    def servers(self) -> list[int]:
        """Every server of this configuration that runs, whoever started it."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.cwd() != str(self.directory / "server"):
                    continue
                ours = not PROGRAMS.isdisjoint(process.cmdline())
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
        return found

    async def registers(self) -> bool:
        """Whether a stranger's registration is answered."""
        session = Session(make_keys(os.urandom), lambda: "1")
        url = f"http://127.0.0.1:{self.server_port}{PATH}"
        async with self.client.ws_connect(url, headers=session.headers()) as ws:
            session.receive(await ws.receive_str(timeout=PATIENCE))
            await ws.send_str(session.register())
            return isinstance(session.receive(await ws.receive_str(timeout=PATIENCE)), Registered)

    async def habit(self, name: str) -> None:
        url = f"http://127.0.0.1:{self.server_port}/standin/habits/{name}"
        async with self.client.post(url) as answer:
            assert answer.status < 300, await answer.text()

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mailbox.mails]

    @property
    def message_ids(self) -> list[str]:
        """What each mail calls itself, in the order in which they came."""
        return [re.findall(r"Message (\S+) from", mail.get_content())[0] for mail in self.mailbox.mails]

    async def mails(self, number: int) -> list[str]:
        async def there() -> bool:
            return len(self.mailbox.mails) >= number

        await until(there, lambda: f"{number} mails wanted: {self.subjects}: {self.log[-3000:]}")
        return self.subjects

    async def settled(self) -> bool:
        """Whether nothing is owed to anybody any more."""
        body = await self.health()
        return bool(body) and body["checks"]["outbox:waiting"][0]["observedValue"] == 0

    def end(self) -> None:
        if self.sidecar is not None and self.sidecar.poll() is None:
            self.sidecar.kill()
            self.sidecar.wait()
        for pid in self.servers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.at_end.close()


async def until(
    true: Callable[[], Awaitable[bool]], why: Callable[[], str], patience: float = PATIENCE
) -> None:
    deadline = time.monotonic() + patience
    while not await true():
        assert time.monotonic() < deadline, why()
        await asyncio.sleep(0.03)


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Running]:
    """All that is needed, nothing started; everything ended at the end."""
    async with mail_server() as mailbox, aiohttp.ClientSession() as client:
        run = Running(directory, mailbox, client)
        run.configure()
        try:
            yield run
        finally:
            run.end()
