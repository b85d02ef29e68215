"""``api.telegram.org`` and ``hooks.slack.com`` on loopback, by their real names, over TLS.

They are reached through a proxy that takes CONNECT for these two hosts and no other, so that nothing of a
test ever leaves the machine. Each speaks its service's own protocol, also where it refuses.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from support.authority import Authority

TELEGRAM, SLACK = "api.telegram.org", "hooks.slack.com"
RETRY_AFTER = 7
"""Seconds that a service asks for with its 429: less than we wait anyway."""


@dataclass(frozen=True)
class Post:
    """A message that a service was asked to take."""

    at: float
    path: str
    content: dict[str, Any]

    @property
    def text(self) -> str:
        """What a person would read, title and all, wherever the service has it."""
        attached = self.content.get("attachments", [])
        parts = [self.content, *attached]
        return "\n".join(str(part[key]) for part in parts for key in ("title", "text") if part.get(key))


Habit = Callable[["Services", web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Services:
    """What came, how each of them answers, and where the proxy is."""

    asked: list[Post] = field(default_factory=list)
    taken: list[Post] = field(default_factory=list)
    habits: defaultdict[str, list[Habit]] = field(default_factory=lambda: defaultdict(list))
    """By a part of the path: how the next ones are answered; with none left, they are taken."""
    tunnels: list[str] = field(default_factory=list)
    """The hosts that were asked for."""
    proxy: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        post = Post(time.monotonic(), request.path, await request.json())
        self.asked.append(post)
        for part, habits in self.habits.items():
            if part in request.path and habits:
                return await habits.pop(0)(self, request)
        self.taken.append(post)
        if request.host == SLACK:
            return web.Response(text="ok")
        return web.json_response({"ok": True, "result": {"message_id": len(self.taken)}})


def _refusal(request: web.Request, status: int, why: str, **more: object) -> web.Response:
    if request.host == SLACK:
        return web.Response(status=status, text=why.lower().replace(" ", "_"))
    return web.json_response({"ok": False, "error_code": status, "description": why, **more}, status=status)


async def too_many(_: Services, request: web.Request) -> web.StreamResponse:
    wait = {"retry_after": RETRY_AFTER}
    why = "rate limited" if request.host == SLACK else f"Too Many Requests: retry after {RETRY_AFTER}"
    answer = _refusal(request, 429, why, parameters=wait)
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


async def broken(_: Services, request: web.Request) -> web.StreamResponse:
    return _refusal(request, 500, "Internal Server Error")


async def silent(_: Services, __: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def reset(_: Services, request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    _reset(request.transport)
    return web.Response()


async def dripping(_: Services, request: web.Request) -> web.StreamResponse:
    """A byte now and then, and never the last: no limit on a single read notices."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    with suppress(ConnectionError):
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.3)
    return answer


class _Proxy:
    """Takes CONNECT for the two hosts."""

    def __init__(self, services: Services, port: int) -> None:
        self._services = services
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._tunnel(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def close(self) -> None:
        for task in self._tasks.copy():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0]
        host = line.removeprefix("CONNECT ").partition(":")[0]
        self._services.tunnels.append(host)
        if line.split()[1] not in (f"{TELEGRAM}:443", f"{SLACK}:443"):
            writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            back.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the one side ends; then the other does, too, in the same way."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        _reset(writer.transport)
    writer.close()


def _reset(transport: asyncio.Transport | asyncio.WriteTransport) -> None:
    """By RST: nothing lingers, and the other side is told so."""
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    transport.abort()


@asynccontextmanager
async def services(authority: Authority) -> AsyncIterator[Services]:
    """Both services and the proxy, in the test's own loop."""
    both = Services()
    server = web.Server(both.answer, handler_cancellation=True)
    loop = asyncio.get_running_loop()
    behind = await loop.create_server(server, "127.0.0.1", 0, ssl=authority.server())
    proxy = _Proxy(both, behind.sockets[0].getsockname()[1])
    front = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    both.proxy = f"http://127.0.0.1:{front.sockets[0].getsockname()[1]}"
    try:
        yield both
    finally:
        front.close()
        await proxy.close()
        await server.shutdown(0)
        behind.close()
