"""A sidecar that only keeps its server: a program for tests, which kill it.

    python -m support.little_sidecar DIRECTORY [--die-after-spawn] COMMAND …

It adopts or starts the server, starts it again when it ends, and prints each observation on a line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sidecar.core.actions import Start
from sidecar.core.observations import Absent, Exited, Observation
from sidecar.servers.command import CommandServer, CommandSettings

Make = Callable[..., CommandServer]
"""A fixture: a command, and changes to its settings."""
DIES = "--die-after-spawn"


def settings(directory: Path, *command: str) -> CommandSettings:
    """Everything in one directory."""
    return CommandSettings(command, directory, directory / "output", directory / "server.lock")


def _die_after_spawn() -> None:
    """Be killed as soon as the kernel has made the server, before anything else happens."""
    spawn = os.posix_spawnp

    def spawn_and_die(*arguments: object, **options: object) -> int:
        spawn(*arguments, **options)  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    os.posix_spawnp = spawn_and_die  # type: ignore[assignment]


async def _keep(directory: Path, *command: str) -> None:
    def report(what: Observation) -> None:
        print(what, flush=True)
        if isinstance(what, Absent | Exited):
            server.start(Start())

    server = CommandServer(settings(directory, *command), report)
    server.attach(None)
    await asyncio.Event().wait()


if __name__ == "__main__":
    _, directory, *command = sys.argv
    if command[0] == DIES:
        _die_after_spawn()
    asyncio.run(_keep(Path(directory), *(word for word in command if word != DIES)))
