"""A sidecar that comes back after a time: log, /health and mail say how long it was, and what happened."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from support.running import running


def age(directory: Path, seconds: float) -> None:
    """As if all in it had been written so long ago."""
    then = time.time() - seconds
    for path in directory.rglob("*"):
        os.utime(path, (then, then))


async def test_a_death_in_a_time_without_a_sidecar_is_told_with_that_time(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        sidecar = run.start()
        pid = await run.passes()
        assert (await run.health())["checks"]["sidecar:away"][0]["output"].startswith("unknown: ")
        for victim in (sidecar.pid, pid):
            os.kill(victim, signal.SIGKILL)
        sidecar.wait()
        age(run.directory / "state", 600)
        run.start()
        await run.passes(not_pid=pid)
        await run.mails(2)
        for mail in run.mailbox.mails:
            text = " ".join(mail.get_content().split())
            assert "No sidecar watched for 10 min" in text
            assert "The Cloud Server ended in that time" in text
        body = await run.health()
        assert 600 <= body["checks"]["sidecar:away"][0]["observedValue"] < 640
        assert any(note.startswith("No sidecar watched for 10 min") for note in body["notes"])
        (line,) = [line for line in run.log.splitlines() if "no sidecar had watched" in line]
        assert "gone" in line
