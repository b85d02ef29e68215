"""Which event loop to run on: uvloop where it is installed, the standard one everywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module


def factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """For ``asyncio.Runner(loop_factory=…)``: uvloop is an extra, and does not exist for Windows."""
    try:
        make: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    except ImportError:
        return asyncio.new_event_loop
    return make
