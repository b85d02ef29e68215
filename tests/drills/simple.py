"""What simpler checks would have said meanwhile: one of the pid, one of the port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

from support.running import Running

CHECK_INTERVAL = 0.5
"""Seconds between two looks of the simple checks; more of them would fill a hung server's accept queue."""


@dataclass
class Simple:
    """A check of the pid and one of the port."""

    run: Running
    pid: int = 0
    """0: whoever is found first."""
    seen: list[tuple[float, bool, bool]] = field(default_factory=list)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """All the while."""
        task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            task.cancel()

    async def _look(self) -> None:
        while True:
            self.seen.append((time.time(), self._alive(), await self._connects()))
            await asyncio.sleep(CHECK_INTERVAL)

    def _alive(self) -> bool:
        if not self.pid:
            self.pid = next(iter(self.run.servers()), 0)
        with suppress(psutil.Error):
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        return False

    async def _connects(self) -> bool:
        try:
            async with asyncio.timeout(1.0):
                _, writer = await asyncio.open_connection("127.0.0.1", self.run.server_port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    def said(self, since: float, until: float) -> tuple[str, str] | tuple[None, None]:
        """Until the sidecar knew; not before there was a process at all. Nothing, if they never looked."""
        after = [one for one in self.seen if one[0] > since]
        looks = [one for one in after if one[0] <= until] or after[:1]
        if not looks:
            return None, None
        first = next((i for i, one in enumerate(looks) if one[1]), len(looks))
        looks = looks[first:] or looks
        pid, port = all(one[1] for one in looks), all(one[2] for one in looks)
        return "well" if pid else "ill", "well" if port else "ill"
