"""The server as a command of the sidecar's own: started once, outliving the sidecar, never twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec

from fermatkit.process import age, started
from sidecar.core.actions import Restart, Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, Report, StartFailed
from sidecar.servers.heirs import end
from sidecar.servers.launch import Launcher
from sidecar.servers.lock import holders, server, take
from sidecar.servers.output import cap
from sidecar.servers.pidfd import Hold, deliver, hold, why
from sidecar.tasks import Beat, OneThread, spawn

_SEARCHES = 100
_SEARCH_PAUSE = 0.05
"""Seconds. A big JVM takes half a second to die (peers.md §1.1); after 5 s something else is wrong."""
_CAP_INTERVAL = 5.0
"""Seconds. The real server prints 2 MB a second under heavy load."""

_Act = Callable[[], None]
"""What follows from a look for the server."""


class CommandSettings(msgspec.Struct, frozen=True):
    """What to run, and where."""

    command: tuple[str, ...]
    """The program (searched in PATH if it has no slash) and its arguments; no shell is involved."""
    directory: Path
    """Its working directory."""
    output: Path
    """What it prints is appended here."""
    lock: Path
    """Held by the server as long as it lives, unless it closes what it inherited."""
    output_limit: float = 10 * 2.0**20
    """Bytes. A longer output is moved to ``….1``, replacing the one before."""


class CommandServer:
    """One server process, ours or adopted."""

    def __init__(self, settings: CommandSettings, report: Report) -> None:
        self._launcher = Launcher(settings.command, settings.directory, settings.output)
        self._output = settings.output.absolute()
        self._output_limit = settings.output_limit
        self._lock = settings.lock.resolve()
        self._report = report
        self._remembered: Identity | None = None
        """Who was the server when an earlier sidecar ended, until it is found or known to be gone."""
        self._hold: Hold | None = None
        self._obstacle = ""
        """Why the search for the server has found neither it nor its lock free."""
        self._search: asyncio.Task[None] | None = None
        self._capping: asyncio.Task[None] | None = None

    def attach(self, remembered: Identity | None) -> None:
        """Look for a server that runs already. → Appeared (adopted) or Absent, mostly at once, within 5 s."""
        self._capping = spawn(self._cap(), "output cap")
        self._remembered = remembered
        absent = partial(self._report, Absent())
        # If it is not found, though its lock is held, the start that follows will say so.
        self._seek(partial(self._look, free=absent, heirs=remembered is not None), absent)

    def start(self, _: Start) -> None:
        """Start the server. → Appeared, adopted if one runs already, or StartFailed.

        At once, unless somebody holds the lock: then within 5 s, in which what an ended server left behind is
        ended, too.
        """
        if self._search is not None:
            return  # its outcome will be this start's
        if self._hold is not None:
            self._keep(self._hold, adopted=True)
            return
        held = None
        try:
            if self._remembered is None:
                held = self._start()
        except OSError as error:
            self._report(StartFailed(why(error)))
            return
        if held is not None:
            self._keep(held, adopted=False)
        else:
            again = partial(self.start, Start())
            self._seek(partial(self._look, free=again, heirs=False), self._unseen)

    def restart(self, _: Restart) -> NoReturn:
        """Never: the core is told that nothing else would start this server again (`Abilities`)."""
        raise AssertionError("a restart was ordered of a server without a supervisor")

    def signal(self, action: Signal) -> None:
        """Send a signal to exactly this process. → nothing, or SignalFailed."""
        deliver(self._hold, action, self._report)

    async def close(self) -> None:
        """Let go of the server, which runs on."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None
        tasks = [task for task in (self._search, self._capping) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self) -> Hold | None:
        """Start the process; None if somebody holds the lock. OSError when that cannot be done."""
        lock = take(self._lock)
        if lock is None:
            return None
        try:
            pid = self._launcher.launch(lock)
        finally:
            os.close(lock)  # from now on the server alone holds it
        try:
            # It may be dead by now; but its pid cannot be another's before its status is taken.
            return self._held(pid, started(pid, dead_too=True))
        except ProcessLookupError:
            why = "the process ended at once, and somebody else took its status"
            raise ProcessLookupError(why) from None
        except OSError:  # out of descriptors, say: nobody may run whom we could not see die
            os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
            raise

    def _held(self, pid: int, start: int | None) -> Hold:
        """Hold this process from now on. ProcessLookupError if it is gone; OSError when it cannot be held."""
        if start is None:
            raise ProcessLookupError
        identity = Identity(pid, start)
        return hold(identity, partial(self._ended, identity))

    def _keep(self, held: Hold, *, adopted: bool) -> None:
        self._hold, self._remembered = held, None
        self._report(Appeared(held.identity, adopted, age(held.identity.started) if adopted else 0.0))

    def _ended(self, identity: Identity, ended: Ended) -> None:
        self._hold = None
        self._report(Exited(identity, ended))

    def _is_free(self) -> bool:
        try:
            lock = take(self._lock)
        except OSError:  # a start will say why
            return True
        if lock is None:
            return False
        os.close(lock)
        return True

    def _seek(self, look: Callable[[int], _Act | None], unseen: _Act) -> None:
        """Look at once, and then again and again, until a look says what to do."""
        act = look(0)
        if act is not None:
            act()
        else:
            self._search = spawn(self._seek_on(look, unseen), "server search")

    async def _seek_on(self, look: Callable[[int], _Act | None], unseen: _Act) -> None:
        act = None
        for number in range(1, _SEARCHES):
            await asyncio.sleep(_SEARCH_PAUSE)
            act = look(number)
            if act is not None:
                break
        self._search = None
        (act or unseen)()

    def _look(self, number: int, free: _Act, *, heirs: bool) -> _Act | None:
        """One look for the server: what follows from it; None when that cannot be said yet.

        With `heirs`, when nobody saw the end of the server that ran last, its first heir is taken for it: it
        may be the one that serves, behind a wrapper that is gone. Without, they are ended. A free lock is
        believed last: a server may have closed its own, and anybody may have deleted the file.
        """
        self._obstacle = (
            f"{self._lock} is held by a process that cannot be found: no second server is started"
        )
        try:
            holding = holders(self._lock)
            found = server(holding, self._remembered) or (holding[0] if heirs and holding else None)
            if found is not None:
                return partial(self._keep, self._held(found.pid, found.started), adopted=True)
        except ProcessLookupError:  # it has just ended
            return None
        except OSError as error:  # out of descriptors, say: unknown is neither alive nor dead
            self._obstacle = f"whether a server runs cannot be seen: {why(error)}"
            return None
        self._remembered = None
        if holding:
            self._end_heirs(number, holding)
            return None
        return free if self._is_free() else None

    def _end_heirs(self, number: int, heirs: list[Identity]) -> None:
        """Ask them to end, and kill who has not done so when half of the time is over."""
        farewell = {0: signal.SIGTERM, _SEARCHES // 2: signal.SIGKILL}.get(number, 0)
        whose = " and ".join(end(heir, farewell) for heir in heirs)
        self._obstacle = f"{self._lock} is held by what the server left behind: end {whose}"

    def _unseen(self) -> None:
        self._report(StartFailed(self._obstacle))

    async def _cap(self) -> None:
        beat, thread = Beat(_CAP_INTERVAL), OneThread("output cap")
        while True:
            await beat.wait()
            await thread.call(partial(cap, self._output, self._output_limit))
