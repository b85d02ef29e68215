"""The drills: what is done to a server under load, and what is stated of it before."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache

import msgspec

from loadgen.drills import harms
from loadgen.drills.place import Place
from loadgen.drills.scene import Scene
from loadgen.drills.stated import COLLECTING, CRASH, GRACE, HANG, HEAP, NOTICED, Stated, restart_within
from loadgen.scenario.behaviours import Lister, Returner
from loadgen.scenario.comeback import Return
from loadgen.scenario.mix import Mix
from loadgen.scenario.spans import Span
from loadgen.trouble import REGISTRATION_REFUSED

HARM_AT = 5.0
"""Seconds from the begin of the holding."""
_AT_ONCE = Return(first=0.1, most=0.1, jitter=1.0)
"""Nobody waits for anybody: the worst that clients can do. Many are at the door at any moment."""
_SPENT_FOR = 15.0
_TOLD_AFTER = 10.0
"""Seconds for which descriptors are nearly used up before that is a finding."""
_DISKS_EVERY = 10.0
"""Seconds from one look of the sidecar at its disks to the next."""
_LEAKING = 15.0
"""Seconds that the harm takes: another generator starts, and its clients come and go."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One drill."""

    name: str
    harm: str
    """In words."""
    do: Callable[[Scene], None]
    stated: Stated
    mix: Mix = (Lister(services=Span(1, 1)),)
    comeback: Return = Return()
    pending: int = 50
    habits: tuple[str, ...] = ()
    """Of the server from its start on."""
    limits: Callable[[], str] = str
    """Of the sidecar's configuration: what follows its ``[limits]``."""
    environment: dict[str, str] = {}
    small_disk: bool = False
    anywhere: Callable[[Place], None] | None = None
    """How it is done to a server that was not started for it, where that can be."""
    wants: str | None = None
    """A trouble without which it proves nothing."""

    @property
    def lacks(self) -> str:
        """Why it cannot be done here; empty if it can."""
        return _no_small_disk() if self.small_disk else ""

    def before(self, directory: str) -> tuple[str, ...]:
        """The command that runs the sidecar."""
        if not self.small_disk:
            return ()
        mount = 'mount -t tmpfs -o size=48m tmpfs "$0" && exec "$@"'
        return ("unshare", "--mount", "sh", "-c", mount, directory)


@cache
def _no_small_disk() -> str:
    if shutil.which("unshare") is None:
        return "a small disk needs unshare(1)"
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
    if done.returncode == 0:
        return ""
    return "only root can mount a small disk" if os.geteuid() else "mounting a small disk is not allowed here"


def _quiet_now() -> str:
    """The window for planned restarts has begun."""
    minute = time.time() // 60 * 60
    begin, end = (time.strftime("%H:%M", time.gmtime(minute + more)) for more in (-60, 3600))
    return f'quiet_from = "{begin}"\nquiet_to = "{end}"\n[rules.threads-many]\nthreshold = 150\nclear = 100\n'


def _spent_soon() -> str:
    return f'[rules.fds-spent]\nfor = "{_SPENT_FOR:g}s"\n'


def _of_small_disk() -> str:
    return (
        '[rules.disk-low]\nthreshold = "10MiB"\nclear = "15MiB"\n'
        '[rules.disk-full]\nthreshold = "1B"\nclear = "2MiB"\n'
    )


_CASES = (
    Case(
        name="kill",
        harm="SIGKILL to the server",
        do=harms.kill,
        anywhere=harms.kill,
        stated=CRASH,
    ),
    Case(name="hang", harm="the server's loop stands still", do=harms.hang, stated=HANG),
    Case(
        name="leak-threads",
        harm=f"{harms.LEAVERS} clients go without a close frame, and each leaves a thread behind",
        do=harms.leak_threads,
        stated=msgspec.structs.replace(restart_within(_LEAKING + GRACE), noticed=_LEAKING),
        limits=_quiet_now,
    ),
    Case(
        name="fd-limit",
        harm="the server may open no more files, and others want some",
        do=harms.use_up_descriptors,
        stated=msgspec.structs.replace(
            restart_within(NOTICED + _SPENT_FOR + GRACE, not_before=_SPENT_FOR), noticed=_TOLD_AFTER + NOTICED
        ),
        limits=_spent_soon,
    ),
    Case(
        name="heap",
        harm="garbage collections for 25 s, and no answer after them",
        do=harms.exhaust_heap,
        stated=HEAP,
        environment={"STANDIN_BUSY_SECONDS": f"{COLLECTING + GRACE:g}"},
    ),
    Case(
        name="disk-full",
        harm=f"the server's disk is full for {harms.FULL_FOR:g} s",
        do=harms.fill_disk,
        stated=Stated(
            noticed=_DISKS_EVERY + NOTICED,
            told=_DISKS_EVERY + NOTICED + GRACE,
            restarts=0,
            clients_lost=0,
            deadline=60.0,
        ),
        limits=_of_small_disk,
        small_disk=True,
    ),
    Case(
        name="restart-under-load",
        harm="an operator has the server restarted",
        do=harms.restart,
        stated=msgspec.structs.replace(CRASH, noticed=None),
    ),
    Case(
        name="reconnect-storm",
        harm="nine clients of ten lose their connection at once, and are all at the door a second later",
        do=harms.nothing,
        anywhere=harms.nothing,
        stated=Stated(noticed=None, restarts=0),
        mix=(
            Returner(weight=9, services=Span(1, 1), after=Span(HARM_AT, HARM_AT), away=Span(1, 1)),
            Lister(weight=1, services=Span(1, 1)),
        ),
        comeback=_AT_ONCE,
        pending=100_000,
    ),
    Case(
        name="cold-burst",
        harm="SIGKILL to the server, and all clients are at the door when the next one opens",
        do=harms.kill,
        stated=CRASH,
        comeback=_AT_ONCE,
        pending=100_000,
        habits=("cold-burst",),
        wants=REGISTRATION_REFUSED,
    ),
    Case(
        name="sidecar-killed",
        harm="SIGKILL to the sidecar, which is started again after a second",
        do=harms.kill_sidecar,
        stated=Stated(noticed=None, proven=15.0, restarts=0, clients_lost=0, deadline=60.0),
    ),
)
CASES = {case.name: case for case in _CASES}
"""In the order of the table."""
