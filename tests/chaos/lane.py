"""One sidecar over one server, killed in one outage after the other; what came by mail says what was lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from itertools import count
from pathlib import Path

import psutil

from chaos.count import Counts, Told, added, counted, stories
from chaos.plan import Harm, Lack, Lane, Run, Victim
from support.disks import Disk, small_disk
from support.running import Running, running, until

PATIENCE = 90.0
"""Seconds: many sidecars share few cores."""
FAST = """
budget = [{ restarts = 10000, within = "1h" }]
storm_limit = { times = 10000, within = "1h" }
backoff_first = "50ms"
backoff_max = "100ms"
term_deadline = "2s"
hung_after = "1s"
start_timeout = "15s"
retry_first = "1s"
retry_max = "2s"
save_again = "1s"
"""
_PAUSE = 0.02
_LOG = 8000
"""Characters of the sidecar's log that are shown when something was lost."""
_SENDER = "sidecar.actuators.deliver"
Say = Callable[[str], None]


class Missed(Exception):
    """Everything was told before the kill: no run."""


class Stage:
    """What a lane plays on."""

    def __init__(self, run: Running, disk: Disk | None) -> None:
        self.run = run
        self.disk = disk
        self.pid = 0

    async def play(self, what: Run, lack: Lack) -> list[Told]:
        """One run; the mails that came in it. Missed."""
        before = len(self.run.mailbox.mails)
        lacking = asyncio.create_task(self._lack(what, lack))
        await asyncio.sleep(max(0.0, -what.lack_from))
        await self._harm(what.harm)
        killed = await self._kill(what)
        await lacking
        await until(self._is_over, lambda: f"not over: {self.run.log[-3000:]}", PATIENCE)
        assert self.run.servers() == [self.pid], "not one server"
        if not killed:
            raise Missed
        subjects, ids = self.run.subjects[before:], self.run.message_ids[before:]
        return [Told(subject.partition(":")[0], id_) for subject, id_ in zip(subjects, ids, strict=True)]

    async def begin(self) -> None:
        """A proven server."""
        self.run.start()
        await until(self._is_over, lambda: self.run.log[-3000:], PATIENCE)

    async def _harm(self, harm: Harm) -> None:
        if harm is Harm.BLOCKED:
            await self.run.habit("blocked")
        else:
            os.kill(self.pid, signal.SIGKILL)

    async def _kill(self, what: Run) -> bool:
        """Whether somebody was there to be killed."""
        old = self.pid
        sender = await self._sender(what.mail, old) if what.mail else None
        await asyncio.sleep(what.after)
        if what.victim is not Victim.SIDECAR:
            return await _killed(sender, child=what.victim is Victim.CHILD)
        if await self._ended_well(old) and not what.mail:
            return False
        await self._kill_sidecar(what.away)
        if what.again is not None:
            await asyncio.sleep(what.again)
            await self._kill_sidecar(what.away)
        return True

    async def _kill_sidecar(self, away: float) -> None:
        assert self.run.sidecar is not None
        self.run.sidecar.kill()
        self.run.sidecar.wait()
        await asyncio.sleep(away)
        self.run.start()

    async def _sender(self, number: int, old: int) -> psutil.Process | None:
        """Of the outage's first mail or its second, or whichever is tried again."""
        seen: list[psutil.Process] = []
        deadline = time.monotonic() + PATIENCE
        assert self.run.sidecar is not None
        sidecar = psutil.Process(self.run.sidecar.pid)
        while time.monotonic() < deadline:
            for child in sidecar.children():
                with suppress(psutil.Error):
                    if _SENDER in child.cmdline() and child not in seen:
                        seen.append(child)
            if len(seen) >= number:
                return seen[number - 1]
            if await self._ended_well(old):
                return None
            await asyncio.sleep(_PAUSE)
        return None

    async def _lack(self, what: Run, lack: Lack) -> None:
        if lack is Lack.NOTHING:
            return
        await asyncio.sleep(max(0.0, what.lack_from))
        if self.disk is not None:
            await asyncio.to_thread(self.disk.fill)
        else:
            self.run.mailbox.cut()
        await asyncio.sleep(what.lack_for)
        if self.disk is not None:
            self.disk.free()
        else:
            await self.run.mailbox.open()

    async def _is_over(self) -> bool:
        return await self._ended_well(self.pid, note=True)

    async def _ended_well(self, old: int, *, note: bool = False) -> bool:
        """Whether another server than that is proven, and nothing is owed to anybody."""
        body = await self.run.health()
        if not body:
            return False
        state, waiting = body["checks"]["process:state"][0], body["checks"]["outbox:waiting"][0]
        if state["observedValue"] != "proven" or waiting["observedValue"] != 0:
            return False
        pid = int(state["componentId"])
        if note and pid != old:
            self.pid = pid
        return pid != old


async def _killed(sender: psutil.Process | None, *, child: bool) -> bool:
    """The sender, or its child as soon as there is one; whether there was."""
    with suppress(psutil.NoSuchProcess):
        while sender is not None and sender.status() != psutil.STATUS_ZOMBIE:
            victims = sender.children() if child else [sender]
            for victim in victims:
                victim.kill()
                return True
            await asyncio.sleep(_PAUSE)
    return False


async def perform(lane: Lane, directory: Path, runs: int, say: Say) -> Counts:
    """So many runs of it in a directory of its own; each is said."""
    counts: list[Counts] = []
    with ExitStack() as at_end:
        full = lane.lack is Lack.DISK
        disk = at_end.enter_context(small_disk(directory / "state", "2m") if full else nullcontext())
        async with running(directory) as run:
            run.configure(FAST)
            stage = Stage(run, disk)
            await stage.begin()
            for number, what in zip(count(1), lane.runs(), strict=False):
                with suppress(Missed):
                    mails = await stage.play(what, lane.lack)
                    counts.append(counted(mails))
                    say(_line(lane, number, what, mails, counts[-1]))
                    if counts[-1].lost:
                        say(run.log[-_LOG:])
                if len(counts) == runs:
                    return added(counts)
    raise AssertionError("the runs of a lane have no end")


def _line(lane: Lane, number: int, what: Run, mails: list[Told], counts: Counts) -> str:
    since = f"mail {what.mail}" if what.mail else "harm"
    again = f" and {what.again:.2f} s after its start" if what.victim is Victim.SIDECAR and what.again else ""
    line = (
        f"{lane.seed:>8} {number:>3}  {what.harm:8} {lane.lack:8} {what.victim:8} {what.after:.2f} s after "
        f"{since}{again}, {counts.duplicates} twice"
    )
    if counts.lost or stories(mails) != 1:
        told = ", ".join(f"{one.word} {one.id}" for one in mails)
        line += f"  {'LOST' if counts.lost else 'told anew'}: {told}"
    return line
