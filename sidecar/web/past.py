"""``GET /api/v1/samples`` and ``/api/v1/incidents``: what was, read in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from pathlib import Path

import msgspec
from aiohttp import web

from sidecar.core.stories import Incident
from sidecar.faces.past import Incidents, restarted, told
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
        self, path: Path, recent: Callable[[], Iterable[Incident]], words: Callable[[str], Words]
    ) -> None:
        """`recent`: all that are open, and those that ended last, which the file may not have yet.

        `words`: the catalogue for who accepts these languages.
        """
        self._path = path
        self._recent = recent
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
            return partial(self._told, span, limit, tuple(self._recent()), words)

        return await self._answer(understood)

    def _told(self, span: Span, limit: int, recent: Iterable[Incident], words: Words) -> Incidents:
        """In the thread."""
        known = {(one.number, one.opened): one for one in incidents(self._path, span, limit) if one.closed}
        known |= {(one.number, one.opened): one for one in recent if _within(one, span)}
        newest = sorted(known.values(), key=lambda one: one.opened, reverse=True)
        return Incidents(
            [told(one, words) for one in newest[:limit]],
            [
                restarted(one.at, one.cause, words)
                for one in reversed(starts(self._path, span))
                if one.cause or not one.adopted
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
