"""A hold on one process: its end is told at once, and a signal reaches it and nobody else.

By a pidfd (Linux 5.4), which a reused pid cannot fool. Where there is none, a thread waits for the end, which
it hears of at once only if the process is our child; and a signal is sent after a look at whose pid it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import threading
from collections.abc import Callable
from typing import Protocol

import psutil

from fermatkit.process import started
from sidecar.core.actions import Signal
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Report, SignalFailed

Told = Callable[[Ended], None]
"""Who hears of the end, once, on the event loop's thread; how it ended is known of a child of ours only."""

_NO_PIDFD = (errno.ENOSYS, errno.EPERM)
"""An old kernel, or a sandbox that does not know the call. Anything else will be no better with a thread."""


class Hold(Protocol):
    """A process that is watched until it ends or is released."""

    identity: Identity

    def signal(self, number: int) -> None:
        """Send a signal to exactly this process. OSError when that cannot be done."""

    def release(self) -> None:
        """Forget the process; its end is not told any more."""


def hold(identity: Identity, told: Told) -> Hold:
    """Hold a process, or its zombie. ProcessLookupError when it is gone, OSError when it cannot be held."""
    if hasattr(os, "pidfd_open"):
        try:
            pidfd = os.pidfd_open(identity.pid)
        except OSError as error:
            if error.errno not in _NO_PIDFD:
                raise
        else:
            return _verified(_ByPidfd(identity, told, pidfd))
    _verify(
        identity
    )  # before: its thread takes the status of a child, and with that ends what there is to see
    return _ByThread(identity, told)


def deliver(held: Hold | None, action: Signal, report: Report) -> None:
    """Send a signal to exactly this process. → nothing, or SignalFailed."""
    try:
        if held is None or held.identity != action.identity:
            raise ProcessLookupError("this process is not held any more")
        held.signal(action.signal)
    except OSError as error:
        report(SignalFailed(action.identity, action.signal, why(error)))


def why(error: OSError) -> str:
    """What an operator is told of it."""
    if error.filename:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error.strerror or error)


def send(identity: Identity, number: int) -> None:
    """Send a signal to a process that no pidfd stands for. OSError when that cannot be done."""
    _verify(identity)
    os.kill(identity.pid, number)


def _verified(held: _ByPidfd) -> Hold:
    try:
        _verify(held.identity)  # only now: whose pid it is cannot change any more
    except OSError:
        held.release()
        raise
    return held


def _verify(identity: Identity) -> None:
    if started(identity.pid, dead_too=True) != identity.started:
        raise ProcessLookupError("the process is gone")


class _ByPidfd:
    def __init__(self, identity: Identity, told: Told, pidfd: int) -> None:
        self.identity = identity
        self._told = told
        self._pidfd = pidfd
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pidfd, self._ended)

    def signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._pidfd, number)

    def release(self) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1

    def _ended(self) -> None:
        ended = self._reap()
        try:
            self._told(ended)  # first: the next server may be started in there
        finally:
            self.release()

    def _reap(self) -> Ended:
        try:
            result = os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOHANG)
        except ChildProcessError:  # not our child, or somebody else has taken its status
            return Ended()
        if result is None:
            return Ended()
        if result.si_code == os.CLD_EXITED:
            return Ended(code=result.si_status)
        return Ended(signal=result.si_status, dumped=result.si_code == os.CLD_DUMPED)


class _ByThread:
    def __init__(self, identity: Identity, told: Told) -> None:
        self.identity = identity
        self._told: Told | None = told
        self._loop = asyncio.get_running_loop()
        try:
            process = psutil.Process(identity.pid)
        except psutil.NoSuchProcess:
            raise ProcessLookupError(f"no process {identity.pid}") from None
        threading.Thread(target=self._wait, args=(process,), name="server-end", daemon=True).start()

    def signal(self, number: int) -> None:
        send(self.identity, number)

    def release(self) -> None:
        self._told = None

    def _wait(self, process: psutil.Process) -> None:
        code = process.wait()
        with contextlib.suppress(RuntimeError):  # the event loop has ended before
            self._loop.call_soon_threadsafe(self._ended, code)

    def _ended(self, code: int | None) -> None:
        told, self._told = self._told, None
        if told is None:
            return
        if code is None:
            told(Ended())
        else:
            told(Ended(signal=-code) if code < 0 else Ended(code=code))
