"""What everybody may look at: ``/health``, ``/livez``, ``/readyz``, ``/api/v1/state``, and the page."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from importlib.resources import files

from aiohttp import web

from sidecar.faces.health import CONTENT_TYPE, Health
from sidecar.web.answering import Handler, Route
from sidecar.web.page import index
from sidecar.web.showing import Showing

_TYPES = {"css": "text/css", "js": "text/javascript"}
_PLACES = ("sidecar.web.page", "fermatkit.charts")
"""Packages of files, which are served by their names."""


def routes(showing: Showing) -> Iterator[Route]:
    """The routes."""

    async def of_health(request: web.BaseRequest) -> web.Response:
        health = showing.health(showing.language(_accepted(request)))
        return _health(health, request.headers.get("If-None-Match", ""))

    async def livez(_: web.BaseRequest) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.BaseRequest) -> web.Response:
        if showing.known():
            return web.Response(text="ok\n")
        why = "not ready: it is not known yet whether a Cloud Server runs\n"
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=why, headers={"Retry-After": "1"})

    async def state(_: web.BaseRequest) -> web.Response:
        return web.Response(body=showing.state(), content_type="application/json")

    async def page(request: web.BaseRequest) -> web.Response:
        language = showing.language(_accepted(request))
        headers = {"Content-Language": language, "Vary": "Accept-Language"}
        return web.Response(body=index(language), content_type="text/html", charset="utf-8", headers=headers)

    yield Route("/health", of_health)
    yield Route("/livez", livez)
    yield Route("/readyz", readyz)
    yield Route("/api/v1/state", state)
    yield Route("/", page)
    for place in _PLACES:
        for file in files(place).iterdir():
            if kind := _TYPES.get(file.name.rpartition(".")[2]):
                yield Route(f"/{file.name}", _static(file.read_bytes(), kind))


def _accepted(request: web.BaseRequest) -> str:
    return request.headers.get("Accept-Language", "")


def _health(health: Health, held: str) -> web.Response:
    """`held` is If-None-Match; a fail is always told whole (RFC 9110, 13.2.1)."""
    headers = {
        "Content-Language": health.language,
        "Vary": "Accept-Language",
        "Cache-Control": "no-cache",  # to be kept, and asked for each time: 304 says that it is so still
        "ETag": health.etag,
    }
    if health.etag in held and health.status == HTTPStatus.OK:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = CONTENT_TYPE  # aiohttp's own argument for it takes 2 µs longer
    return web.Response(status=health.status, body=health.body, headers=headers)


def _static(body: bytes, kind: str) -> Handler:
    async def static(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return static
