"""What is so now, for all that show it: looked at when somebody asks, once a change and once a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from sidecar.core.view import View

_FRESH = 1.0
"""Seconds for which a look may be shown again: what it says of time gets old by itself."""


class Looks:
    """Gives the same view again as long as it is good, so that what is made of it can be kept, too."""

    def __init__(self, look: Callable[[], View]) -> None:
        self._look = look
        self._last: View | None = None
        self._at = 0.0

    def __call__(self) -> View:
        """The last look, or another."""
        at = time.monotonic()
        if self._last is None or at - self._at > _FRESH:
            self._last, self._at = self._look(), at
        return self._last

    def forget(self) -> None:
        """Something has changed."""
        self._last = None
