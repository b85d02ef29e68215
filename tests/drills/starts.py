"""Starts that come to nothing, or nearly."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

import aiohttp

from drills.acts import FAST, mail, nothing, told
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.cloud_client import CloudClient
from support.running import Running, free_port, until


def empty_configuration(run: Running) -> None:
    folder = run.directory / "server" / "configuration"
    folder.mkdir(parents=True)
    (folder / "server_conf.properties").touch()


async def held_and_named(run: Running, _: int) -> None:
    """No storm: the budget is spent, and the message about the file names it."""
    assert "server_conf.properties: empty" in await mail(run, "BAD CONFIGURATION")
    await mail(run, "STAYS DOWN")
    assert run.servers() == []


async def restarted_once(run: Running, _: int) -> None:
    """Deaf, replaced once, then left alone; the messages say so."""
    await mail(run, "DOWN")
    told = await mail(run, "STAYS DOWN")
    assert "one has not helped" in told
    assert (await run.health())["checks"]["restarts:budget"][0]["observedValue"] == 1


def take_the_port(run: Running) -> None:
    run.at_end.enter_context(socket.create_server(("127.0.0.1", run.server_port)))


async def culprit_named_and_left_alone(run: Running, _: int) -> None:
    """One restart, then none; the message names who has the port; once it is free all is well."""
    assert f"held by pid {os.getpid()}" in await mail(run, "DOWN")
    assert f"held by pid {os.getpid()}" in await mail(run, "STAYS DOWN")
    restarts = (await run.health())["checks"]["restarts:budget"][0]["observedValue"]
    await asyncio.sleep(8)
    assert (await run.health())["checks"]["restarts:budget"][0]["observedValue"] == restarts <= 1
    run.at_end.close()  # it is free
    await run.passes()


def another_port(run: Running) -> None:
    """The server's own idea of its port is not the watched one."""
    text = run.config.read_text()
    run.config.write_text(text.replace(f'"{run.server_port}"]', f'"{free_port()}"]'))


async def rush(run: Running, _: int) -> None:
    """Clients that register the moment the port is open."""
    asyncio.get_running_loop().create_task(_rush(run))


async def _rush(run: Running) -> None:
    for _ in range(400):
        with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError, TypeError):
            async with aiohttp.ClientSession(f"http://127.0.0.1:{run.server_port}") as http:
                await asyncio.gather(*(CloudClient.register(http) for _ in range(4)), return_exceptions=True)
        await asyncio.sleep(0.005)


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
        prepare=empty_configuration,
        from_the_start=True,
    ),
    Drill(
        "wrong port",
        Trouble.WRONG_PORT,
        nothing,
        told("WRONG PORT"),
        prepare=another_port,
        from_the_start=True,
    ),
    Drill(
        "cold burst",
        Trouble.COLD_BURST,
        rush,
        registered_itself,
        arguments=("--habit", "cold-burst"),
        from_the_start=True,
        patience=20.0,
        tries=8,  # the race may be won
    ),
)
