"""What a Dask worker does for a run: it starts a worker process of its own machine and passes lines on.

The load does not run in the Dask worker's own process: it needs an interpreter, descriptors and an event loop
to itself. Nor can a running Dask task be relied on to be cancelled, so this one holds a lease: a leader that
has not said for some seconds that it is still there, or a scheduler that is gone, is the end of it, and so is
its deadline.
"""

from __future__ import annotations

import asyncio
import logging

from distributed import Queue, get_client, get_worker

from loadgen.crew import processes
from loadgen.crew.messages import LEASE

# Words to an errand itself; any other is a line for its process.
LEAVE = "leave"
"""There will be no more lines."""
END = "end"
"""Kill the process."""

# What an errand says: the worker's number, one of these, a text.
LINE = "line"
"""A line of the process."""
GONE = "gone"
"""How it ended; the last word."""

_TICKET_WITHIN = 5.0
"""Seconds to wait for the job. It lies there before the errand is sent."""


def inbox(run: str, number: int) -> str:
    """The name of the queue of words to one worker of a run."""
    return f"{run} to {number}"


def outbox(run: str) -> str:
    """The name of the queue of words from all workers of a run."""
    return f"{run} from workers"


async def carry(run: str, number: int, seconds: float) -> None:
    """One shard of `run`, for at most so many `seconds`.

    The job is the ticket: it is in the inbox only once. When a scheduler sends this errand again, since it
    lost the Dask worker that had it, there is none: those clients are lost already, and must not come back.
    """
    client = await get_client()
    words = await Queue(inbox(run, number), client=client)
    told = await Queue(outbox(run), client=client)
    try:
        job = await words.get(timeout=_TICKET_WITHIN)
    except TimeoutError:
        job = LEAVE
    if '"type":"job"' not in job:
        why = f"was to be begun a second time, by {get_worker().address}, which refused"
        logging.getLogger(__name__).warning("worker %d of %s %s", number + 1, run, why)
        await told.put((number, GONE, why))
        return
    process = await processes.start()
    how = None
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            processes.write(process, job.encode())
            passing = group.create_task(_pass_on(words, process))
            while line := await processes.line(process):
                await told.put((number, LINE, line.decode()))
            passing.cancel()
    except TimeoutError:
        how = f"was ended by its deadline of {seconds:.0f} s"
    finally:
        await processes.finish(process)
    await told.put((number, GONE, how or processes.ending(process.returncode)))


async def _pass_on(words: Queue, process: asyncio.subprocess.Process) -> None:
    """The leader's lines, until there can be no more of them."""
    try:
        while (word := await words.get(timeout=LEASE)) != LEAVE:
            if word == END:
                processes.kill(process)
            else:
                processes.write(process, word.encode())
    finally:
        processes.hang_up(process)
