"""The whole sidecar and its database: what a kill -9 leaves in it, and what is never in it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import closing
from pathlib import Path

from sidecar.core.memory import Memory
from sidecar.store.database import Database
from support.running import free_port, running, until

SESAM = "sesam-0815"


def left(directory: Path) -> Memory:
    """What the next sidecar would remember."""
    with closing(Database(directory / "sidecar.db")) as database:
        assert database.memory is not None
        return database.memory


async def test_a_kill_leaves_what_is_owed_and_nothing_secret(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.configure()
        nobody = f"url = 'json://user:{SESAM}@127.0.0.1:{free_port()}/{SESAM}'"
        run.config.write_text(re.sub(r"(?m)^url = .*$", nobody, run.config.read_text()))
        run.start()
        os.kill(await run.passes(), signal.SIGKILL)

        async def owes_both() -> bool:
            waiting = (await run.health())["checks"]["outbox:waiting"][0]["observedValue"]
            return bool(waiting == 2 and "SendFailed" in run.log)

        await until(owes_both, lambda: run.log)
        await asyncio.sleep(0.5)  # and that is on the disk, too
        assert await run.stop(signal.SIGKILL) == -signal.SIGKILL
    state = tmp_path / "state"
    content = [path.read_bytes() for path in state.rglob("*") if path.is_file()]
    assert len(content) > 3
    assert not [one for one in content if SESAM.encode() in one]
    owed = left(state).owed
    assert [(one.channel, one.message.chapter) for one in owed] == [("mail", "opened"), ("mail", "closed")]
    assert owed[0].attempts > 0
    assert "Connection refused" in owed[0].why
