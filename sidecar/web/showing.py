"""What the faces say of what is so: made when somebody asks, once for each look and each language."""

from __future__ import annotations

from collections.abc import Callable

from sidecar.core.nouns import Identity
from sidecar.core.phases import Stand
from sidecar.core.stories import Topic
from sidecar.core.view import View
from sidecar.faces.glance import glance
from sidecar.faces.health import Health, health
from sidecar.faces.label import Label
from sidecar.faces.listing import listing
from sidecar.faces.state import state
from sidecar.faces.words import LANGUAGES, Words, words
from sidecar.web.languages import preferred
from sidecar.web.looks import Looks

_STANDS = (Stand.PROVING, Stand.PROVEN, Stand.SPARING)
"""In which nothing is done about the server yet."""


class Showing:
    """The faces of one sidecar, in its own language or a reader's."""

    def __init__(self, look: Callable[[], View], label: Label, language: str) -> None:
        self.look = Looks(look)
        self._label = label
        self._language = language
        self._of: View | None = None
        """What the two below are made of."""
        self._healths: dict[str, Health] = {}
        self._state: bytes | None = None

    def speak(self, language: str) -> None:
        """In another language from now on, to those who wish none."""
        self._language = language

    def changed(self) -> None:
        """What was shown is old now."""
        self.look.forget()

    def language(self, accepted: str) -> str:
        """The one for a reader whose ``Accept-Language`` this is."""
        return preferred(accepted, LANGUAGES, self._language)

    def words(self, accepted: str) -> Words:
        """Likewise."""
        return words(self.language(accepted))

    def health(self, language: str) -> Health:
        """``/health``."""
        view = self._now()
        if language not in self._healths:
            self._healths[language] = health(view, self._label, words(language))
        return self._healths[language]

    def state(self) -> bytes:
        """``/api/v1/state``."""
        view = self._now()
        if self._state is None:
            self._state = state(view, self._label)
        return self._state

    def known(self) -> bool:
        """Whether it is known if a server runs."""
        return self.look().known

    def replaceable(self) -> Identity | str:
        """The process that can be replaced now, or why none can."""
        now = self.look()
        if not now.can_restart:
            return "this sidecar neither starts nor ends the server: whoever runs it can restart it"
        if now.pause is not None:
            return "the sidecar keeps its hands off: end the pause first (fermat-sidecar resume)"
        if now.identity is None:
            return "no server runs"
        if now.stand not in _STANDS:
            return f"it is being seen to already ({now.stand}): see fermat-sidecar status"
        if any(one.spent >= one.window.restarts for one in now.budget):
            return "the restart budget is spent, and a server that is ended now would stay down"
        return now.identity

    def open_incidents(self) -> dict[int, Topic]:
        """By their numbers."""
        return {one.number: topic for topic, one in self.look().open.items()}

    def incidents(self) -> str:
        """What is open, what was, and who was told, in lines."""
        return listing(self.look(), words(self._language))

    def status(self) -> str:
        """How the server is, in lines."""
        return glance(self.look(), words(self._language))

    def _now(self) -> View:
        view = self.look()
        if view is not self._of:
            self._of, self._healths, self._state = view, {}, None
        return view
