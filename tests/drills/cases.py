"""The rows of the table of failures, each with its right answer."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import aiohttp

from drills.drill import Act, Drill
from sidecar.core.nouns import Trouble
from support.cloud_client import CloudClient
from support.running import Running, free_port, until

FAST = 'backoff_first = "50ms"\nbackoff_max = "100ms"\nterm_deadline = "2s"\n'


def habit(*names: str) -> Act:
    async def take_up(run: Running, _: int) -> None:
        for name in names:
            await run.habit(name)

    return take_up


async def nothing(run: Running, pid: int) -> None:
    """It is in the start already."""


async def replaced(run: Running, pid: int) -> None:
    """A new process, proven, and nobody else."""
    new = await run.passes(not_pid=pid)
    assert run.servers() == [new]


async def kept_and_well(run: Running, pid: int) -> None:
    """The same process, and well."""
    assert await run.passes() == pid


def told(beginning: str) -> Act:
    """A message that begins so, and the process as it was."""

    async def message(run: Running, pid: int) -> None:
        await mail(run, beginning)
        assert pid in (0, *run.servers())

    return message


async def mail(run: Running, beginning: str) -> str:
    async def there() -> bool:
        return any(subject.startswith(beginning) for subject in run.subjects)

    await until(there, lambda: f"no {beginning!r} in {run.subjects}", patience=60)
    return next(
        str(one.get_content()) for one in run.mailbox.mails if str(one["Subject"]).startswith(beginning)
    )


# ---- starts that come to nothing -------------------------------------------------------------------


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
    """Deaf, replaced once; the message says so."""
    await mail(run, "DOWN")

    async def again() -> bool:
        return (await run.health())["checks"]["restarts:budget"][0]["observedValue"] >= 1

    await until(again, lambda: run.log[-2000:], patience=60)


def take_the_port(run: Running) -> None:
    run.at_end.enter_context(socket.create_server(("127.0.0.1", run.server_port)))


async def culprit_named_and_left_alone(run: Running, _: int) -> None:
    """One restart, then none; the message names who has the port; once it is free all is well."""
    assert f"held by pid {os.getpid()}" in await mail(run, "DOWN")

    async def spared() -> bool:
        state = (await run.health())["checks"]["process:state"][0]
        return bool(state["observedValue"] == "sparing")

    await until(spared, lambda: run.log[-2000:], patience=60)
    restarts = (await run.health())["checks"]["restarts:budget"][0]["observedValue"]
    await asyncio.sleep(8)
    assert (await run.health())["checks"]["restarts:budget"][0]["observedValue"] == restarts <= 1
    run.at_end.close()  # it is free
    await run.passes()


def another_port(run: Running) -> None:
    """The server's own idea of its port is not the watched one."""
    text = run.config.read_text()
    run.config.write_text(text.replace(f'"{run.server_port}"]', f'"{free_port()}"]'))


# ---- limits and leaks --------------------------------------------------------------------------------


async def crowd(run: Running, number: int, seconds: float) -> None:
    """So many sockets that connect and say nothing, for a while."""
    sockets = []
    for _ in range(number):
        one = socket.socket()
        one.setblocking(False)
        with suppress(BlockingIOError):
            one.connect(("127.0.0.1", run.server_port))
        sockets.append(one)
    await asyncio.sleep(seconds)
    for one in sockets:
        one.close()


async def fill_descriptors(run: Running, _: int) -> None:
    await run.habit("fd-limit")
    await asyncio.sleep(0.5)
    asyncio.get_running_loop().create_task(crowd(run, 80, 12.0))


async def told_and_healed(run: Running, pid: int) -> None:
    await mail(run, "OPEN FILES NEAR THE LIMIT")
    await mail(run, "OVER: OPEN FILES")
    assert await run.passes() == pid


async def drop_clients(run: Running, _: int) -> None:
    """Clients that leave without a close frame, one after another."""
    await run.habit("thread-leak")
    asyncio.get_running_loop().create_task(_dropping(run))


async def _dropping(run: Running) -> None:
    with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{run.server_port}") as http:
            for _ in range(120):
                client = await CloudClient.register(http)
                transport = client.socket._response.connection
                assert transport is not None
                assert transport.transport is not None
                transport.transport.abort()
                await asyncio.sleep(0.4)


async def leave_registered(run: Running, _: int) -> None:
    """The server forgets clients that it still has connected."""
    await run.habit("forgotten-clients")
    await asyncio.sleep(0.3)  # its answer comes before it
    asyncio.get_running_loop().create_task(crowd_of_clients(run, 30))


async def crowd_of_clients(run: Running, number: int) -> None:
    with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{run.server_port}", connector=aiohttp.TCPConnector(limit=0)
        ) as http:
            clients = [await CloudClient.register(http) for _ in range(number)]
            await asyncio.sleep(60)
            assert clients


async def crowd_that_leaves(run: Running, _: int) -> None:
    await run.habit("zombie-sockets")
    await asyncio.sleep(0.3)
    await crowd(run, 40, 0.5)


async def crowd_at_the_door(run: Running, _: int) -> None:
    await run.habit("accept-nothing")
    await asyncio.sleep(0.3)
    asyncio.get_running_loop().create_task(crowd(run, 60, 25.0))


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


# ---- disks ---------------------------------------------------------------------------------------------


def small_disk(run: Running) -> None:
    """A file system of its own for the server; unmounted with the drill."""
    command = ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(run.directory / "server")]
    subprocess.run(command, check=True)
    run.at_end.callback(subprocess.run, ["umount", "-l", str(run.directory / "server")], check=True)


async def fill_the_disk(run: Running, _: int) -> None:
    filler = run.directory / "server" / "filler"
    await asyncio.to_thread(_fill, filler)


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**16))


async def told_until_there_is_room(run: Running, pid: int) -> None:
    """The server serves on; told, and told again when there is room."""
    await mail(run, "LOG LOST")
    assert (await run.health())["checks"]["process:state"][0]["observedValue"] == "proven"
    await asyncio.to_thread((run.directory / "server" / "filler").unlink)
    await mail(run, "OVER: LOG LOST")
    assert run.servers() == [pid]


DRILLS = (
    Drill("exited", Trouble.EXITED, lambda _, pid: _kill(pid, signal.SIGKILL), replaced, FAST),
    Drill("exited, status 0", Trouble.EXITED, habit("exit-zero"), replaced, FAST),
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
    Drill("hung", Trouble.HUNG, habit("blocked"), replaced, FAST),
    Drill("stopped", Trouble.STOPPED, lambda _, pid: _kill(pid, signal.SIGSTOP), kept_and_well),
    Drill("busy, not hung", Trouble.BUSY, habit("busy"), kept_and_well),
    Drill("not serving", Trouble.NOT_SERVING, habit("refusing"), replaced, f'start_timeout = "3s"\n{FAST}'),
    Drill("stuck processors", Trouble.STUCK, habit("stuck-processors"), replaced, FAST),
    Drill("HTTP dead", Trouble.HTTP_DEAD, habit("http-dead"), told("HTTP DEAD"), 'http_dead_after = "5s"\n'),
    Drill("fd limit", Trouble.FD_LIMIT, fill_descriptors, told_and_healed, '[rules.fd-limit]\nfor = "3s"\n'),
    Drill(
        "thread leak",
        Trouble.THREAD_LEAK,
        drop_clients,
        told("THREADS LEAK"),
        '[rules.thread-leak]\nfor = "5s"\n',
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
    Drill(
        "zombies",
        Trouble.ZOMBIES,
        leave_registered,
        told("CONNECTIONS OF NOBODY"),
        '[rules.zombies]\nthreshold = 20\nclear = 10\nfor = "3s"\n',
        server='[server.admin]\npassword = "fermat"\n',
    ),
    Drill(
        "zombies, CLOSE_WAIT",
        Trouble.CLOSE_WAIT,
        crowd_that_leaves,
        told("CONNECTIONS LEFT OPEN"),
        '[rules.close-wait]\nthreshold = 20\nclear = 10\nfor = "3s"\n',
    ),
    Drill(
        "zombies, queue full",
        Trouble.ACCEPT_QUEUE,
        crowd_at_the_door,
        told("QUEUE FULL"),
        '[rules.accept-queue]\nfor = "3s"\n',
    ),
)


DISK_DRILLS = (
    Drill(
        "disk",
        Trouble.DISK_FILLING,
        habit("log-eater"),
        told("DISK FILLING"),
        '[rules.disk-low]\nthreshold = "10MiB"\nclear = "15MiB"\n'
        '[rules.disk-full]\nthreshold = "1MiB"\nclear = "2MiB"\n'
        '[rules.disk-filling]\nthreshold = "10m"\nclear = "1h"\nfor = "5s"\n',
        prepare=small_disk,
    ),
    Drill(
        "silent log loss",
        Trouble.LOG_LOSS,
        fill_the_disk,
        told_until_there_is_room,
        '[rules.disk-low]\nthreshold = "10MiB"\nclear = "15MiB"\n'
        '[rules.disk-full]\nthreshold = "1B"\nclear = "2MiB"\n',
        prepare=small_disk,
    ),
)
"""Those for which one has to be root, to mount a small file system."""


async def _kill(pid: int, number: int) -> None:
    os.kill(pid, number)
