"""What a run does goes on until one part of it ends; or a bug in a callback, which asyncio would only log."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
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


async def until_one_ends(*works: Coroutine[Any, Any, Any]) -> None:
    """All at once, until one of them ends: then the others are cancelled. Its exception is raised.

    So is that of any callback: the figures would go on looking good.
    """
    with alarm() as bug:
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(work) for work in works]
        done, _ = await asyncio.wait([*tasks, bug], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
