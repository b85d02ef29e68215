"""What the kernel accounts to the cgroup of a process, a systemd unit's as a rule: memory, tasks, I/O."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

from fermatkit import cgroups, small
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import started

_TWO = Unknown("needs two samples")
_MICRO = 1e-6
_NUMBERS = {
    Measure.UNIT_MEMORY: ("memory.current", r"(\d+)"),
    Measure.UNIT_MEMORY_LIMIT: ("memory.max", r"(\d+|max)"),
    Measure.UNIT_OOM_KILLS: ("memory.events", r"oom_kill (\d+)"),
    Measure.UNIT_TASKS: ("pids.current", r"(\d+)"),
    Measure.UNIT_TASKS_LIMIT: ("pids.max", r"(\d+|max)"),
}
"""What is a number as it stands: the file, and the line that holds it."""
_OF_BOTH = (Measure.UNIT_TASKS, Measure.UNIT_TASKS_LIMIT)
"""What is told though the sidecar is in it, too: both are under that limit, and both count."""
_SUMS = {
    Measure.UNIT_CPU: ("cpu.stat", r"(?m)^usage_usec (\d+)$", 100 * _MICRO),
    Measure.UNIT_IO_READ: ("io.stat", r"\brbytes=(\d+)", 1.0),
    Measure.UNIT_IO_WRITTEN: ("io.stat", r"\bwbytes=(\d+)", 1.0),
}
"""What grows for ever, of several devices say, and the factor by which it is told for each second."""
MEASURES = (*_NUMBERS, *_SUMS)


class Accounting:
    """Looks at the cgroup of one process, again and again. Some 0.2 ms."""

    def __init__(self, pid: int, start: int) -> None:
        """`start` is what `started(pid)` said: a sample is never of another process."""
        self._pid = pid
        self._start = start
        self._before: tuple[float, cgroups.Cgroup, dict[Measure, float]] | None = None

    def sample(self) -> dict[Measure, Reading] | None:
        """All there is; None when the process is gone."""
        group = cgroups.of(self._pid)
        try:
            if started(self._pid) != self._start:
                return None
        except OSError as error:
            return nothing(Unknown(str(error.strerror)))
        if isinstance(group, Unknown):
            return nothing(group)
        if group == cgroups.of(os.getpid()):
            both = nothing(Unknown("the sidecar itself is in the same cgroup: the figures are both's"))
            return {**both, **_numbers(group.folder, _OF_BOTH)}
        return {**_numbers(group.folder, _NUMBERS), **self._rates(group)}

    def _rates(self, group: cgroups.Cgroup) -> dict[Measure, Reading]:
        sums = {measure: _sum(group.folder / file, line) for measure, (file, line, _) in _SUMS.items()}
        known = {measure: total for measure, total in sums.items() if not isinstance(total, Unknown)}
        before, self._before = self._before, (time.monotonic(), group, known)
        at, same, earlier = before or (0.0, None, {})
        passed = self._before[0] - at
        rates: dict[Measure, Reading] = {
            measure: max(0.0, total - earlier[measure]) * _SUMS[measure][2] / passed
            if same == group and measure in earlier and passed
            else _TWO
            for measure, total in known.items()
        }
        return {**sums, **rates}


def nothing(why: Unknown) -> dict[Measure, Reading]:
    """The same, when there is nothing to be had."""
    return dict.fromkeys(MEASURES, why)


def _numbers(folder: Path, which: Iterable[Measure]) -> dict[Measure, Reading]:
    return {measure: _number(folder / _NUMBERS[measure][0], _NUMBERS[measure][1]) for measure in which}


def _number(path: Path, line: str) -> Reading:
    text = _text(path)
    if isinstance(text, Unknown):
        return text
    found = re.search(rf"(?m)^{line}$", text)
    if found is None:
        return Unknown(f"this kernel does not tell it in {path.name}")
    return Unknown("no limit is set") if found[1] == "max" else float(found[1])


def _sum(path: Path, line: str) -> Reading:
    """Of a unit that has done no I/O yet there is no line: that is a 0."""
    text = _text(path)
    return text if isinstance(text, Unknown) else float(sum(int(one) for one in re.findall(line, text)))


def _text(path: Path) -> str | Unknown:
    try:
        return small.text(path)
    except FileNotFoundError:
        controller = path.name.partition(".")[0]
        return Unknown(f"{path.parent.name} has no {path.name}: the {controller} controller is not on there")
    except OSError as error:
        return Unknown(f"{path}: {error.strerror}")
