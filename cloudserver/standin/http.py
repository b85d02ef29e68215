"""The REST side, under `/fermat/api`: cloud-server.md §2.2 to 2.4, as far as watchdogs and clients use it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from cloudserver.standin import lines, monit
from cloudserver.standin.clients import Profiles
from cloudserver.standin.discovery import NotAvailable, search
from cloudserver.standin.state import Standin
from cloudserver.standin.tokens import Tokens, Unauthorized
from cloudserver.wire import WireError, gson, profiles

_USER = "/fermat/api/user"
_COMPONENTS = "/fermat/api/components/registered"
_MONITORING = "/fermat/api/admin/monitoring"
_CONFIGURATION = "/fermat/api/admin/configuration"
_NOT_AVAILABLE = {"f": "Requested list is not available"}
K = TypeVar("K", bound=str)


class Login(msgspec.Struct, frozen=True):
    """The body of a login: `password` is the lower-case hex SHA-256 of the word."""

    user: str
    password: str


class Rest:
    """The REST resources of one stand-in; tokens die with it."""

    def __init__(self, standin: Standin) -> None:
        self._standin = standin
        self._tokens = Tokens(secrets.token_hex(32))

    def routes(self) -> list[web.RouteDef]:
        """Everything this serves. A GET also answers HEAD."""
        return [
            web.get(_USER, _running("User")),
            web.post(f"{_USER}/login", self._login),
            web.get(_COMPONENTS, _running("Component Registered")),
            web.post(_COMPONENTS, self._list),
            web.get(_MONITORING, _running("Monitoring")),
            web.get(f"{_MONITORING}/current/data", self._current_data),
            web.get(f"{_MONITORING}/system/data", self._system_data),
            web.get(f"{_MONITORING}/clients/list", self._clients),
            web.get(f"{_MONITORING}/client/components/details", self._details),
            web.get(_CONFIGURATION, _running("Configuration")),
            web.get(f"{_CONFIGURATION}/get", self._configuration),
        ]

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let only token bearers into `/fermat/api/admin/`; answer others as the real filter does.

        No token or a wrong signature is 401, an expired or malformed token 500, and a good token of a user
        who is not (or no longer) the configured one an empty 200.
        """
        if self._standin.http_dead and request.path.startswith("/fermat/api/"):
            await asyncio.get_running_loop().create_future()
        if request.path.startswith("/fermat/api/admin/"):
            try:
                user = self._tokens.user(request.headers.get("Authorization"))
            except Unauthorized:
                self._standin.log.write(lines.unauthorized())
                raise web.HTTPUnauthorized from None
            except ValueError as error:
                self._standin.log.write(lines.failed(f"io.jsonwebtoken.JwtException: {error}"))
                raise web.HTTPInternalServerError from None
            if user != self._standin.config.user:
                return web.Response()
        return await handler(request)

    async def _login(self, request: web.Request) -> web.Response:
        try:
            login = msgspec.json.decode(await request.read(), type=Login)
        except (ValueError, RecursionError):
            raise web.HTTPBadRequest from None
        config = self._standin.config
        if (login.user, login.password) != (config.user, config.password):
            return _json({"success": False, "message": "Login process fail", "authToken": ""})
        token = self._tokens.issue(login.user)
        return _json({"success": True, "message": "Login process success", "authToken": token})

    async def _list(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode(errors="replace")))
        requester = form.get("i", "")
        try:
            question = profiles.decode_discovery(form.get("dp", ""))
            found = search(self._standin.clients, requester, question)
        except (WireError, NotAvailable):
            return _json(_NOT_AVAILABLE)
        self._standin.log.write(lines.listed_over_http(requester, len(found)))
        return _json({"rl": gson.write(found)})

    async def _current_data(self, _request: web.Request) -> web.Response:
        clients = self._standin.clients
        services, others = _counts(clients.services), _counts(clients.others)
        vpns = self._standin.vpns.counts()
        return _json(
            {
                "pendingClientConnection": len(clients.pending),
                "registeredClientConnection": len(clients.registered),
                "registeredNetworkServiceTotal": sum(services.values()),
                "registeredNetworkServiceDetail": _text(services),
                "registerOtherComponentTotal": sum(others.values()),
                "registerOtherComponentDetail": _text(others),
                "vpnTotal": sum(vpns.values()),
                "vpnByNetworkServiceDetails": _text({str(kind): count for kind, count in vpns.items()}),
            }
        )

    async def _system_data(self, _request: web.Request) -> web.Response:
        try:
            return _json(await monit.system_data(self._standin.config))
        except monit.Malformed as error:
            self._standin.log.write(lines.failed(f"java.lang.RuntimeException: {error}"))
            raise web.HTTPInternalServerError from None

    async def _clients(self, _request: web.Request) -> web.Response:
        return _json({"rl": gson.write(list(self._standin.clients.cloud_clients.values()))})

    async def _details(self, request: web.Request) -> web.Response:
        if "i" not in request.query:
            return _json(_NOT_AVAILABLE)
        return _json({"rl": gson.write(self._standin.clients.components_of(request.query["i"]))})

    async def _configuration(self, _request: web.Request) -> web.Response:
        config = self._standin.config
        monit_user = {"monitUser": config.monit_user} if config.monit_user is not None else {}
        return _json(
            {
                "port": config.port,
                "user": config.user,
                "monitInstalled": config.monit_installed,
                **monit_user,
                "monitUrl": config.monit_url,
            }
        )


def _running(service: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=f"The {service} WebService is running ...")

    return answer


def _counts(lists: Mapping[K, Profiles]) -> dict[str, int]:
    return {str(kind): len(profiles) for kind, profiles in lists.items() if profiles}


def _text(value: dict[str, int]) -> str:
    return msgspec.json.encode(value).decode()


def _json(value: dict[str, object] | dict[str, str]) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
