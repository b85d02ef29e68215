"""Collects what an edge reports, and waits for what it should."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sidecar.core.observations import Observation

PATIENCE = 20.0
"""Seconds after which something that should happen at once is said not to happen."""
Kind = TypeVar("Kind", bound=Observation)


class Reports:
    """Stands where the loop does."""

    def __init__(self) -> None:
        self.all: list[Observation] = []
        self.react: Callable[[Observation], None] = lambda _: None
        self._news = asyncio.Event()

    def __call__(self, what: Observation) -> None:
        self.all.append(what)
        self._news.set()
        self.react(what)

    def of(self, kind: type[Kind], **fields: object) -> list[Kind]:
        """All of a kind whose fields are these."""
        return [
            what
            for what in self.all
            if isinstance(what, kind) and all(getattr(what, name) == value for name, value in fields.items())
        ]

    async def until(
        self, kind: type[Kind], number: int = 1, patience: float = PATIENCE, **fields: object
    ) -> Kind:
        """Wait for the so-many-th of a kind whose fields are these."""
        try:
            async with asyncio.timeout(patience):
                while len(found := self.of(kind, **fields)) < number:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} {fields or ''} among {self.all}") from None
        return found[number - 1]
