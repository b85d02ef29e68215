"""A server that was well ends, or falls silent."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from drills.acts import (
    ENDED,
    FAST,
    KILLED,
    STARTED,
    accompanied,
    all_of,
    habit,
    kept_and_well,
    killed_again,
    mail,
    planned,
    reloads,
    replaced,
    said,
    sent,
)
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.running import Running

BACKED_OFF = (*STARTED, "finding   exited appeared", "stand     delayed", *STARTED)


async def stop_for_good(_: Running, pid: int) -> None:
    """Whoever has stopped it does so again whenever it runs."""
    asyncio.get_running_loop().create_task(_stopping(pid))


async def _stopping(pid: int) -> None:
    with suppress(ProcessLookupError):
        while True:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.02)


def collects_for_long(run: Running) -> None:
    run.environment["STANDIN_BUSY_SECONDS"] = "60"


async def continued(run: Running, pid: int) -> None:
    """People are told, and it is well again, though nobody else has continued it."""
    await kept_and_well(run, pid)
    await mail(run, "DOWN")
    await mail(run, "RECOVERED")


async def with_evidence(run: Running, _: int) -> None:
    """Of who was ended something is kept."""
    assert list((run.directory / "state" / "evidence").glob("*/summary.json"))


SILENCES = (
    Drill(
        "exited",
        Trouble.EXITED,
        sent(signal.SIGKILL),
        all_of(killed_again, said("DOWN", "SIGKILL (signal 9)")),
        FAST,
        story=BACKED_OFF,
    ),
    Drill(
        "exited, status 0",
        Trouble.EXITED,
        habit("exit-zero"),
        all_of(killed_again, said("DOWN", "exit code 0")),
        FAST,
        story=BACKED_OFF,
    ),
    Drill("hung", Trouble.HUNG, habit("blocked"), all_of(replaced, with_evidence), FAST, story=ENDED),
    Drill(
        "hung, ignoring SIGTERM",
        Trouble.HUNG,
        habit("ignore-term", "blocked"),
        all_of(replaced, with_evidence),
        f'{FAST}hung_after = "1s"\n',
        story=KILLED,
    ),
    Drill(
        "stopped",
        Trouble.STOPPED,
        sent(signal.SIGSTOP),
        continued,
        story=("signal    SIGCONT", "stand     proven"),
    ),
    Drill(
        "stopped for good",
        Trouble.STOPPED,
        stop_for_good,
        all_of(replaced, with_evidence),
        f'{FAST}continue_deadline = "2s"\n',
        story=("signal    SIGCONT", "stand     collecting", "stand     killing", *STARTED),
    ),
    Drill("busy, not hung", Trouble.BUSY, habit("busy"), kept_and_well),
    Drill(
        "busy for too long",
        Trouble.BUSY,
        habit("busy"),
        all_of(replaced, with_evidence),
        f'{FAST}busy_after = "15s"\nheap_after = "60s"\n',
        story=("finding   busy appeared", "finding   hung appeared", *ENDED),
        prepare=collects_for_long,
    ),
    Drill(
        "not serving",
        Trouble.NOT_SERVING,
        habit("refusing"),
        replaced,
        f'start_timeout = "3s"\n{FAST}',
        story=ENDED,
    ),
    Drill("stuck processors", Trouble.STUCK, habit("stuck-processors"), replaced, FAST, story=ENDED),
    Drill(
        "HTTP dead",
        Trouble.HTTP_DEAD,
        accompanied(habit("http-dead")),
        planned("HTTP DEAD"),
        f'{FAST}http_dead_after = "5s"\n',
        story=ENDED,
        prepare=reloads,
    ),
)
