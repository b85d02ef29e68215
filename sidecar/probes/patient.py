"""A blocking look at something, again and again: in a thread, one at a time, and with a patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from sidecar.tasks import OneThread

Seen = TypeVar("Seen")


class Patient(Generic[Seen]):
    """Looks on a thread that may be shared; one that hangs takes this thread, and no other."""

    def __init__(self, thread: OneThread, look: Callable[[], Seen], patience: float) -> None:
        """`patience` in seconds."""
        self._thread = thread
        self._look = look
        self._patience = patience
        self._looking: asyncio.Future[Seen] | None = None

    @property
    def late(self) -> str:
        """Why there is nothing."""
        return f"not read within {self._patience:g} s"

    async def look(self) -> Seen | None:
        """What there is, None when it could not be had in time; what comes late is the next answer."""
        if self._looking is None:
            self._looking = self._thread.call(self._look)
        await asyncio.wait({self._looking}, timeout=self._patience)
        if not self._looking.done():
            return None
        seen, self._looking = self._looking.result(), None
        return seen

    def close(self) -> None:
        """Forget a look that has not begun: nobody asks any more."""
        if self._looking is not None:
            self._looking.cancel()
