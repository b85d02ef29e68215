"""One real stand-in process for all tests that do not harm it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from support.standin import StandinProcess, serving


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinProcess]:
    with serving(tmp_path_factory.mktemp("standin")) as process:
        yield process


@pytest.fixture
async def http(standin: StandinProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the shared stand-in: paths are enough."""
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(standin.url, timeout=timeout) as session:
        yield session
