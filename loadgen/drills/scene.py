"""A drill's own Cloud Server, a stand-in, and its own sidecar over it: processes in a temporary directory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from loadgen.drills.keeper import MARK
from loadgen.drills.place import Place
from loadgen.drills.sink import Sink
from loadgen.watch.sidecar_api import Sidecar, Unanswered

PATIENCE = 45.0
"""Seconds for the server to be started and proven, on a busy machine."""
_LOOK = 0.2
_MACHINE = "".join(
    f'\n[rules.host-{what}]\nact = "note"\n' for what in ("memory", "swap", "pressure", "steal", "load")
)
"""It is others', too: what is wrong with it is no part of a drill."""
_LAST_WORDS = 300


class Scene(Place):
    """Both, and what a harm has to know of them. All of it is ended by whoever keeps the directory."""

    def __init__(
        self,
        directory: Path,
        sink: Sink,
        *,
        habits: Sequence[str] = (),
        limits: str = "",
        environment: dict[str, str] | None = None,
        before: Sequence[str] = (),
    ) -> None:
        """`before`: a command that runs the sidecar, where that is needed."""
        port, health = _free_port(), _free_port()
        super().__init__(f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{health}", 0)
        self.directory = directory
        self.sink = sink
        self.evidence = directory / "state" / "evidence"
        self.server_directory = directory / "server"
        self.held = ExitStack()
        """What a harm takes hold of, to be let go at the end."""
        self.environment = {**os.environ, **(environment or {}), MARK: str(directory)}
        self.config = directory / "sidecar.toml"
        self._before = before
        self.server_directory.mkdir()
        server = [sys.executable, "-m", "cloudserver", "--port", str(port)]
        server += [word for habit in habits for word in ("--habit", habit)]
        quiet = "" if "quiet_from" in limits else 'quiet_from = "00:00"\nquiet_to = "00:00"\n'
        self.config.write_text(
            f"[server]\ncommand = {json.dumps(server)}\ndirectory = 'server'\nport = {port}\n"
            f"[state]\ndirectory = 'state'\n[health]\nport = {health}\n"
            f"[[channel]]\nname = 'drill'\nurl = '{sink.url}'\n[limits]\n{quiet}{limits}{_MACHINE}"
        )

    def start_sidecar(self) -> None:
        """Which starts the server, or takes over the one that runs."""
        with (self.directory / "sidecar.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [*self._before, *self.command("run")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )

    def command(self, *words: str) -> list[str]:
        """One of the sidecar's own."""
        return [sys.executable, "-m", "sidecar", *words, "--config", str(self.config)]

    def proven(self) -> None:
        """Wait for it. UserError when it does not come to that."""
        sidecar = Sidecar(self.sidecar_url)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(Unanswered):
                state = sidecar.state()
                if state.ready and state.pid is not None:
                    self.pid = state.pid
                    return
            time.sleep(_LOOK)
        raise UserError(f"the drill's own server was not well in time: {self._last_words}", ExitCode.INTERNAL)

    @property
    def _last_words(self) -> str:
        """The server's, or else its sidecar's."""
        for name in ("state/server-output.log", "sidecar.log"):
            with suppress(OSError):
                if text := (self.directory / name).read_text(errors="replace").strip():
                    return text.rpartition("\n")[2][-_LAST_WORDS:]
        return "neither it nor its sidecar said anything"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
