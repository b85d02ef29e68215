"""One drill: harm, the finding, the right answer; and what simpler checks would have said meanwhile."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil

from sidecar.core.nouns import SERVER, Trouble
from sidecar.core.replay import Step, replay
from sidecar.store.recorded import read
from support.running import Running, running

Act = Callable[[Running, int], Awaitable[None]]
CHECK_INTERVAL = 0.5
"""Seconds between two looks of the simple checks; more of them would fill a hung server's accept queue."""


@dataclass(frozen=True)
class Drill:
    """What happens, what it is to be called, and what the right answer is."""

    row: str
    """Of the table of failures."""
    finding: Trouble
    harm: Act
    cured: Act
    """Returns when the right answer has happened."""
    limits: str = ""
    server: str = ""
    arguments: tuple[str, ...] = ()
    prepare: Callable[[Running], None] = lambda _: None
    command: Callable[[Running], list[str]] | None = None
    """What is run, if not a stand-in."""
    from_the_start: bool = False
    """The server is never well before the harm: it is done to its start."""
    patience: float = 90.0
    """Seconds for the finding, and again for the cure."""
    tries: int = 1
    """How often it may be begun anew, where it is chance whether the harm is done."""
    lacks: str = ""
    """Why it cannot be done on this machine, if it cannot."""

    @property
    def name(self) -> str:
        """The row, as a file can be called."""
        return re.sub(r"[\W_]+", "-", self.row).lower()


class Result(msgspec.Struct):
    """What a drill showed."""

    row: str
    finding: str
    named: bool
    seconds_to_detect: float | None
    cured: bool
    pid_check: str
    """What a check of the pid would have said until then: "well" or "ill"."""
    tcp_check: str
    """Likewise of a connect to the port."""
    why: str = ""


@dataclass
class Simple:
    """A check of the pid and one of the port."""

    run: Running
    pid: int
    seen: list[tuple[float, bool, bool]] = field(default_factory=list)

    async def look(self) -> None:
        while True:
            self.seen.append((time.time(), self._alive(), await self._connects()))
            await asyncio.sleep(CHECK_INTERVAL)

    def _alive(self) -> bool:
        if not self.pid:
            self.pid = next(iter(self.run.servers()), 0)
        with suppress(psutil.Error):
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        return False

    async def _connects(self) -> bool:
        try:
            async with asyncio.timeout(1.0):
                _, writer = await asyncio.open_connection("127.0.0.1", self.run.server_port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    def said(self, since: float, until: float) -> tuple[str, str]:
        """Until the sidecar knew; not before there was a process at all."""
        after = [one for one in self.seen if one[0] > since]
        looks = [one for one in after if one[0] <= until] or after[:1]
        first = next((i for i, one in enumerate(looks) if one[1]), len(looks))
        looks = looks[first:] or looks
        pid, port = all(one[1] for one in looks), all(one[2] for one in looks)
        return "well" if pid else "ill", "well" if port else "ill"


async def perform(drill: Drill, directory: Path) -> Result:
    """One drill, in directories of its own."""
    for number in range(drill.tries):
        one = directory / str(number)
        one.mkdir()
        result = await _perform(drill, one)
        if result.named:
            break
    return result


async def _perform(drill: Drill, directory: Path) -> Result:
    async with running(directory) as run:
        command = await asyncio.to_thread(drill.command, run) if drill.command else None
        run.configure(drill.limits, drill.server, drill.arguments, command)
        drill.prepare(run)
        began = time.time()
        run.start()
        pid = 0 if drill.from_the_start else await run.passes()
        simple = Simple(run, pid)
        looking = asyncio.create_task(simple.look())
        try:
            if not drill.from_the_start:
                began = time.time()
            await drill.harm(run, pid)
            found = await _found(drill, run, began)
            until = found if found is not None else time.time()
            cured, why = await _cured(drill, run, pid) if found else (False, "not found")
        finally:
            looking.cancel()
        pid_check, tcp_check = simple.said(began, until)
        took = None if found is None else round(found - began, 2)
        return Result(drill.row, drill.finding, found is not None, took, cured, pid_check, tcp_check, why)


async def _found(drill: Drill, run: Running, began: float) -> float | None:
    deadline = time.monotonic() + drill.patience
    while time.monotonic() < deadline:
        moment = _when(drill.finding, run, began)
        if moment is not None:
            return moment
        await asyncio.sleep(0.5)
    return None


def _when(finding: Trouble, run: Running, began: float) -> float | None:
    """When the sidecar's own recording has the finding for the first time, epoch seconds."""
    directory = run.directory / "state" / "recording"
    if not directory.exists() or not any(directory.iterdir()):
        return None
    for step in replay(read(directory, lambda _: None)):
        if isinstance(step, Step) and step.seen.wall >= began:
            incident = step.after.incidents.open.get(SERVER)
            causes = [cause.trouble for cause in incident.causes] if incident else []
            if finding in step.after.findings or finding in causes:
                return step.seen.wall
    return None


async def _cured(drill: Drill, run: Running, pid: int) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(drill.patience):
            await drill.cured(run, pid)
        await run.stop()  # so that its recording has an end
    except (AssertionError, TimeoutError, subprocess.TimeoutExpired) as error:
        return False, (str(error) or type(error).__name__)[:300]
    return True, ""
