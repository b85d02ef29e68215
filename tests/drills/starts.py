"""Starts that come to nothing, or nearly."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import suppress

import aiohttp

from drills.acts import ENDED, FAST, mail, nothing, told
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.cloud_client import CloudClient
from support.running import PATIENCE, Running, free_port, until

LOOP = 8.0
"""Seconds in which a restart loop would show: more than two start timeouts."""


def empty_configuration(run: Running) -> None:
    folder = run.directory / "server" / "configuration"
    folder.mkdir(parents=True)
    (folder / "server_conf.properties").touch()


def wrong_value(run: Running) -> None:
    empty_configuration(run)
    (run.directory / "server" / "configuration" / "server_conf.properties").write_text("port=many\n")


async def held_and_named(run: Running, _: int) -> None:
    """No storm: the budget is spent; and the outage's own story names the file, or one before it."""
    assert "server_conf.properties: empty" in await mail(run, "STILL DOWN", "BAD CONFIGURATION")
    await mail(run, "STAYS DOWN")
    assert run.servers() == []


async def restarted_once(run: Running, _: int) -> None:
    """Deaf, replaced once, then left alone; the messages say so."""
    await mail(run, "DOWN")
    assert "one has not helped" in await mail(run, "STAYS DOWN")
    assert await spent(run) == 1
    await asyncio.sleep(LOOP)
    assert await spent(run) == 1


async def spent(run: Running) -> int:
    """How many restarts the budget counts."""
    return int((await run.health())["checks"]["restarts:budget"][0]["observedValue"])


async def left_alone_and_named(run: Running, _: int) -> None:
    """Alive and deaf; the messages name the file and its value, and there is no storm."""
    named = "server_conf.properties: port is not a number: 'many'"
    assert named in await mail(run, "BAD CONFIGURATION")
    assert named in await mail(run, "STAYS DOWN")
    restarts = await spent(run)
    await asyncio.sleep(LOOP)
    assert await spent(run) == restarts <= 1


def take_the_port(run: Running) -> None:
    run.at_end.enter_context(socket.create_server(("127.0.0.1", run.server_port)))


async def culprit_named_and_left_alone(run: Running, _: int) -> None:
    """One restart, then none; the message names who has the port; once it is free all is well."""
    assert f"held by pid {os.getpid()}" in await mail(run, "DOWN")
    assert f"held by pid {os.getpid()}" in await mail(run, "STAYS DOWN")
    restarts = await spent(run)
    await asyncio.sleep(LOOP)
    assert await spent(run) == restarts <= 1
    run.at_end.close()  # it is free
    await run.passes()


def another_port(run: Running) -> None:
    """The server's own idea of its port is not the watched one."""
    text = run.config.read_text()
    run.config.write_text(text.replace(f'"{run.server_port}"]', f'"{free_port()}"]'))


async def both_ports_named(run: Running, pid: int) -> None:
    """It is left as it is, for it would come up on the same port again."""
    found = re.search(r'"--port", "(\d+)"', run.config.read_text())
    assert found is not None
    await told("WRONG PORT", found[1], str(run.server_port))(run, pid)


async def come_first(run: Running, _: int) -> None:
    """A client registers when the port opens; the sidecar, which sees that within 4 ms, has to wait."""
    assert run.sidecar is not None
    # In a loop of its own: the drills beside it keep theirs busy for longer than the race takes.
    await asyncio.to_thread(asyncio.run, _register_first(run.sidecar, run.server_port))


async def _register_first(sidecar: subprocess.Popen[bytes], port: int) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        _stop_when_open(sidecar, port)
        try:
            with suppress(aiohttp.ClientError, OSError, AssertionError):  # too late: it may be tried again
                await CloudClient.register(http)
        finally:
            sidecar.send_signal(signal.SIGCONT)


def _stop_when_open(sidecar: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            sidecar.send_signal(signal.SIGSTOP)
            return
        time.sleep(0.001)


async def registered_itself(run: Running, _: int) -> None:
    """Ready only after its own registration, and said that it was refused before."""

    async def proven() -> bool:
        body = await run.health()
        said = any("refused the sidecar's own" in note for note in body["notes"])
        return said and body["checks"]["process:state"][0]["observedValue"] == "proven"

    await until(proven, lambda: run.log[-2000:])


STARTS = (
    Drill(
        "deaf start",
        Trouble.DEAF,
        nothing,
        restarted_once,
        f'start_timeout = "3s"\n{FAST}',
        arguments=("--habit", "deaf-start"),
        story=(*ENDED[:-1], "finding   deaf-start appeared", "stand     sparing"),
        from_the_start=True,
    ),
    Drill(
        "deaf start, port taken",
        Trouble.DEAF,
        nothing,
        culprit_named_and_left_alone,
        f'start_timeout = "3s"\n{FAST}',
        prepare=take_the_port,
        from_the_start=True,
    ),
    Drill(
        "bad configuration",
        Trouble.BAD_CONFIG,
        nothing,
        held_and_named,
        f'budget = [{{ restarts = 3, within = "1h" }}]\n{FAST}',
        story=("stand     delayed", "stand     held"),
        prepare=empty_configuration,
        from_the_start=True,
    ),
    Drill(
        "bad configuration, alive and deaf",
        Trouble.BAD_CONFIG,
        nothing,
        left_alone_and_named,
        f'start_timeout = "3s"\n{FAST}',
        arguments=("--habit", "bad-port-deaf"),
        prepare=wrong_value,
        from_the_start=True,
    ),
    Drill(
        "wrong port",
        Trouble.WRONG_PORT,
        nothing,
        both_ports_named,
        prepare=another_port,
        from_the_start=True,
    ),
    Drill(
        "cold burst",
        Trouble.COLD_BURST,
        come_first,
        registered_itself,
        arguments=("--habit", "cold-burst"),
        from_the_start=True,
        patience=10.0,
        tries=12,  # the race may be won
    ),
)
