"""The process that sends: it loads what sending takes once, and forks a child for each message.

A line of JSON on stdin is an order, a line on stdout says what became of it. Nothing secret is ever in an
argument, in the environment or in an answer. It ends when its stdin does, and its children with it: whoever
gave the orders is gone then, and has no use for an answer.

A child for each, because a message that hangs can then be given up, as a thread's cannot; and forked, because
nine processes that load Apprise side by side keep each other waiting for seconds.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable

import msgspec


class Order(msgspec.Struct, frozen=True, tag=True):
    """What to send."""

    number: int
    url: str
    subject: str
    body: str


class Drop(msgspec.Struct, frozen=True, tag=True):
    """Give this order up."""

    number: int


class Outcome(msgspec.Struct, frozen=True):
    """What became of an order."""

    number: int
    why: str | None = None
    """None: it was taken. Otherwise why not, without any part of the URL; short, to be written at once."""


Work = Callable[[Order], str | None]


def ended(code: int) -> str:
    """Why there is no answer: how a process ended that should have given one."""
    how = f"ended with exit code {code}" if code >= 0 else f"was killed by signal {-code}"
    name = "" if code >= 0 else f" ({signal.strsignal(-code)})"
    return f"the sending process {how}{name} before it answered"


class Forks:
    """Obeys the orders on stdin, until that ends. It alone writes to stdout from now on."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._children: dict[int, int] = {}
        """Which order each is at, by pid."""
        self._life, self._alive = os.pipe()
        """Its writing end is this process's alone: it closes when that ends, however it does."""
        self._answers = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a plug-in prints is no answer

    def serve(self) -> None:
        """Wait for orders and for children; then end them all. Never returns."""
        news, ending = os.pipe()
        os.set_blocking(ending, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler, or the pipe hears nothing
        signal.set_wakeup_fd(ending)
        rest = b""
        while True:
            ready, _, _ = select.select([0, news], [], [])
            if news in ready:
                os.read(news, 4096)
                self._reap()
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._obey(msgspec.json.decode(line, type=Order | Drop))
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)  # what Apprise has loaded has nothing left to do

    def _obey(self, what: Order | Drop) -> None:
        if isinstance(what, Drop):
            for pid, number in self._children.items():
                if number == what.number:
                    os.kill(pid, signal.SIGKILL)
            return
        try:
            pid = os.fork()
        except OSError as error:
            self._answer(what.number, f"the sending process could not be started: {error.strerror}")
            return
        if pid == 0:
            self._do(what)
        self._children[pid] = what.number

    def _do(self, order: Order) -> None:
        """In the child; never returns."""
        try:
            signal.set_wakeup_fd(-1)
            os.close(self._alive)
            threading.Thread(target=_end_with, args=(self._life,), daemon=True).start()
            self._answer(order.number, self._work(order))
            os._exit(0)  # likewise, and its threads
        finally:
            os._exit(1)

    def _reap(self) -> None:
        """Whoever was killed has not answered; nobody listens any more if it has."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number, code = self._children.pop(pid), os.waitstatus_to_exitcode(status)
            if code:
                self._answer(number, ended(code))

    def _answer(self, number: int, why: str | None) -> None:
        os.write(self._answers, msgspec.json.encode(Outcome(number, why)) + b"\n")


def _end_with(life: int) -> None:
    os.read(life, 1)
    os._exit(1)
