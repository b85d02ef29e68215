"""A text of the client's as frames: above 1,000 characters in fragments, as the real client sends it."""

from __future__ import annotations

import os

from cloudserver.client.fragments import PIECE, cut
from loadgen.ws.frames import Opcode, frame


def framed(text: str) -> bytes:
    """A text as the real client's frames."""
    if len(text) <= PIECE:
        return frame(Opcode.TEXT, text.encode(), os.urandom(4))
    first, *more = cut(text)
    last = len(more) - 1
    return b"".join(
        (
            frame(Opcode.TEXT, first.encode(), os.urandom(4), final=not more),
            *(
                frame(Opcode.CONTINUATION, piece.encode(), os.urandom(4), final=place == last)
                for place, piece in enumerate(more)
            ),
        )
    )
