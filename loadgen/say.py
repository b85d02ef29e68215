"""Words for whoever looks, if anybody does: a full disk or a reader who has left changes nothing else."""

from __future__ import annotations

import os
from typing import TextIO


def say(stream: TextIO, text: str) -> str | None:
    """Write, now; or why not.

    A stream that failed leads nowhere from then on: no later write fails, nor Python's own when it ends.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error.strerror
    return None
