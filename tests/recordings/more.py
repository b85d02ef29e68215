"""Lives that show more than a drill does: two troubles in one."""

from __future__ import annotations

import os
import signal

from drills.acts import FAST, replaced
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.running import Running


async def http_dies_and_then_all(run: Running, pid: int) -> None:
    await run.habit("http-dead")
    await run.mails(1)
    os.kill(pid, signal.SIGKILL)


async def both_over(run: Running, pid: int) -> None:
    """Two stories, each with its beginning and its end."""
    await replaced(run, pid)
    await run.mails(4)


MORE = (
    Drill(
        "HTTP dead, then killed",
        Trouble.HTTP_DEAD,
        http_dies_and_then_all,
        both_over,
        f'{FAST}http_dead_after = "3s"\n',
    ),
)
