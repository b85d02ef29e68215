"""``GET /api/v1/samples`` and ``/api/v1/incidents``: what was, read in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path

import msgspec
from aiohttp import web

from sidecar.core.engine import State
from sidecar.core.stories import Incident
from sidecar.faces.label import Label
from sidecar.faces.past import Incidents, Process, alerted, restarts, told
from sidecar.faces.words import Words
from sidecar.store.history import asking
from sidecar.store.history.levels import SERIES
from sidecar.store.history.reading import NoHistory, Span, incidents, samples, starts
from sidecar.store.history.shapes import shaped
from sidecar.tasks import OneThread
from sidecar.web.answering import Route
from sidecar.web.guard import refuse

SAMPLES, INCIDENTS = "/api/v1/samples", "/api/v1/incidents"
_POINTS, _MOST_POINTS = 600, 2000
_LIMIT, _MOST_INCIDENTS = 100, 1000
_AT_ONCE = 4
"""Questions that are answered or wait for their turn; whoever comes then is asked to come again."""
_SINCE = "-3600"
_ALL = "90d"
_DIGITS = 10


class Past:
    """Answers from ``history.db``, which is some seconds behind; what is open the sidecar knows itself."""

    def __init__(
        self, path: Path, now: Callable[[], State], label: Label, words: Callable[[str], Words]
    ) -> None:
        """`now`: what the file may not have yet; `words`: the catalogue for who accepts these languages."""
        self._path = path
        self._now = now
        self._label = label
        self._words = words
        self._thread = OneThread("past")
        self._asked = 0

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where it is asked."""
        return Route(SAMPLES, self.samples), Route(INCIDENTS, self.incidents)

    async def samples(self, request: web.BaseRequest) -> web.Response:
        """Columns of numbers, and the verdict of each step."""

        def understood(now: float) -> Callable[[], object]:
            query = _query(request, "since", "until", "points", "measures")
            span = _span(query, _SINCE, now)
            points = _number(query, "points", _POINTS, _MOST_POINTS)
            wanted = query.get("measures", "")
            try:
                names = asking.series(wanted.split(",") if wanted else SERIES)
            except ValueError as error:
                raise ValueError(f"measures: {error}") from None
            return lambda: shaped(samples(self._path, span, points, names), names)

        return await self._answer(understood)

    async def incidents(self, request: web.BaseRequest) -> web.Response:
        """The newest first, with their stories."""

        def understood(now: float) -> Callable[[], object]:
            query = _query(request, "since", "until", "limit")
            span = _span(query, _ALL, now)
            limit = _number(query, "limit", _LIMIT, _MOST_INCIDENTS)
            words = self._words(request.headers.get("Accept-Language", ""))
            return partial(self._told, span, limit, self._now(), words)

        return await self._answer(understood)

    def _told(self, span: Span, limit: int, now: State, words: Words) -> Incidents:
        """In the thread."""
        known = {(one.number, one.opened): one for one in incidents(self._path, span, limit) if one.closed}
        known |= {(one.number, one.opened): one for one in now.incidents.known if _within(one, span)}
        newest = sorted(known.values(), key=lambda one: one.opened, reverse=True)
        began = [
            Process(one.at, one.pid, one.cause)
            for one in starts(self._path, span)
            if one.cause or not one.adopted
        ]
        return Incidents(
            [told(one, words) for one in newest[:limit]],
            restarts(began, newest, span.since, words),
            [
                alerted(one, self._label, words)
                for one in reversed(now.outbox.taken)
                if span.since <= one.wall < span.until
            ],
        )

    async def _answer(self, understood: Callable[[float], Callable[[], object]]) -> web.Response:
        if self._asked >= _AT_ONCE:
            return refuse(SAMPLES, HTTPStatus.SERVICE_UNAVAILABLE, "others are asking: ask again in a second")
        try:
            work = understood(time.time())
        except ValueError as error:
            return refuse(SAMPLES, HTTPStatus.BAD_REQUEST, str(error))
        self._asked += 1
        try:
            body = await self._thread.call(lambda: msgspec.json.encode(work()))
            return web.Response(body=body, content_type="application/json")
        except NoHistory as error:
            return refuse(SAMPLES, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        finally:
            self._asked -= 1


def _within(incident: Incident, span: Span) -> bool:
    """Whether it was open at some time in the range."""
    return incident.opened < span.until and (incident.closed is None or incident.closed >= span.since)


def _query(request: web.BaseRequest, *known: str) -> dict[str, str]:
    """What is asked, each word once. ValueError for what nobody understands."""
    for name in request.query:
        if name not in known:
            raise ValueError(f"{name[:40]!r} is not understood; there are: {', '.join(known)}")
        if len(request.query.getall(name)) > 1:
            raise ValueError(f"{name}: is given more than once: give it once")
    return dict(request.query)


def _span(query: dict[str, str], since: str, now: float) -> Span:
    return Span(*asking.span(query.get("since", since), query.get("until", ""), now), now)


def _number(query: dict[str, str], name: str, usual: int, most: int) -> int:
    text = query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS and 1 <= int(text) <= most):
        raise ValueError(f"{name}: {text[:40]!r} is no number from 1 to {most}")
    return int(text)
