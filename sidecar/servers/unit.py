"""The server as a unit of systemd: watched by its signals and a pidfd, acted on by its jobs alone.

A crash is systemd's own to answer, within milliseconds: it is seen and told here, and not raced.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from functools import partial

from fermatkit.errors import ExitCode, UserError
from fermatkit.process import age, started
from fermatkit.stat import Stat, look
from sidecar.core.actions import Restart, Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import (
    Absent,
    Appeared,
    Exited,
    GaveUp,
    Report,
    Rested,
    SignalFailed,
    StartFailed,
    Supervised,
)
from sidecar.servers.bus import Refused
from sidecar.servers.manager import Manager
from sidecar.servers.pidfd import Hold, hold
from sidecar.servers.unit_state import being_stopped, down, ended, limit, weak
from sidecar.tasks import Tasks

_LATE = 0.5
"""Seconds by which systemd may be later with a death than the kernel. (Seen: 3 ms.)"""
_SURE = 0.3
"""Seconds for which a unit has to be down before it counts as that."""
_AGAIN = 5.0
"""Seconds before what was refused is tried again."""
_SOON = 0.5
"""Seconds before it is looked again whether there is a process."""
_CONT_CHANGES = "TtZX"
"""Letters of processes that a SIGCONT would change, or that are gone."""


class UnitServer:
    """One unit's main process."""

    def __init__(self, unit: str, report: Report) -> None:
        """UserError if another sidecar watches the unit."""
        self._unit = unit
        self._claim = _claim(unit)
        self._report = report
        self._systemd = Manager(unit, self._compare, self._useless)
        self._supervised: Supervised | None = None
        self._hold: Hold | None = None
        self._last: Identity | None = None
        """Who was the main process when we, or the sidecar before us, last knew it."""
        self._holding: asyncio.Task[None] | None = None
        self._late: asyncio.TimerHandle | None = None
        self._sure: asyncio.TimerHandle | None = None
        """Runs when the unit may be down for longer."""
        self._absence: str | None = None
        """Why there is no process, as it was told; None while there is one, and before anything was told."""
        self._down: GaveUp | Rested | None = None
        """What was told of the one that is down."""
        self._tasks = Tasks()
        self._loop = asyncio.get_running_loop()

    def attach(self, remembered: Identity | None) -> None:
        """Follow what systemd knows. → Appeared; or Absent, GaveUp or Rested before it; Supervised."""
        self._last = remembered  # as long as systemd, which knows who runs, cannot be asked
        self._tasks.spawn(self._systemd.run(), "systemd")
        self._tasks.spawn(self._try_it(), "systemd: permission")

    def start(self, _: Start) -> None:
        """Start the unit, which systemd has given up. → Appeared or StartFailed."""
        self._tasks.spawn(self._order("StartUnit"), "systemd: start")

    def restart(self, _: Restart) -> None:
        """Have systemd end this process and start another. → Exited and Appeared, or StartFailed."""
        self._tasks.spawn(self._order("RestartUnit"), "systemd: restart")

    def signal(self, action: Signal) -> None:
        """Have systemd send a signal, SIGKILL to all of the unit. → nothing, or SignalFailed."""
        self._tasks.spawn(self._signal(action), "systemd: signal")

    def quit(self) -> None:
        """Send SIGQUIT to the main process; called in another thread. OSError when that cannot be done."""
        asked = asyncio.run_coroutine_threadsafe(self._systemd.kill("main", int(signal.SIGQUIT)), self._loop)
        try:
            asked.result(timeout=_LATE)
        except TimeoutError:
            asked.cancel()
            raise Refused("systemd did not answer in time") from None

    async def close(self) -> None:
        """Let go of the server, which runs on."""
        if self._sure is not None:
            self._sure.cancel()
        await self._tasks.close()
        self._release()
        self._claim.close()

    # ---- what is so -----------------------------------------------------------------------------

    def _compare(self) -> None:
        """What systemd says now, with whom we hold."""
        state = self._systemd.state
        if not state.known:
            self._useless(f"systemd has no such unit: {self._unit} ({state.load})")
        else:
            self._supervise(self._supervised.problem if self._supervised and self._hold else "")
        if self._hold is not None:
            pid = self._hold.identity.pid
            if being_stopped(state) and not self._systemd.obeying:
                self._say(Rested(f"{self._unit} is stopped by a job that is not the sidecar's"))
            if state.main_pid == pid:
                return
            self._end(ended(state, pid))
        if state.active in ("active", "activating"):
            self._down = None
        if state.main_pid and (self._holding is None or self._holding.done()):
            self._holding = self._tasks.spawn(self._take_hold(), "systemd: main process")
        elif down(state) is not None and state.known:
            self._sure = self._sure or self._loop.call_later(_SURE, self._is_down)

    def _is_down(self) -> None:
        """Between a death and its restart a unit is "failed" for a moment, too."""
        self._sure = None
        what = down(self._systemd.state)
        if what is not None and self._hold is None:
            self._say(what)
            self._tell_absent("")

    def _say(self, what: GaveUp | Rested) -> None:
        """Tell it once; and whoever wanted it down wants no more to be told of how it went down."""
        if self._down is None:
            self._down = what
            self._report(what)

    def _tell_absent(self, why: str) -> None:
        if why != self._absence:
            self._absence = why
            self._report(Absent(why, alive=self._last if why and _may_live(self._last) else None))

    def _useless(self, why: str) -> None:
        """Of no use is systemd now: a server that runs cannot be acted on, another cannot be found."""
        if self._hold is not None:
            self._supervise(why)
        else:
            self._tell_absent(why)

    def _supervise(self, problem: str) -> None:
        state = self._systemd.state
        now = Supervised(limit(state), weak(state) if state.known else "", problem)
        if now != self._supervised:
            self._supervised = now
            self._report(now)

    # ---- the process ----------------------------------------------------------------------------

    async def _take_hold(self) -> None:
        """Hold the main process: read who it is, hold that, read again; another one has come: once more."""
        while self._hold is None and (pid := self._systemd.state.main_pid):
            try:
                start = started(pid)
                if start is None:  # not if it is only hidden, which is an OSError
                    return  # systemd is about to say so
                identity = Identity(pid, start)
                held = hold(identity, partial(self._gone, identity))
            except ProcessLookupError:
                return
            except OSError as error:  # out of descriptors, say
                self._useless(f"pid {pid} cannot be held: {error.strerror}")
                await asyncio.sleep(_AGAIN)
                continue
            if await self._is_main(pid):
                self._keep(held)
            else:
                held.release()

    async def _is_main(self, pid: int) -> bool:
        try:
            return await self._systemd.main_pid() == pid
        except OSError:
            await asyncio.sleep(_AGAIN)
            return False

    def _keep(self, held: Hold) -> None:
        self._hold, self._absence, self._down = held, None, None
        self._last = held.identity
        self._report(Appeared(held.identity, adopted=True, age=age(held.identity.started)))
        self._compare()

    def _gone(self, identity: Identity, _: Ended) -> None:
        """The kernel says so; how it ended systemd alone knows, and says in a moment."""
        if self._hold is not None and self._hold.identity == identity:
            self._late = self._loop.call_later(_LATE, self._end, Ended())

    def _end(self, how: Ended) -> None:
        if self._hold is not None:
            identity = self._hold.identity
            self._release()
            self._absence = ""
            self._report(Exited(identity, how))

    def _release(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    # ---- orders ---------------------------------------------------------------------------------

    async def _order(self, member: str) -> None:
        try:
            await self._systemd.order(member)
        except OSError as error:
            self._report(StartFailed(f"{self._unit}: {error.strerror}"))

    async def _signal(self, action: Signal) -> None:
        whom = "all" if action.signal == signal.SIGKILL else "main"
        try:
            if self._hold is None or self._hold.identity != action.identity:
                raise Refused("this process is not held any more")
            await self._systemd.kill(whom, action.signal)
        except OSError as error:
            self._report(SignalFailed(action.identity, action.signal, str(error.strerror)))

    async def _try_it(self) -> None:
        """Whether we may act is known to polkit alone: SIGCONT changes nothing in a process that runs."""
        allowed = False
        while True:
            stat = _look(self._hold)
            problem = self._supervised is not None and self._supervised.problem
            wanted = self._systemd.state.known and (problem or not allowed)
            if wanted and stat is not None and stat.letter not in _CONT_CHANGES:
                try:
                    await self._systemd.kill("main", int(signal.SIGCONT))
                except OSError as error:
                    self._supervise(f"it may not be acted on: {error.strerror}")
                else:
                    allowed = True
                    self._supervise("")
            await asyncio.sleep(_AGAIN if stat else _SOON)


def _look(held: Hold | None) -> Stat | None:
    """None also if it cannot be looked at just now."""
    with suppress(OSError):
        return look(held.identity.pid) if held else None
    return None


def _may_live(identity: Identity | None) -> bool:
    """Unless it is seen to be gone: hidden, or not to be looked at, is not dead."""
    try:
        return identity is not None and started(identity.pid) == identity.started
    except OSError:
        return True


def _claim(unit: str) -> socket.socket:
    """One sidecar for one unit, wherever it keeps its state: a name that the kernel gives once (unix(7))."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        claim.bind(f"\0fermat-sidecar/{unit}")
    except OSError:
        claim.close()
        raise UserError(
            f"another sidecar watches {unit}: stop that one, or name another unit", ExitCode.CONFIGURATION
        ) from None
    return claim
