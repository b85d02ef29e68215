"""What the kernel tells of a process, and of its machine: it answers when the process itself does not."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fermatkit import cgroups, sockets
from fermatkit.measures import Unknown
from fermatkit.process import started
from sidecar.core.nouns import Identity

_MOST_THREADS = 2000
_MOST_NAMES = 200
_MOST_FDS = 20_000
"""Descriptors that are looked at: 0.15 s of CPU."""
_STAT_STATE, _STAT_UTIME, _STAT_STIME = 0, 11, 12
"""Fields of /proc/PID/stat after the name (proc_pid_stat(5))."""
_KINDS = ("socket", "pipe", "anon_inode")
_MACHINE = ("pressure/cpu", "pressure/io", "pressure/memory", "loadavg", "meminfo")
_CGROUP = ("memory.events", "memory.current", "memory.max", "pids.current", "pids.max", "cpu.stat", "io.stat")


def of(identity: Identity, read: Callable[[int], bytes]) -> bytes:
    """What is read of this process, and not of another one that has its pid by now."""
    content = read(identity.pid)
    if started(identity.pid, dead_too=True) != identity.started:
        raise ProcessLookupError("the process is gone, and its pid is another's")
    return content


def file(name: str, pid: int) -> bytes:
    """One of the files of /proc/PID as it is."""
    return Path(f"/proc/{pid}/{name}").read_bytes()


def threads(pid: int) -> bytes:
    """Each thread's name, state, CPU time, and where in the kernel it waits."""
    task = Path(f"/proc/{pid}/task")
    tids = sorted(os.listdir(task), key=int)  # noqa: PTH208 - thousands of them: a Path each is too much
    lines = ["tid state utime stime wchan name   (times in clock ticks)"]
    for tid in tids[:_MOST_THREADS]:
        with suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
            lines.append(_thread(task / tid))
    if len(tids) > _MOST_THREADS:
        lines.append(f"… and {len(tids) - _MOST_THREADS} more")
    return _text(lines)


def _thread(task: Path) -> str:
    head, _, tail = (task / "stat").read_text(errors="replace").rpartition(")")
    fields = tail.split()
    times = f"{fields[_STAT_UTIME]} {fields[_STAT_STIME]}"
    try:
        wchan = (task / "wchan").read_text() or "-"
    except PermissionError:
        wchan = "?"
    return f"{task.name} {fields[_STAT_STATE]} {times} {wchan} {head.partition('(')[2]}"


def descriptors(pid: int) -> bytes:
    """How many of which kind are open, and the names of the first ones."""
    directory = f"/proc/{pid}/fd"
    numbers = sorted(os.listdir(directory), key=int)  # noqa: PTH208 - likewise
    names = []
    for number in numbers[:_MOST_FDS]:
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append((number, os.readlink(f"{directory}/{number}")))  # noqa: PTH115 - likewise
    kinds = Counter(_kind(name) for _, name in names)
    lines = [f"open {len(numbers)}", *(f"{kind} {count}" for kind, count in kinds.most_common()), ""]
    if len(numbers) > _MOST_FDS:
        lines.insert(1, f"of the first {_MOST_FDS}:")
    return _text([*lines, *(f"{number} {name}" for number, name in names[:_MOST_NAMES])])


def _kind(name: str) -> str:
    if name.startswith("/"):
        return "file"
    kind = name.partition(":")[0]
    return kind if kind in _KINDS else "other"


def states(port: int) -> bytes:
    """The sockets of the server's port by state."""
    counted = sockets.count(port)
    if isinstance(counted, Unknown):
        raise OSError(counted.why)
    lines = [f"{state.name} {number}" for state, number in counted.items()]
    return _text(lines or [f"nobody listens on port {port}, and nobody is connected to it"])


def machine() -> bytes:
    """Pressure (PSI), load and memory of the whole machine."""
    return b"\n".join(_section(Path("/proc") / name) for name in _MACHINE)


def cgroup(pid: int) -> bytes:
    """The limits it lives under, and how often it met them (cgroup v2, as systemd has it)."""
    group = cgroups.of(pid)
    if isinstance(group, Unknown):
        raise FileNotFoundError(group.why)
    return b"\n".join(_section(group.folder / name) for name in _CGROUP)


def _section(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        content = f"not readable: {error.strerror}\n".encode()
    return f"== {path}\n".encode() + content


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")
