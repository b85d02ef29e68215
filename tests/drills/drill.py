"""One drill: harm, the finding, the right answer; and what simpler checks would have said meanwhile."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec
import psutil

from drills import story
from drills.simple import Simple
from sidecar.core.nouns import Trouble
from support.running import Running, running

Act = Callable[[Running, int], Awaitable[None]]
WRONG = (AssertionError, OSError, subprocess.TimeoutExpired, aiohttp.ClientError, psutil.Error)
"""How a harm that cannot be done shows itself, and a right answer that does not come."""
MOST = 300
"""Characters of that."""


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
    story: tuple[str, ...] = ()
    """What the answer's steps are: parts of the replay's lines, in their order."""
    prepare: Callable[[Running], None] = lambda _: None
    command: Callable[[Running], list[str]] | None = None
    """What is run, if not a stand-in."""
    from_the_start: bool = False
    """The server is never well before the harm: it is done to its start."""
    patience: float = 90.0
    """Seconds for the finding, and again for the cure."""
    tries: int = 1
    """How often it may be begun anew, where it is chance whether the harm is done, and in time."""
    lacks: str = ""
    """Why it cannot be done on this machine, if it cannot."""

    @property
    def name(self) -> str:
        """The row, as a file can be called."""
        return re.sub(r"[\W_]+", "-", self.row).lower()


class Row(msgspec.Struct, frozen=True):
    """What a drill showed, as it stands in the file; None: not known, for it was not done."""

    finding: str
    """The row of the table of failures, with the variant: two of them may have one name in the core."""
    named: bool | None = None
    """Whether the core called it by its name."""
    seconds_to_detect: float | None = None
    cured: bool | None = None
    """Whether all of the right answer happened."""
    pid_check: str | None = None
    """What a check of the pid would have said until then: "well" or "ill"."""
    tcp_check: str | None = None
    """Likewise of a connect to the port."""


class Result(msgspec.Struct, frozen=True):
    """A row, and what a person needs beside it."""

    row: Row
    called: str
    """The finding's name in the core."""
    why: str = ""
    """Why it was not done, or what happened instead of the right answer."""


async def perform(drill: Drill, directory: Path) -> Result:
    """One drill, in directories of its own."""
    if drill.lacks:
        return Result(Row(drill.row), drill.finding, f"not run: {drill.lacks}")
    for number in range(drill.tries):
        one = directory / str(number)
        one.mkdir()
        result = await _perform(drill, one)
        if result.row.cured:
            break
    return result


async def _perform(drill: Drill, directory: Path) -> Result:
    async with running(directory) as run:
        command = await asyncio.to_thread(drill.command, run) if drill.command else None
        run.configure(drill.limits, drill.server, drill.arguments, command)
        drill.prepare(run)
        began, found, why = time.time(), None, "not found"
        run.start()
        simple = Simple(run)
        try:
            if not drill.from_the_start:
                simple.pid = await run.passes()
                began = time.time()
            pid = simple.pid
            with simple.looking():
                await drill.harm(run, pid)
                found = await _found(drill, run, began)
                if found is not None:
                    await _answered(drill, run, pid)
                    why = ""
        except WRONG as error:
            why = str(error) or type(error).__name__
        if why:
            why = await _explained(why, run)
        took = None if found is None else round(found - began, 2)
        said = simple.said(began, time.time() if found is None else found)
        return Result(Row(drill.row, found is not None, took, not why, *said), drill.finding, why)


async def _explained(why: str, run: Running) -> str:
    """With what a person needs who sees only this."""
    with suppress(subprocess.TimeoutExpired):
        await run.stop()  # so that its recording has an end
    return f"{why[:MOST]}\n{story.ending(run.recording, run.subjects)}"


async def _found(drill: Drill, run: Running, began: float) -> float | None:
    deadline = time.monotonic() + drill.patience
    while time.monotonic() < deadline:
        moment = story.when(drill.finding, story.life(run.recording), began)
        if moment is not None:
            return moment
        await asyncio.sleep(0.5)
    return None


async def _answered(drill: Drill, run: Running, pid: int) -> None:
    """The right answer happens, all of it."""
    async with asyncio.timeout(drill.patience):
        await drill.cured(run, pid)
    await run.stop()  # so that its recording has an end
    untold = story.missing(drill.story, story.lines(run.recording))
    assert not untold, f"did not happen: {untold[0]!r}"
