"""The operator's socket, ``control.sock`` in the state directory: a line of JSON in, a line of JSON out.

A file, so that it works before there is any API. It is for root and the sidecar's own user, and for nobody
else; who asks is told by the kernel (SO_PEERCRED).
"""

from __future__ import annotations

import asyncio
import difflib
import os
import pwd
import socket
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from fermatkit.units import format_duration
from sidecar.core.nouns import Trouble
from sidecar.core.observations import (
    AckAsked,
    PauseAsked,
    Report,
    ResumeAsked,
    SilenceAsked,
    UnsilenceAsked,
)
from sidecar.core.stories import SERVER, Topic

log = structlog.get_logger("sidecar.web")

NAME = "control.sock"
LONGEST_PAUSE = 7 * 86400.0
"""Seconds: a watchdog that is forgotten in a pause is none."""
TOPICS = (SERVER, *Trouble)
"""What there can be messages about."""
_LONGEST_LINE = 4096
_PATIENCE = 5.0
"""Seconds in which a request has to be made."""
_PEER = struct.Struct("3i")
"""ucred: pid, uid, gid (unix(7))."""


class Pause(msgspec.Struct, frozen=True, tag="pause", tag_field="ask", forbid_unknown_fields=True):
    """Keep the hands off for so many seconds."""

    seconds: float
    why: str = ""


class Resume(msgspec.Struct, frozen=True, tag="resume", tag_field="ask", forbid_unknown_fields=True):
    """No longer."""


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="ask", forbid_unknown_fields=True):
    """Somebody has this open incident in hand."""

    number: int
    why: str = ""


class Silence(msgspec.Struct, frozen=True, tag="silence", tag_field="ask", forbid_unknown_fields=True):
    """No message about this topic for so many seconds."""

    topic: str
    seconds: float
    why: str = ""


class Unsilence(msgspec.Struct, frozen=True, tag="unsilence", tag_field="ask", forbid_unknown_fields=True):
    """No longer."""

    topic: str


class Incidents(msgspec.Struct, frozen=True, tag="incidents", tag_field="ask", forbid_unknown_fields=True):
    """What is open, what was, and who was told."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a request: `error`: why it was refused; `until`: when it ends, epoch seconds."""

    error: str = ""
    until: float | None = None
    text: str = ""
    """What is to be read."""


Request = Pause | Resume | Ack | Silence | Unsilence | Incidents
_REQUEST: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


class Face(Protocol):
    """What the socket shows of the sidecar."""

    def open_incidents(self) -> Mapping[int, Topic]:
        """Their numbers and topics."""

    def incidents(self) -> str:
        """All that is to be said of them, in lines."""


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
            writer.write(msgspec.json.encode(_obey(line, _uid(writer), report, face)) + b"\n")
            async with asyncio.timeout(_PATIENCE):
                await writer.drain()
        except (TimeoutError, ValueError, OSError) as error:  # who asks so does not wait for an answer
            log.warning("a request was not understood", why=str(error) or type(error).__name__)
        finally:
            writer.close()

    return serve  # type: ignore[return-value]  # asyncio takes a coroutine function


def _obey(line: bytes, uid: int, report: Report, face: Face) -> Answer:
    if uid not in (0, os.getuid()):
        return Answer("only root and the sidecar's own user may ask for this")
    try:
        request = _REQUEST.decode(line)
    except msgspec.DecodeError as error:
        return Answer(f"not understood: {error}")
    match request:
        case Incidents():
            return Answer(text=face.incidents())
        case Resume():
            report(ResumeAsked())
            return Answer()
        case Ack():
            return _acknowledge(request, _name(uid), report, face)
        case Unsilence(topic=topic):
            report(UnsilenceAsked(topic))
            return Answer()
    return _keep_still(request, _name(uid), report)


def _acknowledge(request: Ack, by: str, report: Report, face: Face) -> Answer:
    known = face.open_incidents()
    if request.number not in known:
        numbers = ", ".join(f"{number} ({topic})" for number, topic in known.items())
        return Answer(f"no incident {request.number} is open; open now: {numbers or 'none'}")
    report(AckAsked(request.number, by, _line(request.why)))
    return Answer(text=known[request.number])


def _keep_still(request: Pause | Silence, by: str, report: Report) -> Answer:
    """For a while: the hands off, or the mouth shut."""
    what = "pause" if isinstance(request, Pause) else "silence"
    if not 0 < request.seconds <= LONGEST_PAUSE:
        return Answer(f"a {what} is longer than nothing and no longer than {format_duration(LONGEST_PAUSE)}")
    until = time.time() + request.seconds
    if isinstance(request, Pause):
        report(PauseAsked(until, _line(request.why), by))
    elif request.topic not in TOPICS:
        near = difflib.get_close_matches(request.topic, TOPICS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(TOPICS)}"
        return Answer(f"there are no messages about {request.topic!r}; {hint}")
    else:
        report(SilenceAsked(request.topic, until, _line(request.why), by))
    return Answer(until=until)


def _line(text: str) -> str:
    return " ".join(text.split())


def _uid(writer: asyncio.StreamWriter) -> int:
    peer: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
