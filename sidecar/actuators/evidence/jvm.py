"""Questions to a JVM, by its own attach protocol: what ``jcmd`` speaks, in a hundredth of its time.

HotSpot's attachListener_linux.cpp: a JVM that gets SIGQUIT and finds a file ``.attach_pidN`` in its working
directory or in /tmp opens the socket ``/tmp/.java_pidN``, and keeps it. Each connection is one question.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from fermatkit.process import started
from sidecar.actuators.evidence import room
from sidecar.actuators.evidence.status import Status
from sidecar.core.nouns import Identity

_ARGUMENTS = 3
"""Every question has so many; those not needed are empty."""
_LONGEST = 8 * 2**20
"""Bytes of an answer that are read: 20,000 threads' worth."""
_RETRY = 0.002
"""Seconds from one try to the next; a JVM needs one or two for its socket."""
_CREDENTIALS = struct.Struct("3i")
"""ucred of SO_PEERCRED (unix(7)): pid, uid, gid."""


class NotAsked(OSError):
    """The JVM was not asked, or did not answer; the text says why."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EAGAIN, why)


class Jvm:
    """One JVM, which no question harms: what might be ended by one is not asked."""

    def __init__(self, identity: Identity, deadline: float) -> None:
        """`deadline` in monotonic seconds: no question takes longer."""
        self._identity = identity
        self._deadline = deadline

    def ask(self, *words: str) -> bytes:
        """The answer to a command and its arguments, such as ``"jcmd", "GC.heap_info"``.

        OSError with the reason if there is none.
        """
        if not psutil.LINUX:  # all of this is found in /proc
            raise NotAsked("not asked: that is done on Linux alone")
        padding = [""] * (1 + _ARGUMENTS - len(words))
        question = "".join(f"{word}\0" for word in ("1", *words, *padding))
        with _holding(self._identity) as pidfd, self._connected(pidfd) as jvm:
            try:
                jvm.sendall(question.encode())
                answer = self._read(jvm)
            except TimeoutError:
                raise NotAsked("the JVM took the question, and did not answer in time") from None
        code, _, text = answer.partition(b"\n")
        if code != b"0":
            raise NotAsked(f"the JVM refused: code {code[:20]!r}, {text[:100]!r}")
        return text

    def _read(self, jvm: socket.socket) -> bytes:
        answer = bytearray()
        while len(answer) < _LONGEST:
            jvm.settimeout(self._left())
            piece = jvm.recv(65536)
            if not piece:
                break
            answer += piece
        return bytes(answer)

    @contextmanager
    def _connected(self, pidfd: int) -> Iterator[socket.socket]:
        status = Status.of(self._identity.pid)
        if status.stopped:
            raise NotAsked(f"not asked: the process is stopped (state {status.state})")
        if os.geteuid() not in (0, status.uid):
            raise NotAsked(f"not asked: it belongs to user {status.uid}, and we are {os.geteuid()}")
        with socket.socket(socket.AF_UNIX) as jvm:
            if not self._connect(jvm, status):
                self._wake(jvm, status, pidfd)
            pid, *_ = _CREDENTIALS.unpack(jvm.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            if pid != self._identity.pid:
                raise NotAsked(f"not asked: another process ({pid}) listens on the JVM's socket")
            yield jvm

    def _connect(self, jvm: socket.socket, status: Status) -> bool:
        """Connect, or tell that there is no such socket, or nobody behind it (left by a dead JVM)."""
        jvm.settimeout(self._left())
        try:
            jvm.connect(f"/proc/{self._identity.pid}/root/tmp/.java_pid{status.own_pid}")
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def _wake(self, jvm: socket.socket, status: Status, pidfd: int) -> None:
        """Make the JVM open its socket. SIGQUIT ends whatever does not catch it: then it is not sent."""
        if not status.catches(signal.SIGQUIT):
            raise NotAsked("not asked: it does not catch SIGQUIT, which would end it")
        if b"/libjvm.so" not in Path(f"/proc/{self._identity.pid}/maps").read_bytes():
            raise NotAsked("not asked: it is no JVM (has no libjvm.so in memory)")
        if lack := room.lacking(self._identity.pid):
            raise NotAsked(f"not asked: {lack}; without one for its answer a JVM ends itself")
        with _trigger(self._identity.pid, status.own_pid):
            signal.pidfd_send_signal(pidfd, signal.SIGQUIT)
            while not self._connect(jvm, status):
                time.sleep(min(_RETRY, self._left()))

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NotAsked("the JVM did not open its socket, or not answer, in time")
        return left


@contextmanager
def _holding(identity: Identity) -> Iterator[int]:
    """A pidfd: a signal by it reaches this process or nobody, whoever has the pid later."""
    pidfd = os.pidfd_open(identity.pid)
    try:
        if started(identity.pid) != identity.started:
            raise NotAsked("not asked: the process is gone, and its pid is another's")
        yield pidfd
    finally:
        os.close(pidfd)


@contextmanager
def _trigger(pid: int, own_pid: int) -> Iterator[None]:
    """The file by which the JVM knows what SIGQUIT means now; without it, it would print its threads."""
    name = f".attach_pid{own_pid}"
    try:
        path = _touch(Path(f"/proc/{pid}/cwd") / name)
    except OSError:  # read-only, for instance
        path = _touch(Path(f"/proc/{pid}/root/tmp") / name)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _touch(path: Path) -> Path:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    return path
