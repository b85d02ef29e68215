"""Both runs of the self-test: server and generator are processes of their own; who stands still, and when."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import NamedTuple

import msgspec

from fermatkit.errors import ExitCode, UserError
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.plan import Plan
from loadgen.scenario.stages import Stage
from loadgen.schedule.events import Event
from loadgen.schedule.whole import stages
from loadgen.selftest.checks import Trial, frozen, stalled
from loadgen.selftest.report import First, Log, Port, Report, Told
from loadgen.selftest.truth import Pause
from loadgen.shard import WHOLE

CONNECTIONS = 10
RATE = 200.0
"""Messages a second of all."""
STALLED_RUN, STALL_AFTER, STALL = 20.0, 9.0, 2.0
"""Seconds: a tenth of the messages falls into the stall, so p99 is 1.8 s."""
FROZEN_RUN, FREEZE_AFTER, FREEZE = 4.0, 1.5, 1.0
_MORE = 60.0
"""Seconds that a run may take beyond its plan; to start two processes takes one, on a busy machine more."""
_LINE = 2**24
"""Bytes of the server's log, at most."""


def planned(seed: int, url: str, seconds: float) -> Plan:
    """What the generator is to do."""
    stage = Stage(duration=seconds, rate=RATE)
    return Plan(seed=seed, url=url, clients=CONNECTIONS, settle=0.0, stages=(stage,), mix=(Echo(),))


class _Run(NamedTuple):
    """What there is to compare."""

    schedule: list[Event]
    log: Log
    report: Report
    pause: Pause | None


async def server_stands_still(seed: int) -> Trial:
    """The first: 20 s, in which the server stands still for two."""
    run = await _run(seed, STALLED_RUN, _nothing, "--stall-after", str(STALL_AFTER), "--stall", str(STALL))
    return stalled(run.schedule, CONNECTIONS, run.log, run.report)


async def generator_is_stopped(seed: int) -> Trial:
    """The second: 4 s, in which the generator is stopped for one, from outside."""
    run = await _run(seed, FROZEN_RUN, _freeze)
    return frozen(run.schedule, run.pause, run.log, run.report)


async def _nothing(_: Process) -> None:
    """The server stops by itself."""


async def _freeze(generator: Process) -> Pause:
    await asyncio.sleep(FREEZE_AFTER)
    generator.send_signal(signal.SIGSTOP)
    begin = monotonic()
    try:
        await asyncio.sleep(FREEZE)
    finally:
        end = monotonic()
        generator.send_signal(signal.SIGCONT)
    return Pause(begin, end)


async def _run(
    seed: int, seconds: float, meanwhile: Callable[[Process], Awaitable[Pause | None]], *flags: str
) -> _Run:
    """One run; `meanwhile` begins with the first message. UserError when it cannot be carried out."""
    try:
        async with asyncio.timeout(seconds + _MORE), _process("server", *flags) as server:
            port = await _told(server, Port)
            url = f"ws://127.0.0.1:{port.number}/"
            plan = planned(seed, url, seconds)
            async with _process("generator") as generator:
                reporting = asyncio.ensure_future(generator.communicate(msgspec.json.encode(plan)))
                await _begun(server, reporting)
                pause = await meanwhile(generator)
                text, _ = await reporting
            assert server.stdin is not None  # noqa: S101 - it is a pipe
            server.stdin.close()
            log = await _told(server, Log)
    except TimeoutError as error:
        raise UserError(
            f"the self-test's run of {seconds:.0f} s was not over {_MORE:.0f} s later:"
            " try again when this machine is less busy",
            ExitCode.INVALID_RUN,
        ) from error
    report = msgspec.json.decode(text, type=Report)
    return _Run(list(stages(plan, WHOLE, 0.0)), log, report, pause)


async def _begun(server: Process, reporting: asyncio.Future[tuple[bytes, bytes]]) -> None:
    """The first message has arrived; a generator that ended before that is a bug of ours."""
    first = asyncio.ensure_future(_told(server, First))
    try:
        await asyncio.wait((reporting, first), return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            raise RuntimeError("the generator ended before it sent anything")
    finally:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


@asynccontextmanager
async def _process(name: str, *flags: str) -> AsyncIterator[Process]:
    """One of the two, ended at the end."""
    command = (sys.executable, "-m", f"loadgen.selftest.{name}", *flags)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_LINE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _told(server: Process, kind: type[Told]) -> Told:
    """Its next line."""
    assert server.stdout is not None  # noqa: S101 - it is a pipe
    return msgspec.json.decode(await server.stdout.readline(), type=kind)
