"""What the real server does not have, under `/standin`: bad habits and the loop's own lag."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from cloudserver.standin import habits
from cloudserver.standin.state import Standin

_ANSWER_FIRST = 0.05
"""Seconds from the answer to the habit, so that even a blocked loop has answered who asked for it."""


class Control:
    """The stand-in's switches."""

    def __init__(self, standin: Standin) -> None:
        self._standin = standin

    def routes(self) -> list[web.RouteDef]:
        """Everything this serves."""
        return [
            web.get("/standin/habits", self._habits),
            web.post("/standin/habits/{name}", self._take_up),
            web.get("/standin/loop-lag", self._loop_lag),
        ]

    async def _habits(self, _request: web.Request) -> web.Response:
        """Answer ``{"known": {name: what it does}, "active": [name, …]}``."""
        return _json({"known": habits.known(), "active": self._standin.habits})

    async def _take_up(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in habits.names():
            text = f"no habit {name!r}; there are: {', '.join(habits.names())}\n"
            raise web.HTTPNotFound(text=text)
        asyncio.get_running_loop().call_later(_ANSWER_FIRST, habits.take_up, name, self._standin)
        return _json({"habit": name})

    async def _loop_lag(self, request: web.Request) -> web.Response:
        """Answer with a `Lag`, of the last ``?seconds=N`` or of all that is kept."""
        try:
            seconds = float(request.query["seconds"]) if "seconds" in request.query else None
            return _json(self._standin.lag.read(seconds))
        except (ValueError, OverflowError):
            raise web.HTTPBadRequest(text="seconds is a number, like ?seconds=10\n") from None


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
