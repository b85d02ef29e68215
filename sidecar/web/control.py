"""The operator's socket, ``control.sock`` in the state directory: a line of JSON in, a line of JSON out.

A file, so that it works before there is any API. It is for root and the sidecar's own user, and for nobody
else, by its mode; who of them asks is told by the kernel (SO_PEERCRED), where that does.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from sidecar.core.observations import Report
from sidecar.web.wishes import Answer, Face, obey, read

log = structlog.get_logger("sidecar.web")

NAME = "control.sock"
_LONGEST_LINE = 4096
_PATIENCE = 5.0
"""Seconds in which a request has to be made."""
_SOMEBODY = "an operator"
_PEER = struct.Struct("3i")
"""ucred: pid, uid, gid (unix(7))."""


class Control:
    """A listening socket; what is asked goes to the core as an observation."""

    def __init__(self, server: asyncio.Server | None, path: Path) -> None:
        self._server = server
        self._path = path

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            with suppress(OSError):
                self._path.unlink()


async def listen(directory: Path, report: Report, face: Face) -> Control:
    """Listen. Where that cannot be done, a warning says so, and the watching goes on without it."""
    path = directory / NAME
    try:
        with suppress(FileNotFoundError):
            path.unlink()  # of a sidecar that was killed: ours alone has this directory
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(_serve(report, face), path, limit=_LONGEST_LINE)
        finally:
            os.umask(before)
    except OSError as error:
        log.warning(
            "nothing can be asked of this sidecar: no pause, no acknowledgement",
            socket=str(path),
            why=error.strerror or str(error),
        )
        return Control(None, path)
    return Control(server, path)


def _serve(
    report: Report, face: Face
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], asyncio.Future[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                line = await reader.readline()
            writer.write(msgspec.json.encode(_answer(line, _asker(writer), report, face)) + b"\n")
            async with asyncio.timeout(_PATIENCE):
                await writer.drain()
        except (TimeoutError, ValueError, OSError) as error:  # who asks so does not wait for an answer
            log.warning("a request was not understood", why=str(error) or type(error).__name__)
        finally:
            writer.close()

    return serve  # type: ignore[return-value]  # asyncio takes a coroutine function


def _answer(line: bytes, by: str | None, report: Report, face: Face) -> Answer:
    if by is None:
        return Answer("only root and the sidecar's own user may ask for this")
    try:
        asked = read(line)
    except ValueError as error:
        return Answer(f"not understood: {error}")
    return obey(asked, by, report, face)


def _asker(writer: asyncio.StreamWriter) -> str | None:
    """Who asks; None if it is not for them."""
    if not hasattr(socket, "SO_PEERCRED"):  # macOS: the mode has let nobody else in
        return _SOMEBODY
    peer: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return _name(uid) if uid in (0, os.getuid()) else None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
