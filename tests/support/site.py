"""The page and ``/health`` over a fabricated server: the real core, faces and web, and no processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sidecar.config.secrets import Secret
from sidecar.config.settings import HealthSettings
from sidecar.core.stories import Topic
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.listing import listing
from sidecar.faces.words import words
from sidecar.web.api import Api
from sidecar.web.app import Served, serve
from sidecar.web.metrics import Metrics
from sidecar.web.monit import monit_of
from sidecar.web.past import Past
from support.playbook import Playbook

LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
WORDS = words()


@dataclass
class Shown:
    """What the API shows of a book."""

    book: Playbook

    def open_incidents(self) -> dict[int, Topic]:
        return {one.number: topic for topic, one in self.book.view.open.items()}

    def incidents(self) -> str:
        return listing(self.book.view, WORDS)


NOBODY = Api(None, lambda _: None, Shown(Playbook()))
"""For pages that nothing is asked of."""


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
async def serving(
    book: Playbook | None = None,
    language: str = "en",
    token: str | None = None,
    history: Path = Path("/nonexistent/history.db"),
    monit_password: str | None = None,
) -> AsyncIterator[Site]:
    """Serve what the book's sidecar knows; without a book, a server that runs."""
    if book is None:
        book = Playbook()
        book.boots()
    api = Api(token, book.sees, Shown(book))
    past = Past(history, lambda: book.state.incidents.known, lambda: words(language))
    monit = monit_of(Secret(monit_password) if monit_password else None, lambda: book.view, LABEL)
    served = await serve(
        HealthSettings(port=0),
        lambda: health(book.view, LABEL, words(language)),
        api,
        past,
        (Metrics(lambda: book.view, LABEL).route, *monit),
    )
    try:
        yield Site(served, book)
    finally:
        await served.stop()
