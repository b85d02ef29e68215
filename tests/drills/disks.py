"""Disks that fill, each a small file system of the drill's own."""

from __future__ import annotations

import asyncio
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from drills.acts import habit, mail, told
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.running import Running

LACKS = "" if os.getuid() == 0 else "only root can mount a small disk"


def small_disk(run: Running) -> None:
    """A file system of its own for the server; unmounted with the drill."""
    command = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(run.directory / "server")]
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


async def told_early(run: Running, pid: int) -> None:
    """While there is room yet: how long it will last, and which file it is that grows."""
    await told("DISK FILLING", "will be full in", "fermat_server.log")(run, pid)
    disk = os.statvfs(run.directory / "server")
    assert disk.f_bavail * disk.f_frsize > 0
    assert (await run.health())["checks"]["process:state"][0]["observedValue"] == "proven"


DISKS = (
    Drill(
        "disk",
        Trouble.DISK_FILLING,
        habit("log-eater"),
        told_early,
        '[rules.disk-low]\nthreshold = "10MiB"\nclear = "15MiB"\n'
        '[rules.disk-full]\nthreshold = "1MiB"\nclear = "2MiB"\n'
        '[rules.disk-filling]\nthreshold = "10m"\nclear = "1h"\nfor = "5s"\n',
        prepare=small_disk,
        lacks=LACKS,
    ),
    Drill(
        "silent log loss",
        Trouble.LOG_LOSS,
        fill_the_disk,
        told_until_there_is_room,
        '[rules.disk-low]\nthreshold = "10MiB"\nclear = "15MiB"\n'
        '[rules.disk-full]\nthreshold = "1B"\nclear = "2MiB"\n',
        prepare=small_disk,
        lacks=LACKS,
    ),
)
