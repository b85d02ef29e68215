"""What is left of clients lost without a close frame, kept for a minute (cloud-server.md §5.10). No I/O."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")
SECONDS = 60.0


class _Timer:
    """What ends an entry. Only the newest timer of an identity can still be cancelled (H2)."""

    __slots__ = ("cancelled", "due", "identity")

    def __init__(self, due: float, identity: str) -> None:
        self.due = due
        self.identity = identity
        self.cancelled = False


class Standby(Generic[T]):
    """What is kept, by identity. Times are seconds, monotonic, and never go back."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[str, T] = {}
        self._timers: dict[str, _Timer] = {}
        self._due: deque[_Timer] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, identity: str, what: T, now: float) -> None:
        """Keep something for whoever comes back as `identity`.

        A second loss replaces the first, but not its timer, which then ends the newer entry early (H2).
        """
        self.expire(now)
        self._kept[identity] = what
        timer = self._timers[identity] = _Timer(now + self._seconds, identity)
        self._due.append(timer)

    def take(self, identity: str, now: float) -> T | None:
        """What was kept, if the time is not over: it is kept no longer, and its timer is cancelled."""
        self.expire(now)
        timer = self._timers.pop(identity, None)
        if timer is not None:
            timer.cancelled = True
        return self._kept.pop(identity, None)

    def expire(self, now: float) -> None:
        """Let go of everything whose time is over."""
        while self._due and self._due[0].due <= now:
            timer = self._due.popleft()
            if not timer.cancelled:
                self._kept.pop(timer.identity, None)
                if self._timers.get(timer.identity) is timer:
                    del self._timers[timer.identity]
