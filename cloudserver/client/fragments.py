"""How the real client cuts a long text into WebSocket fragments (cloud-server.md §3)."""

from __future__ import annotations

from itertools import pairwise

PIECE = 1000
"""Characters that travel in one frame. Java counts a character beyond U+FFFF as two, we as one."""


def cut(text: str) -> list[str]:
    """The pieces of a text, in order: one frame each, the last with FIN. Joined they are the text again.

    Up to `PIECE` characters are one frame. More are whole pieces but for the last 1,000 to 1,999 characters:
    those are one frame if all of the text is a multiple of `PIECE`, else two halves, the first one shorter if
    they are odd. A network service's registration is some 1,020 characters, so two halves are the usual case.
    """
    if len(text) <= PIECE:
        return [text]
    rest = (len(text) // PIECE - 1) * PIECE
    middle = rest + (len(text) - rest) // 2 if len(text) % PIECE else len(text)
    edges = [*range(0, rest + 1, PIECE), middle]
    if middle < len(text):
        edges.append(len(text))
    return [text[start:end] for start, end in pairwise(edges)]
