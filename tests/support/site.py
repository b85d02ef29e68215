"""The page and ``/health`` over a fabricated server: the real core, faces and web, and no processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sidecar.config.secrets import Secret
from sidecar.config.settings import HealthSettings
from sidecar.faces.label import Label
from sidecar.faces.words import words
from sidecar.web.api import Api
from sidecar.web.app import Served, serve
from sidecar.web.events import Events
from sidecar.web.metrics import Metrics
from sidecar.web.monit import monit_of
from sidecar.web.past import Past
from sidecar.web.routes import routes
from sidecar.web.server import Server
from sidecar.web.showing import Showing
from support.playbook import Playbook

LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
WORDS = words()


@dataclass
class Site:
    """The book may be continued while it is served: what its sidecar sees is published at once."""

    served: Served
    book: Playbook
    events: Events
    showing: Showing

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
    port: int = 0,
) -> AsyncIterator[Site]:
    """Serve what the book's sidecar knows; without a book, a server that runs."""
    if book is None:
        book = Playbook()
        book.boots()
    showing = Showing(lambda: book.view, LABEL, language)
    events = Events(showing)

    def publish() -> None:
        showing.changed()
        events.changed()

    book.publish = publish
    past = Past(history, lambda: book.state, LABEL, showing.words)
    served = await serve(
        HealthSettings(port=port),
        [
            *routes(showing),
            *past.routes,
            Server(showing.look).route,
            *monit_of(Secret(monit_password) if monit_password else None, showing.look, LABEL),
            Metrics(showing.look, LABEL).route,
            *Api(token, book.sees, showing).routes,
        ],
        events,
    )
    try:
        yield Site(served, book, events, showing)
    finally:
        await served.stop()
