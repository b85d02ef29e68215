"""Settings to a running sidecar: who sees, who does, who shows. The only place that knows them all."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fermatkit.errors import ExitCode
from sidecar.actuators.sender import Sender
from sidecar.config.settings import Settings
from sidecar.core import actions as act
from sidecar.core.engine import State
from sidecar.core.nouns import Message
from sidecar.core.observations import Restored, StopAsked
from sidecar.core.view import view
from sidecar.faces.health import Health, health
from sidecar.faces.label import Label
from sidecar.faces.message import Rendered, render
from sidecar.faces.words import words
from sidecar.loop import Loop
from sidecar.probes.heartbeat import Heartbeat, HeartbeatSettings
from sidecar.probes.http import HttpProbe, HttpSettings
from sidecar.probes.process import ProcessProbe, ProcessSettings
from sidecar.servers.command import CommandServer, CommandSettings
from sidecar.store.keys import load_keys
from sidecar.store.lock import InstanceLock
from sidecar.store.recording import Recorder, RecordingSettings
from sidecar.store.snapshot import Saver, load
from sidecar.web.app import serve


class Sidecar:
    """One sidecar over one server; to be made on a running event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policy = settings.policy
        self._label = _label(settings)
        self._words = words()
        self._core = Loop(self._policy, time.monotonic, time.time, self._publish)
        self._shown: Health | None = None
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def stop(self) -> None:
        """Ask for a clean end."""
        self._core.report(StopAsked(leave=self._settings.server.on_stop == "leave"))

    async def run(self) -> ExitCode:
        """Watch until asked to stop. UserError for what the operator has to put right first."""
        asyncio.get_running_loop().set_exception_handler(self._broken)
        directory = Path(self._settings.state.directory)
        lock = InstanceLock(directory)
        try:
            served = await serve(self._settings.health, self._published)
            try:
                await self._watch(directory)
            finally:
                await served.stop()
        finally:
            lock.release()
        return ExitCode.GOOD

    async def _watch(self, directory: Path) -> None:
        settings, report = self._settings.server, self._core.report
        memory = load(directory / "memory.json")
        server = CommandServer(
            CommandSettings(
                settings.command,
                Path(settings.directory),
                directory / settings.output,
                directory / "server.lock",
                settings.output_limit,
            ),
            report,
        )
        saver = Saver(directory / "memory.json", report)
        sender = Sender(self._settings.channels, self._render, report)
        probes = (
            Heartbeat(
                HeartbeatSettings(settings.host, settings.port),
                load_keys(directory / "probe-keys.json"),
                report,
            ),
            HttpProbe(HttpSettings(settings.host, settings.port), report),
            ProcessProbe(ProcessSettings(settings.port, Path(settings.directory)), report),
        )

        recorder = Recorder(
            RecordingSettings(directory / "recording", self._label.version, self._label.host), self._policy
        )

        def watch(action: act.Watch) -> None:
            for probe in probes:
                probe.watch(action.identity)

        self._core.connect(
            {
                act.Start: server.start,
                act.Signal: server.signal,
                act.Watch: watch,
                act.Send: sender.send,
                act.Save: saver.save,
                act.Finish: lambda _: self._finished.set_result(None),
            },
            recorder.record,
        )
        try:
            report(Restored(memory, seed=random.SystemRandom().getrandbits(32)))
            server.attach(memory.identity if memory else None)
            await self._finished
        finally:
            self._core.close()
            await asyncio.gather(*(edge.close() for edge in (*probes, sender, server)))
            await saver.close()
            await recorder.close()

    def _publish(self, state: State) -> None:
        """What was shown is old now."""
        del state
        self._shown = None

    def _published(self) -> Health:
        """The answer of ``/health``: made when somebody asks, once for each change of what is so."""
        if self._shown is None:
            now = view(self._core.state, self._policy, time.monotonic(), time.time())
            self._shown = health(now, self._label, self._words)
        return self._shown

    def _render(self, message: Message) -> Rendered:
        return render(message, self._label, self._words)

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A bug, somewhere: end, and let whoever started us start us again. The server runs on, unharmed."""
        loop.default_exception_handler(context)
        if not self._finished.done():
            error = context.get("exception") or RuntimeError(context["message"])
            self._finished.set_exception(error)


def _label(settings: Settings) -> Label:
    host, port = settings.health.host, settings.health.port
    return Label(
        host=socket.gethostname(),
        server=f"{settings.server.host}:{settings.server.port}",
        page=f"http://{host}:{port}/",
        output=str(Path(settings.state.directory) / settings.server.output),
        version=version("fermat-sidecar"),
    )
