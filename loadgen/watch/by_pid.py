"""The server as the kernel shows it, where it is a process of this machine. It blocks, for milliseconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from fermatkit import host, sockets
from fermatkit.about import about
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import Sampler, age, open_fds, started
from fermatkit.sockets import TcpState
from loadgen.watch.messages import ByPid, Note, Said
from loadgen.watched import Kind, Mark, Sample, Server


class PidEye:
    """Samples one process and its machine; the next one, when that has ended and another has the port."""

    def __init__(self, job: ByPid) -> None:
        self._job = job
        self._pid: int | None = None
        self._sampler: Sampler | None = None
        self._before: host.Snapshot | None = None
        self._disks: list[Path] = []
        self._noted = False
        self._seen = False
        """Whether there has been one."""

    def begin(self) -> Iterator[Said]:
        """Who it is."""
        yield from self._find()

    def look(self) -> Iterator[Said]:
        """One sample; of the machine alone while there is no process."""
        if self._sampler is None:
            yield from self._find()
        process = self._of_process()
        snapshot = host.snapshot()
        found = {**process, **host.readings(snapshot, self._before), **self._of_disks()}
        self._before = snapshot
        yield Sample(at=time.monotonic(), readings={str(name): _number(one) for name, one in found.items()})

    def end(self) -> Iterator[Said]:
        """Nothing is left to tell."""
        yield from ()

    def _find(self) -> Iterator[Said]:
        pid = self._job.pid if self._job.pid is not None else sockets.owner(self._job.port, self._pid or 0)
        start = None
        try:
            start = started(pid) if isinstance(pid, int) else None
        except OSError as error:
            pid = Unknown(str(error.strerror))
        if not isinstance(pid, int) or start is None:
            yield from self._missed(pid)
            return
        if self._seen:
            yield Mark(at=time.monotonic() - age(start), kind=Kind.RESTART, text=f"pid {pid}")
        else:
            yield Server(seen_by=f"pid {pid}", about=about(pid))
        self._seen = True
        self._pid, self._sampler = pid, Sampler(pid, start)
        self._disks = _directories(pid)

    def _missed(self, found: int | Unknown | None) -> Iterator[Note]:
        """Said once: a server may still come."""
        if not self._noted and not self._seen:
            port = self._job.port
            why = (
                f"nobody listens on port {port} yet: start it, or name another by --url"
                if found is None
                else f"there is no pid {found}"
            )
            if isinstance(found, Unknown):
                why = f"who listens on port {port} cannot be told ({found.why}): name it by --pid"
            yield Note(f"the server itself is not watched: {why}")
        self._noted = True

    def _of_process(self) -> dict[Measure, Reading]:
        sample = self._sampler.sample() if self._sampler else None
        if sample is None or self._pid is None:
            self._sampler = None
            return {}
        return {**sample.readings, Measure.FDS: open_fds(self._pid), **_sockets(self._job.port, self._pid)}

    def _of_disks(self) -> dict[Measure, Reading]:
        return host.disks(self._disks) if self._disks else {}


def _sockets(port: int, pid: int) -> dict[Measure, Reading]:
    found = sockets.connections(port, likely=pid)
    if isinstance(found, Unknown):
        return dict.fromkeys((Measure.ESTABLISHED, Measure.OTHER_SOCKETS, Measure.CLOSE_WAIT), found)
    states = {state: number for state, number in found.states.items() if state is not TcpState.LISTEN}
    established = states.pop(TcpState.ESTABLISHED, 0)
    return {
        Measure.ESTABLISHED: float(established),
        Measure.OTHER_SOCKETS: float(sum(states.values())),
        Measure.CLOSE_WAIT: float(states.get(TcpState.CLOSE_WAIT, 0)),
        Measure.ACCEPT_QUEUE: found.waiting,
        Measure.ACCEPT_LIMIT: found.limit,
    }


def _directories(pid: int) -> list[Path]:
    """Where it writes, as far as that is known: where it works."""
    try:
        return [Path(psutil.Process(pid).cwd())]
    except (psutil.Error, OSError):
        return []


def _number(reading: Reading) -> float | None:
    return None if isinstance(reading, Unknown) else float(reading)
