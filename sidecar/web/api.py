"""``POST /api/v1/pause`` and the like: what the control socket takes, from whoever has the token.

A browser is never asked for it: a request that a page has made, which has an Origin, is refused.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from http import HTTPStatus

import msgspec
from aiohttp import web

from sidecar.core.observations import Report
from sidecar.web.answering import Route
from sidecar.web.guard import refuse
from sidecar.web.limits import Limit, client
from sidecar.web.wishes import WISHES, Answer, Face, obey, read

PATH = "/api/v1/"
"""Before the name of a wish."""
BY = "API"
"""Whose wish it is, where others read of it: a token has no name."""
LONGEST_BODY = 4096
"""Bytes."""
SLOWEST_BODY = 5.0
"""Seconds."""
_GUESSES, _NEXT_GUESS = 10, 6.0
"""Wrong tokens: so many at once, and then one in so many seconds. A right one has to wait, too."""


class Api:
    """Obeys whoever shows the token."""

    def __init__(self, token: str | None, report: Report, face: Face) -> None:
        """Without a token nobody is obeyed, and is told so."""
        self._shown = None if token is None else f"Bearer {token}".encode()
        self._wrong = Limit(_GUESSES, _NEXT_GUESS)
        self._report = report
        self._face = face

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where it is asked, for each wish."""
        return tuple(Route(PATH + wish, self.post, ("POST",)) for wish in WISHES)

    async def post(self, request: web.BaseRequest) -> web.Response:
        """The answer as JSON: `error` says why not, with a status of 4xx."""
        if refused := self._refused(request):
            return refused
        body = await _body(request)
        if isinstance(body, web.Response):
            return body
        try:
            asked = read(body or b"{}")
        except ValueError as error:
            return refuse(PATH, HTTPStatus.BAD_REQUEST, f"not understood: {error}")
        if not isinstance(asked, dict):
            return refuse(PATH, HTTPStatus.BAD_REQUEST, "not understood: the body must be a JSON object")
        answer = obey({**asked, "ask": request.path.removeprefix(PATH)}, BY, self._report, self._face)
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY if answer.error else HTTPStatus.OK, answer)

    def _refused(self, request: web.BaseRequest) -> web.Response | None:
        if self._shown is None:
            return refuse(PATH, HTTPStatus.FORBIDDEN, "nobody is obeyed here: there is no [health] token")
        if "Origin" in request.headers:
            return refuse(PATH, HTTPStatus.FORBIDDEN, "no page of a browser is obeyed here")
        if request.can_read_body and request.content_type != "application/json":
            return refuse(PATH, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "say Content-Type: application/json")
        return self._unknown(request, self._shown)

    def _unknown(self, request: web.BaseRequest, right: bytes) -> web.Response | None:
        """Whoever shows no token, or a wrong one; and who has done so too often."""
        who, now = client(request.remote), time.monotonic()
        if wait := self._wrong.wait(who, now):
            return refuse(PATH, HTTPStatus.TOO_MANY_REQUESTS, "too many wrong tokens", wait)
        shown = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if hmac.compare_digest(shown, right):
            return None
        self._wrong.spend(who, now)
        refused = refuse(PATH, HTTPStatus.UNAUTHORIZED, "show the token: Authorization: Bearer TOKEN")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused


async def _body(request: web.BaseRequest) -> bytes | web.Response:
    """All of it; or what is said of one that is too long, too slow, or none."""
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            return await request.read()
    except TimeoutError:
        return refuse(PATH, HTTPStatus.REQUEST_TIMEOUT, "the body did not come")
    except web.HTTPRequestEntityTooLarge:
        why = f"a body has {LONGEST_BODY} bytes at most"
        return refuse(PATH, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)
    except (web.RequestPayloadError, ConnectionError):  # badly chunked; or whoever sent it has left
        return refuse(PATH, HTTPStatus.BAD_REQUEST, "the body is broken")


def _answer(status: HTTPStatus, answer: Answer) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(answer), content_type="application/json")
