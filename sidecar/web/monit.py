"""``GET /monit/``: what the Cloud Server's admin page takes for a Monit, for whoever has the password."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from sidecar.config.secrets import Secret
from sidecar.core.view import View
from sidecar.faces.label import Label
from sidecar.web.answering import Route

_WHO = {"WWW-Authenticate": 'Basic realm="fermat-sidecar"'}


class Monit:
    """Asks for the password alone: a user's name says nothing here."""

    def __init__(self, password: str, look: Callable[[], View], label: Label) -> None:
        self._password = password.encode()
        self._look = look
        self._label = label

    @property
    def route(self) -> Route:
        """Where it is served."""
        return Route("/monit/", self.get)

    async def get(self, request: web.BaseRequest) -> web.Response:
        """The page, or 401."""
        if not hmac.compare_digest(shown(request.headers.get("Authorization", "")), self._password):
            return web.Response(status=HTTPStatus.UNAUTHORIZED, text="show the password", headers=_WHO)
        from sidecar.faces.monit import page  # noqa: PLC0415 - late: most sidecars are never asked

        return web.Response(body=page(self._look(), self._label), content_type="text/html", charset="utf-8")


def monit_of(password: Secret | None, look: Callable[[], View], label: Label) -> list[Route]:
    """Its route; without a password there is none."""
    return [Monit(password.reveal(), look, label).route] if password else []


def shown(authorization: str) -> bytes:
    """The password of HTTP's basic authentication (RFC 7617); empty where there is none to be read."""
    scheme, _, coded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(coded, validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""
    return decoded.partition(b":")[2]
