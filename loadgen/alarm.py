"""A bug in a callback ends the run: asyncio would only log it, and the figures would go on looking good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Never


@contextmanager
def alarm() -> Iterator[asyncio.Future[Never]]:
    """Inside a running loop: a future that gets the first exception which no task or callback handled."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    raised: asyncio.Future[Never] = loop.create_future()

    def handler(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        loop.default_exception_handler(context)
        if not raised.done():
            raised.set_exception(context.get("exception") or RuntimeError(context["message"]))

    loop.set_exception_handler(handler)
    try:
        yield raised
    finally:
        loop.set_exception_handler(before)
        raised.cancel()
