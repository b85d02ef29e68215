"""A served book and somebody who asks, for those that need nothing of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from support.site import Site, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as one:
        yield one


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
