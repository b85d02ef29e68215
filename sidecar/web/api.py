"""``POST /api/v1/pause`` and the like: what the control socket takes, from whoever has the token.

A browser is never asked for it: a request that a page has made, which has an Origin, is refused.
"""

from __future__ import annotations

import hmac
from http import HTTPStatus

import msgspec
from aiohttp import web

from sidecar.core.observations import Report
from sidecar.web.wishes import Answer, Face, obey

PATH = "/api/v1/{ask}"
BY = "API"
"""Whose wish it is, where others read of it: a token has no name."""
LONGEST_BODY = 4096
"""Bytes."""


class Api:
    """Obeys whoever shows the token."""

    def __init__(self, token: str | None, report: Report, face: Face) -> None:
        """Without a token nobody is obeyed, and is told so."""
        self._token = token
        self._report = report
        self._face = face

    async def post(self, request: web.Request) -> web.Response:
        """The answer as JSON: `error` says why not, with a status of 4xx."""
        if refused := self._refused(request):
            return refused
        try:
            asked = msgspec.json.decode(await request.read() or b"{}")
        except msgspec.DecodeError as error:
            return _answer(HTTPStatus.BAD_REQUEST, Answer(f"not understood: {error}"))
        if not isinstance(asked, dict):
            return _answer(HTTPStatus.BAD_REQUEST, Answer("not understood: the body must be a JSON object"))
        answer = obey({**asked, "ask": request.match_info["ask"]}, BY, self._report, self._face)
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY if answer.error else HTTPStatus.OK, answer)

    def _refused(self, request: web.Request) -> web.Response | None:
        if self._token is None:
            return _answer(HTTPStatus.FORBIDDEN, Answer("nobody is obeyed here: there is no [health] token"))
        if "Origin" in request.headers:
            return _answer(HTTPStatus.FORBIDDEN, Answer("no page of a browser is obeyed here"))
        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {self._token}".encode()):
            answer = _answer(HTTPStatus.UNAUTHORIZED, Answer("show the token: Authorization: Bearer TOKEN"))
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        return None


def _answer(status: HTTPStatus, answer: Answer) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(answer), content_type="application/json")
