"""One unit as systemd tells of it: its state, kept up to date by signals, and orders about it.

What comes with the signals is believed, and never asked for later: with Restart=always the result of a death
is gone from the properties 20 ms after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sidecar.servers.bus import MANAGER_PATH, PROPERTIES, SERVICE, UNIT, Bus, Refused, plain
from sidecar.servers.unit_state import UnitState
from sidecar.tasks import spawn

_AGAIN = 5.0
"""Seconds before a lost bus is tried again."""
_JOB_PATIENCE = 100.0
"""Seconds for a job: longer than systemd itself gives a server to stop (TimeoutStopSec=90)."""


class Manager:
    """What it says of one unit, and does about it."""

    def __init__(self, unit: str, changed: Callable[[], None], lost: Callable[[str], None]) -> None:
        """`changed` is called after each change of `state`; `lost`, with the reason, when nobody answers."""
        self.state = UnitState()
        self._unit = unit
        self._changed = changed
        self._lost = lost
        self._path = ""
        self._bus = Bus(self._hear)
        self._orders = 0
        self._ended: dict[str, str] = {}
        """Jobs that have ended while an order of ours was under way, and how."""
        self._job_ended = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @property
    def obeying(self) -> bool:
        """Whether what is being done to the unit is our own order."""
        return self._orders > 0

    async def run(self) -> None:
        """Stay connected, for ever."""
        try:
            while True:
                try:
                    await self._connect()
                    await self._bus.lost()
                    why = "the connection to the system bus has ended"
                except OSError as error:
                    why = str(error.strerror)
                self._bus.close()
                self._lost(f"systemd cannot be asked: {why}")
                await asyncio.sleep(_AGAIN)
                self._bus = Bus(self._hear)
        finally:
            if self._reading is not None:
                self._reading.cancel()
            self._bus.close()

    async def order(self, member: str) -> None:
        """Have a job done to the unit, and wait for its end. OSError when it was refused, or has failed."""
        self._orders += 1
        try:
            if self.state.active == "failed":  # or its start limit would refuse
                await self._bus.call("ResetFailedUnit", "s", self._unit)
            (job,) = await self._bus.call(member, "ss", self._unit, "replace")
            result = await self._result(job)
            if result not in ("done", "canceled"):  # canceled: another's order has come in its place
                raise Refused(f"{member}: the job ended with {result!r}, the unit is {self.state.active}")
        finally:
            self._orders -= 1
            if not self._orders:
                self._ended.clear()

    async def kill(self, whom: str, number: int) -> None:
        """Send a signal to the "main" process, or to "all". OSError when that is refused."""
        await self._bus.call("KillUnit", "ssi", self._unit, whom, number)

    async def main_pid(self) -> int:
        """Ask now. OSError when nobody answers."""
        return int((await self._bus.properties(self._path, SERVICE))["MainPID"])

    async def _result(self, job: str) -> str:
        try:
            async with asyncio.timeout(_JOB_PATIENCE):
                while job not in self._ended:
                    self._job_ended.clear()
                    await self._job_ended.wait()
        except TimeoutError:
            raise Refused(f"its job has not ended within {_JOB_PATIENCE:g} s") from None
        return self._ended[job]

    async def _connect(self) -> None:
        bus = self._bus
        await bus.connect()
        (self._path,) = await bus.call("LoadUnit", "s", self._unit)
        await bus.listen(f"path='{self._path}',interface='{PROPERTIES}'")
        for member in ("JobRemoved", "Reloading"):
            await bus.listen(f"path='{MANAGER_PATH}',member='{member}'")
        await bus.call("Subscribe")
        await self._read()

    async def _read(self) -> None:
        """Read all there is to know: at first, and when units were read anew (it may be gone)."""
        (path,) = await self._bus.call("LoadUnit", "s", self._unit)
        found = await self._bus.properties(path, UNIT)
        found |= await self._bus.properties(path, SERVICE)  # also one whose file is gone may run
        self.state = UnitState().changed(found)
        self._changed()

    async def _reread(self) -> None:
        with suppress(OSError):  # a lost bus is told where it is waited for
            await self._read()

    def _hear(self, path: str, interface: str, member: str, body: list[Any]) -> None:
        if member == "PropertiesChanged" and path == self._path and interface == PROPERTIES:
            self.state = self.state.changed(plain(body[1]))
            self._changed()
        elif member == "JobRemoved" and body[2] == self._unit and self._orders:
            self._ended[body[1]] = body[3]
            self._job_ended.set()
        elif member == "Reloading" and not body[0]:
            self._reading = spawn(self._reread(), "systemd: units read anew")
