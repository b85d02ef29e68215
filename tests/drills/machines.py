"""Ill machines, which must not be made: recorded files of /proc, read as the probe does; then replayed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from drills import story
from drills.drill import Result, Row
from recordings.machines import MACHINES, WELL, Machine
from sidecar.core.nouns import Trouble
from sidecar.core.observations import HostSampled
from sidecar.core.replay import Step
from sidecar.faces.words import words

_SEEN_BY = "recorded files of /proc, replayed: no process whose pid or port a simple check could have asked"


class Sick(NamedTuple):
    """A row, and the machine that shows it."""

    row: str
    finding: Trouble
    machine: Machine
    eater: str = ""
    """Who has to be named, if anybody has."""

    def perform(self, directory: Path) -> Result:
        """Seconds are the recording's own, from the first reading of the ill machine."""
        file = directory / "000001.jsonl"
        file.write_bytes(self.machine.recording())
        steps = [step for step in story.life(directory) if isinstance(step, Step)]
        began = [step.seen.wall for step in steps if isinstance(step.seen.what, HostSampled)][WELL]
        found = story.when(self.finding, steps, began)
        if found is None:
            return Result(Row(self.row, named=False, cured=False), self.finding, "not found")
        wrong = self._wrong(steps, story.lines(directory))
        row = Row(self.row, named=True, seconds_to_detect=round(found - began, 2), cured=not wrong)
        return Result(row, self.finding, wrong or _SEEN_BY)

    def _wrong(self, steps: list[Step], lines: list[str]) -> str:
        """What of the right answer is missing: told, and whose fault; no server ended before it is over."""
        told = (
            f"finding   {self.finding} appeared",
            f"({self.finding}) opened",
            f"message   to mail: {words().name[self.finding]}",
        )
        held = ("finding   hung appeared", "stand     sparing", f"finding   {self.finding} cleared")
        after = ("stand     collecting", "signal    SIGTERM", "start     the server", "stand     proven")
        untold = story.missing((*told, *held, *after), lines)
        if untold:
            return f"did not happen: {untold[0]!r}"
        ill = lines[: next(number for number, line in enumerate(lines) if held[-1] in line)]
        if any("signal    " in line for line in ill):
            return "its server was ended, though that could not help"
        stories = (step.after.incidents.open.get(self.finding) for step in steps)
        eater = next(one for one in stories if one is not None).causes[0].eater
        named = eater.name if eater else ""
        return "" if named == self.eater else f"named as the eater: {named!r}"


def _sick(what: str, finding: Trouble, machine: str, eater: str = "") -> Sick:
    (one,) = (one for one in MACHINES if one.name == machine)
    return Sick(f"host sick, {what} (recorded)", finding, one, eater)


SICK = (
    _sick("swap", Trouble.HOST_SWAP, "machine-swapping"),
    _sick("load", Trouble.HOST_LOAD, "machine-overloaded"),
    _sick("CPU steal", Trouble.HOST_STEAL, "machine-stolen-from"),
    _sick("memory pressure", Trouble.HOST_PRESSURE, "machine-pressed"),
    _sick("memory eaten", Trouble.HOST_MEMORY, "machine-eaten", "backup"),
)
