"""Settings to a running sidecar: who sees, who does, who shows. The only place that knows them all."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import structlog

from fermatkit.errors import ExitCode, UserError
from sidecar.actuators.deadman import DeadmanSwitch
from sidecar.actuators.evidence import plan
from sidecar.actuators.evidence.collector import Collector, EvidenceSettings
from sidecar.actuators.evidence.samples import Samples
from sidecar.actuators.sender import Sender
from sidecar.actuators.systemd import Systemd
from sidecar.config.load import load as load_settings
from sidecar.config.reload import reload
from sidecar.config.settings import ServerSettings, Settings
from sidecar.core import actions as act
from sidecar.core.engine import State
from sidecar.core.observations import Restored, StopAsked
from sidecar.core.stories import Message
from sidecar.core.view import View, view
from sidecar.faces.health import notes
from sidecar.faces.label import label
from sidecar.faces.message import Rendered, render
from sidecar.faces.words import words
from sidecar.loop import Loop
from sidecar.probes.aim import is_ours
from sidecar.probes.cgroup import CgroupProbe, CgroupSettings
from sidecar.probes.config_file import ConfigProbe, ConfigSettings
from sidecar.probes.counters import CountersProbe, CountersSettings
from sidecar.probes.heartbeat import Heartbeat, HeartbeatSettings
from sidecar.probes.host import HostProbe, HostSettings
from sidecar.probes.http import HttpProbe, HttpSettings
from sidecar.probes.process import ProcessProbe, ProcessSettings
from sidecar.probes.readings import ReadingsProbe
from sidecar.probes.threads import THREADS
from sidecar.probes.whereabouts import Whereabouts
from sidecar.servers.chosen import chosen
from sidecar.store.alive import last_alive
from sidecar.store.history.schema import HISTORY
from sidecar.store.history.writer import History
from sidecar.store.keys import load_keys
from sidecar.store.lock import InstanceLock
from sidecar.store.recording import Recorder, RecordingSettings
from sidecar.store.remembered import DATABASE, load
from sidecar.store.saver import Saver
from sidecar.web.api import Api
from sidecar.web.app import serve
from sidecar.web.control import listen
from sidecar.web.events import Events
from sidecar.web.metrics import Metrics
from sidecar.web.monit import monit_of
from sidecar.web.past import Past
from sidecar.web.routes import routes
from sidecar.web.server import Server
from sidecar.web.showing import Showing

if TYPE_CHECKING:
    from sidecar.servers.unit import UnitServer

log = structlog.get_logger("sidecar")

_LACK_PAUSE = 60.0
"""Seconds between two log lines about that; the event loop tells of it each second."""


class Sidecar:
    """One sidecar over one server; to be made on a running event loop."""

    def __init__(self, settings: Settings, config: Path) -> None:
        """`config` is the file that the settings are from: it is part of the evidence, its secrets masked."""
        self._settings = settings
        self._config = config
        self._samples = Samples()
        self._systemd = Systemd()
        self._told: tuple[object, ...] = ()
        """Of what systemd has the status."""
        self._policy = settings.policy
        self._label = label(settings, socket.gethostname(), version("fermat-sidecar"))
        self._words = words(settings.language)
        self._core = Loop(self._policy, time.monotonic, time.time, self._publish)
        self._back = False
        """Whether an absence before our start has been looked for."""
        self._showing = Showing(self._view, self._label, settings.language)
        self._events = Events(self._showing)
        self._recorder: Recorder | None = None
        self._history: History | None = None
        self._lack_told = -_LACK_PAUSE
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def stop(self) -> None:
        """Ask for a clean end."""
        self._systemd.stopping()
        self._core.report(StopAsked(leave=self._settings.server.on_stop == "leave"))

    @property
    def of_systemd(self) -> bool:
        """Whether systemd has started us, and wants to be told how we are."""
        return self._systemd.listens

    def reload(self) -> None:
        """Read the configuration again. A bad file changes nothing; what needs a restart is said."""
        if self._recorder is None:  # still starting
            return
        try:
            new = load_settings(self._config)
        except UserError as error:
            for line in str(error).splitlines():
                log.warning("configuration not read again: the old one stays in force", why=line)
            return
        self._policy, later = reload(self._settings, new)
        self._recorder.obey(self._policy)
        self._core.obey(self._policy)
        self._words, self._told = words(new.language), ()
        self._showing.speak(new.language)
        log.info("configuration read again", file=str(self._config), needs_a_restart=later)

    async def run(self) -> ExitCode:
        """Watch until asked to stop. UserError for what the operator has to put right first."""
        asyncio.get_running_loop().set_exception_handler(self._broken)
        directory = Path(self._settings.state.directory)
        lock = InstanceLock(directory)
        try:
            token = self._settings.health.token
            api = Api(token.reveal() if token else None, self._core.report, self._showing)
            past = Past(directory / HISTORY, lambda: self._core.state, self._label, self._showing.words)
            served = await serve(
                self._settings.health,
                [
                    *routes(self._showing),
                    *past.routes,
                    Server(self._showing.look).route,
                    *monit_of(self._settings.health.monit_password, self._showing.look, self._label),
                    Metrics(self._showing.look, self._label).route,
                    *api.routes,
                ],
                self._events,
            )
            try:
                await self._watch(directory)
            finally:
                await served.stop()
        finally:
            lock.release()
        return ExitCode.GOOD

    async def _watch(self, directory: Path) -> None:
        settings, report = self._settings.server, self._core.report
        alive = last_alive(directory, directory / "recording")
        memory, saver = load(directory), Saver(directory / DATABASE, report)
        server = chosen(settings, directory, report)
        sender = Sender(self._settings.channels, self._render, report)
        deadman = DeadmanSwitch(
            self._settings.deadman.url if self._settings.deadman else None, self._say, report
        )
        probes = (
            whereabouts := Whereabouts(),
            Heartbeat(
                HeartbeatSettings(settings.host, settings.port),
                load_keys(directory / "probe-keys.json"),
                report,
            ),
            http := HttpProbe(HttpSettings(settings.host, settings.port), report),
            ProcessProbe(ProcessSettings(settings.port), report),
            ReadingsProbe(THREADS, report),
            CgroupProbe(CgroupSettings(), report),
            CountersProbe(_counters(settings), report),
            config := ConfigProbe(
                ConfigSettings(Path(settings.directory), of_another=bool(settings.unit)), report
            ),
        )
        host = HostProbe(HostSettings((Path(settings.directory), directory), plan.LOGS), report)
        collector = Collector(
            EvidenceSettings(
                directory / "evidence",
                plan.Server(
                    settings.port,
                    Path(settings.directory),
                    self._settings.output,
                    self._config,
                    settings.unit,
                    cast("UnitServer", server).quit if settings.unit else None,
                    whereabouts.of,
                ),
            ),
            self._samples.lines,
            report,
        )
        control = await listen(directory, report, self._showing)
        recorder = self._recorder = Recorder(
            RecordingSettings(directory / "recording", self._label.version, self._label.host), self._policy
        )

        history = self._history = History(directory / HISTORY)

        def watch(action: act.Watch) -> None:
            for probe in probes:
                probe.watch(action.identity)

        self._core.connect(
            {
                act.Start: server.start,
                act.Restart: server.restart,
                act.Signal: server.signal,
                act.Ask: http.doubt,
                act.Collect: collector.collect,
                act.Watch: watch,
                act.Explain: lambda _: None,  # logged like every action, and kept to be shown
                act.Send: sender.send,
                act.Save: saver.save,
                act.Beat: deadman.beat,
                act.Finish: lambda _: self._finished.set_result(None),
            },
            recorder.record,
        )
        try:
            report(Restored(memory, random.SystemRandom().getrandbits(32), alive))
            host.start()
            config.start()
            server.attach(memory.identity if memory else None)
            self._systemd.ready()
            await self._finished
        finally:
            self._core.close()
            control.close()
            edges = (*probes, host, collector, sender, deadman, server, self._systemd)
            await asyncio.gather(*(edge.close() for edge in edges))
            await saver.close()
            await recorder.close()
            await history.close()

    def _publish(self, state: State) -> None:
        """What was shown is old now."""
        self._samples.keep(state)
        if self._history is not None:
            self._history.keep(state)
        self._showing.changed()
        self._events.changed()
        self._came_back(state)
        told = (state.recovery.phase.stand, *state.findings)
        if told != self._told:
            self._told = told
            self._systemd.status(" ".join(notes(self._showing.look(), self._words)))

    def _came_back(self, state: State) -> None:
        """Say once how long there was no sidecar, as soon as it is known what became of the server."""
        absence = state.facts.absence
        if state.facts.known and not self._back:
            self._back = True
            if absence is not None and absence.matters:
                seconds = round(absence.until - absence.since, 1)
                log.warning("no sidecar had watched", seconds=seconds, server=absence.server)

    def _view(self) -> View:
        return view(self._core.state, self._policy, time.monotonic(), time.time())

    def _render(self, message: Message) -> Rendered:
        return render(message, self._label, self._words)

    def _say(self, pulse: act.Pulse) -> str:
        return self._words.pulse[pulse].format(host=self._label.host)

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A bug, somewhere: end, and let whoever started us start us again. The server runs on, unharmed."""
        if _is_lack(context):
            self._lacks(context)
            return
        loop.default_exception_handler(context)
        if not self._finished.done():
            error = context.get("exception") or RuntimeError(context["message"])
            self._finished.set_exception(error)

    def _lacks(self, context: dict[str, Any]) -> None:
        """No bug: asyncio tries again in a second, and who has a connection keeps it."""
        now = time.monotonic()
        if now - self._lack_told >= _LACK_PAUSE:
            self._lack_told = now
            log.warning("newcomers to /health have to wait", why=str(context["exception"]))


def _is_lack(context: dict[str, Any]) -> bool:
    """Whether it is only that no connection could be accepted: what ends a task is never that."""
    error = context.get("exception")
    return isinstance(error, Exception) and is_ours(error) and "task" not in context


def _counters(server: ServerSettings) -> CountersSettings:
    admin = server.admin
    if admin is None:
        return CountersSettings(server.host, server.port)
    return CountersSettings(server.host, server.port, admin.user, admin.password)
