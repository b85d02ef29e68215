"""The server as a command of the sidecar's own: started once, outliving the sidecar, never twice."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from fermatkit.process import started
from sidecar.core.actions import Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, Report, SignalFailed, StartFailed
from sidecar.servers.lock import holder, take
from sidecar.servers.output import cap
from sidecar.servers.pidfd import Hold, hold
from sidecar.tasks import Beat, spawn

_LOCK_IN_SERVER = 77
"""The lock's descriptor in the server: scripts use 3 to 9 for themselves, shells 10 and up, and 255."""
_SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
_SEARCHES = 100
_SEARCH_PAUSE = 0.05
"""Seconds. A big JVM takes half a second to die (peers.md §1.1); after 5 s something else is wrong."""
_CAP_INTERVAL = 5.0
"""Seconds. The real server prints 2 MB a second under heavy load."""


class CommandSettings(msgspec.Struct, frozen=True):
    """What to run, and where."""

    command: tuple[str, ...]
    """The program (searched in PATH if it has no slash) and its arguments; no shell is involved."""
    directory: Path
    """Its working directory."""
    output: Path
    """What it prints is appended here."""
    lock: Path
    """Held by the server as long as it lives."""
    output_limit: float = 10 * 2.0**20
    """Bytes. A longer output is moved to ``….1``, replacing the one before."""


class CommandServer:
    """One server process, ours or adopted."""

    def __init__(self, settings: CommandSettings, report: Report) -> None:
        # While a server is started, our working directory is another: nothing may be relative to it.
        self._command = settings.command
        self._environment = dict(os.environb)
        self._directory = settings.directory.absolute()
        self._output = settings.output.absolute()
        self._output_limit = settings.output_limit
        self._lock = settings.lock.resolve()
        _keep_descriptors()
        self._report = report
        self._hold: Hold | None = None
        self._search: asyncio.Task[None] | None = None
        self._capping: asyncio.Task[None] | None = None

    def attach(self, remembered: Identity | None) -> None:
        """Look for a server that runs already. → Absent at once, or Appeared (adopted) soon."""
        self._capping = spawn(self._cap(), "output cap")
        absent = partial(self._report, Absent())
        if self._is_free():
            absent()
        else:  # if whoever keeps the lock is not found, the start that follows will say so
            self._search = spawn(self._find(remembered, absent, absent), "server search")

    def start(self, _: Start) -> None:
        """Start the server. → Appeared or StartFailed at once; if one runs already, it is adopted instead."""
        try:
            lock = take(self._lock)
            if lock is None:
                self._adopt()
                return
            try:
                pid = self._spawn(lock)
            finally:
                os.close(lock)  # from now on the server alone holds it
        except OSError as error:
            self._report(StartFailed(_why(error)))
            return
        # It may be dead by now; but its pid cannot be another's before its status is taken.
        if not self._take(Identity(pid, started(pid, dead_too=True) or 0), adopted=False):
            self._report(StartFailed("the process ended at once, and somebody else took its status"))

    def signal(self, action: Signal) -> None:
        """Send a signal to exactly this process. → nothing, or SignalFailed."""
        held = self._hold
        try:
            if held is None or held.identity != action.identity:
                raise ProcessLookupError("this process is not held any more")
            held.signal(action.signal)
        except OSError as error:
            self._report(SignalFailed(action.identity, action.signal, _why(error)))

    async def close(self) -> None:
        """Let go of the server, which runs on."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None
        tasks = [task for task in (self._search, self._capping) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, lock: int) -> int:
        """Start the process, in a session of its own, with every signal as a new process has it.

        posix_spawn costs half of what subprocess.Popen does, and resets signals, which that cannot.
        """
        with _opened(self._output) as output, _standing_in(self._directory):
            return os.posix_spawnp(
                self._command[0],
                self._command,
                self._environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, output, 2),
                    (os.POSIX_SPAWN_DUP2, lock, _LOCK_IN_SERVER),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=_SIGNALS,
            )

    def _take(self, identity: Identity, *, adopted: bool) -> bool:
        """Hold a process from now on, and tell; False if it is gone."""
        try:
            held = hold(identity, partial(self._ended, identity))
        except ProcessLookupError:
            return False
        if adopted and started(identity.pid) != identity.started:
            held.release()
            return False
        if self._hold is not None:
            self._hold.release()
        self._hold = held
        self._report(Appeared(identity, adopted))
        return True

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

    def _adopt(self) -> None:
        """A start found the lock held: by an heir of the server, or by a server that is just dying."""
        if self._search is None:
            again = partial(self.start, Start())
            self._search = spawn(self._find(None, again, self._unseen), "server search")

    def _unseen(self) -> None:
        why = f"{self._lock} is held by a process that cannot be found: no second server is started"
        self._report(StartFailed(why))

    async def _find(
        self, remembered: Identity | None, free: Callable[[], None], unseen: Callable[[], None]
    ) -> None:
        for _ in range(_SEARCHES):
            if self._is_free():
                self._search = None
                free()
                return
            identity = await asyncio.to_thread(holder, self._lock, remembered)
            if identity is not None and self._take(identity, adopted=True):
                self._search = None
                return
            await asyncio.sleep(_SEARCH_PAUSE)
        self._search = None
        unseen()

    async def _cap(self) -> None:
        beat = Beat(_CAP_INTERVAL)
        while True:
            await beat.wait()
            await asyncio.to_thread(cap, self._output, self._output_limit)


def _why(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)


def _keep_descriptors() -> None:
    """Let no server inherit what was handed to us, such as a pipe of make's that would never close."""
    for descriptor in {int(path.name) for path in Path("/dev/fd").iterdir()} - {0, 1, 2}:
        with suppress(OSError):  # the one of the listing itself is closed by now
            fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.FD_CLOEXEC)


@contextmanager
def _opened(output: Path) -> Iterator[int]:
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _standing_in(directory: Path) -> Iterator[None]:
    """Change the working directory of this whole process, and back: posix_spawn knows no other way.

    It takes a tenth of a millisecond, in which no other thread may use a relative path; the sidecar has none.
    """
    here = None
    with suppress(OSError):  # a directory we may not even look at: there is no way back, nor a need
        here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(directory)
        yield
    finally:
        if here is not None:
            os.fchdir(here)
            os.close(here)
