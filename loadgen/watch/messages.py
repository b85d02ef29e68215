"""What a generator and its watcher, a process beside it, say to each other: a line of JSON each. Pure."""

from __future__ import annotations

import msgspec

from loadgen.watched import Line


class BySidecar(msgspec.Struct, frozen=True, kw_only=True, tag="sidecar"):
    """Ask a sidecar; with a token, have it take the load for announced as long as the run lasts."""

    url: str
    token: str | None
    clients: int
    who: str


class ByPid(msgspec.Struct, frozen=True, kw_only=True, tag="pid"):
    """Look at a process of this machine: this one, or whichever listens on the port."""

    port: int
    pid: int | None = None


Job = BySidecar | ByPid


class Note(msgspec.Struct, frozen=True, tag="note", tag_field="type"):
    """In words, for whoever started the run: something will be missing."""

    text: str


Said = Line | Note
"""Moments of lines are seconds of `time.monotonic` here: a watcher does not know when the run began."""

job = msgspec.json.Decoder[Job](Job).decode
said = msgspec.json.Decoder[Said](Said).decode


def encode(thing: Job | Said) -> bytes:
    """One line."""
    return msgspec.json.encode(thing) + b"\n"
