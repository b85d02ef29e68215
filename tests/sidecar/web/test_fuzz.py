"""Over ten thousand requests that nobody should make: what they are told, and what they leave behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import time
from collections import Counter
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from random import Random

import psutil
import pytest

from sidecar.store.history.file import HistoryFile
from sidecar.web import api, app
from support.hostile import CANARY, broken, whole
from support.seconds import seconds, whole_minute
from support.site import Site, serving

TOKEN = "r1ght" * 5
EACH = 20
"""Whole requests of one client, and then something broken."""
CLIENTS = 300
"""In a round: 6,000 whole requests."""
AT_ONCE = 8
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


async def talk(site: Site, address: str, chance: Random) -> Counter[int]:
    """One client, that asks and asks, on a new connection where the last was closed; what it was told."""
    told: Counter[int] = Counter()
    requests = [whole(chance, TOKEN) for _ in range(EACH)] + [broken(chance)]
    while requests:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, local_addr=(address, 0))
        first, open_ = True, True
        while requests and open_:
            writer.write(requests[0])
            heard = await answer(reader)
            assert TOKEN.encode() not in heard
            told.update(int(status) for status in STATUS.findall(heard))
            open_ = bool(heard)
            if open_ or first:  # else it was the answer before that closed it
                del requests[0]
            first = False
        writer.close()
    return told


async def answer(reader: asyncio.StreamReader) -> bytes:
    """What there is to be read, from one status on; empty at the end."""
    heard = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(20):
            while not STATUS.search(heard) and (more := await reader.read(2**16)):
                heard += more
    return heard


async def attack(site: Site, seed: int) -> Counter[int]:
    """A round of it, each client at an address of its own."""
    told: Counter[int] = Counter()
    numbers = iter(range(CLIENTS))

    async def some() -> None:
        for number in numbers:
            address = f"127.0.{seed}.{number % 250 + 1}"
            told.update(await talk(site, address, Random(seed * CLIENTS + number)))

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return told


def memory() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


async def test_whatever_is_asked(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(HistoryFile(tmp_path / "history.db")) as file:
        file.write(seconds(range(whole_minute() - 300, whole_minute())), [], [])
    monkeypatch.setattr(api, "SLOWEST_BODY", 0.5)
    monkeypatch.setattr(app, "IDLE", 0.5)
    caplog.set_level(logging.DEBUG)
    beats = list[float]()

    async def watch() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.02)

    async with serving(token=TOKEN, history=tmp_path / "history.db") as site:
        watching, began = asyncio.create_task(watch()), time.monotonic()
        before, told = len(site.book.past), await attack(site, 1)
        after_one = memory()
        told += await attack(site, 2)
        grown = memory() - after_one
        watching.cancel()
        assert len(site.book.past) == before  # nobody was obeyed
    latest = max(later - beat for beat, later in pairwise(beats))
    assert told.total() >= 10_000
    assert told.keys() <= {200, 304, *range(400, 500), 503}  # 503: others are asking for the past
    assert {400, 401, 403, 404, 405, 413, 415, 421} <= told.keys()
    assert grown < 4 * 2**20
    assert latest < 1
    out, err = capfd.readouterr()
    assert CANARY not in caplog.text + out + err
    assert TOKEN not in caplog.text + out + err
    assert not [record for record in caplog.records if record.levelno > logging.DEBUG]
    print(
        f"{told.total()} answers in {time.monotonic() - began:.1f} s: {dict(sorted(told.items()))}, "
        f"{grown / 2**20:.1f} MiB more in the second round, beats at most {latest:.3f} s apart"
    )
