"""`python -m loadgen.crew.worker`: one shard of a run, led by lines on standard input."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress

from fermatkit import eventloop
from fermatkit.errors import ExitCode, UserError
from loadgen import means
from loadgen.crew.messages import (
    LEASE,
    VERSION,
    Begin,
    Ended,
    FromWorker,
    Hold,
    Job,
    Ready,
    Refused,
    Settled,
    Stop,
    encode,
    to_worker,
)
from loadgen.engine import Engine

LINE = 2**26
"""Bytes that a line may have: a second's histograms have some 100 KB."""


class Worker:
    """Does one job. `listen` beside `work`: what the leader says decides when, and when to stop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        loop = asyncio.get_running_loop()
        self._begin: asyncio.Future[float | None] = loop.create_future()
        self._hold: asyncio.Future[float] = loop.create_future()
        self._engine: Engine | None = None

    async def run(self) -> ExitCode:
        """The whole of it, from the leader's first line to our last."""
        line = await self._reader.readline()
        if not line:
            return ExitCode.INTERRUPTED  # the leader was gone before it had a job for us
        job = to_worker(line)
        assert isinstance(job, Job)  # noqa: S101 - the leader's first word is the job
        refusal = _refusal(job)
        if refusal:
            self._say(refusal)
            await self._writer.drain()
            return refusal.code
        self._engine = Engine(job.plan, self._say, job.shard, self._until_hold)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stop)
        listening = asyncio.create_task(self._listen())
        self._say(Ready())
        begin = await self._begin
        if begin is not None:
            self._say(Ended(await self._engine.run(begin)))
        with suppress(ConnectionError):  # nobody is left to hear it
            await self._writer.drain()
        listening.cancel()
        return ExitCode.GOOD if begin is not None else ExitCode.INTERRUPTED

    async def _listen(self) -> None:
        while line := await self._line():
            match to_worker(line):
                case Begin(at) if not self._begin.done():
                    self._begin.set_result(at)
                case Hold(at) if not self._hold.done():
                    self._hold.set_result(at)
                case Stop():
                    self._stop()
                case _:
                    pass
        self._stop()

    async def _line(self) -> bytes:
        """What the leader says next; nothing when it is gone, or must be taken for it."""
        try:
            async with asyncio.timeout(LEASE):
                return await self._reader.readline()
        except TimeoutError:
            return b""

    def _stop(self) -> None:
        if not self._begin.done():
            self._begin.set_result(None)
        if self._engine:
            self._engine.interrupt()

    async def _until_hold(self) -> float:
        self._say(Settled())
        return await self._hold

    def _say(self, message: FromWorker) -> None:
        """Without waiting: an open loop never does. A leader that is gone hears nothing."""
        if not self._writer.is_closing():
            self._writer.write(encode(message))


def _refusal(job: Job) -> Refused | None:
    """Why this worker cannot do this job, if so."""
    if job.version != VERSION:
        why = f"it runs fermat-sidecar {VERSION} and the leader {job.version}: install the same on both"
        return Refused(why, ExitCode.USAGE)
    try:
        means.provide(job.plan, job.shard)
    except UserError as error:
        return Refused(str(error), error.code)
    return None


async def _work() -> ExitCode:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
    return await Worker(reader, asyncio.StreamWriter(transport, protocol, None, loop)).run()


def main() -> int:
    """The program; its exit code says nothing that its last line does not."""
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        return runner.run(_work())


if __name__ == "__main__":
    sys.exit(main())
