"""The page and ``/health`` over a fabricated server: the real core, faces and web, and no processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sidecar.config.settings import HealthSettings
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.words import words
from sidecar.web.app import Served, serve
from support.playbook import Playbook

LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
WORDS = words()


@dataclass
class Site:
    """The book may be continued while it is served."""

    served: Served
    book: Playbook

    @property
    def port(self) -> int:
        return self.served.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(book: Playbook | None = None, language: str = "en") -> AsyncIterator[Site]:
    """Serve what the book's sidecar knows; without a book, a server that runs."""
    if book is None:
        book = Playbook()
        book.boots()
    served = await serve(HealthSettings(port=0), lambda: health(book.view, LABEL, words(language)))
    try:
        yield Site(served, book)
    finally:
        await served.stop()
