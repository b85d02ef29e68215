"""Where a server works, of real processes: known while it lives, and after its death."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from fermatkit.process import started
from sidecar.core.nouns import Identity
from sidecar.probes.whereabouts import Whereabouts
from support.patient import living

SLEEPER = ["sh", "-c", "mkdir -p there; cd there; echo ready; exec sleep 60"]


@pytest.fixture
async def whereabouts() -> AsyncIterator[Whereabouts]:
    one = Whereabouts()
    yield one
    await one.close()


async def looked(whereabouts: Whereabouts, identity: Identity) -> Path | None:
    """What it knows after one look."""
    whereabouts.watch(identity)
    await asyncio.sleep(0.05)
    return whereabouts.of(identity)


async def test_it_is_known_after_the_death_too(whereabouts: Whereabouts, tmp_path: Path) -> None:
    with living(SLEEPER, tmp_path, says=b"ready\n") as who:
        assert whereabouts.of(who) is None, "nobody has looked"
        assert await looked(whereabouts, who) == tmp_path / "there"
    whereabouts.watch(None)
    assert whereabouts.of(who) == tmp_path / "there"


async def test_another_who_has_the_pid_by_now_is_not_taken_for_it(
    whereabouts: Whereabouts, tmp_path: Path
) -> None:
    with living(SLEEPER, tmp_path, says=b"ready\n") as who:
        assert await looked(whereabouts, msgspec.structs.replace(who, started=who.started - 1)) is None


async def test_what_was_known_of_one_that_is_gone_stays(whereabouts: Whereabouts, tmp_path: Path) -> None:
    with living(SLEEPER, tmp_path, says=b"ready\n") as who:
        await looked(whereabouts, who)
    whereabouts.watch(None)
    assert await looked(whereabouts, who) == tmp_path / "there"


async def test_the_last_four_are_known(whereabouts: Whereabouts, tmp_path: Path) -> None:
    seen = []
    for _ in range(5):
        with living(SLEEPER, tmp_path, says=b"ready\n") as who:
            await looked(whereabouts, who)
            seen.append(who)
    assert [whereabouts.of(who) is not None for who in seen] == [False, True, True, True, True]


async def test_it_is_looked_at_again_for_a_start_script_goes_elsewhere(
    whereabouts: Whereabouts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.probes.whereabouts._SOON", 0.1)
    goes = "import os, sys; print('ready', flush=True); sys.stdin.readline(); os.chdir('/'); input()"
    script = [sys.executable, "-c", goes]
    process = await asyncio.create_subprocess_exec(*script, cwd=tmp_path, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        who = Identity(process.pid, started(process.pid) or 0)
        assert await looked(whereabouts, who) == tmp_path
        process.stdin.write(b"\n")
        async with asyncio.timeout(10):
            while whereabouts.of(who) != Path("/"):
                await asyncio.sleep(0.02)
    finally:
        process.kill()
        await process.wait()
