"""A small file of the kernel's, by few calls: the sidecar reads dozens of them, again and again."""

from __future__ import annotations

import os

_PIECE = 65536
"""Bytes. Of some files the kernel gives no more than a page at once, whatever is asked for."""


def text(path: str | os.PathLike[str]) -> str:
    """All of it; what is no UTF-8 is replaced, for a thread's name may be any bytes. OSError.

    A file object makes nine calls where these are four, and at each of them another thread may come between.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = piece = os.read(descriptor, _PIECE)
        while piece:
            piece = os.read(descriptor, _PIECE)
            content += piece
    finally:
        os.close(descriptor)
    return content.decode(errors="replace")
