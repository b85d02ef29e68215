"""A text of the client's as frames: above 1,000 characters in fragments, as the real client sends it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cloudserver.client.fragments import PIECE, cut
from loadgen.ws.frames import Opcode, frame

_DRAWN = 256


def _keys() -> Iterator[bytes]:
    """Random masks for ever, drawn by the hundred: a system call for each would be dearer."""
    while True:
        drawn = os.urandom(4 * _DRAWN)
        yield from (drawn[at : at + 4] for at in range(0, len(drawn), 4))


_key = _keys().__next__


def framed(text: str) -> bytes:
    """A text as the real client's frames."""
    if len(text) <= PIECE:
        return frame(Opcode.TEXT, text.encode(), _key())
    *pieces, last = cut(text)
    frames, opcode = [], Opcode.TEXT
    for piece in pieces:
        frames.append(frame(opcode, piece.encode(), _key(), final=False))
        opcode = Opcode.CONTINUATION
    frames.append(frame(opcode, last.encode(), _key()))
    return b"".join(frames)
