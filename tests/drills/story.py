"""What the sidecar of a drill has recorded: when it had the finding, and what it did, in a replay's lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sidecar.core.nouns import Trouble
from sidecar.core.replay import Step, TakenUp, replay
from sidecar.core.stories import SERVER
from sidecar.faces.replay import told
from sidecar.store.recorded import numbered, read

LAST = 25
"""Lines of a story that a failed drill shows."""


def life(recording: Path) -> Iterator[TakenUp | Step]:
    """Its steps so far; none before there is a recording."""
    if recording.exists() and numbered(recording):
        yield from replay(read(recording, lambda _: None))


def when(finding: Trouble, steps: Iterable[TakenUp | Step], since: float) -> float | None:
    """When the finding was there for the first time, epoch seconds."""
    for step in steps:
        if isinstance(step, Step) and step.seen.wall >= since:
            incident = step.after.incidents.open.get(SERVER)
            causes = [cause.trouble for cause in incident.causes] if incident else []
            if finding in step.after.findings or finding in causes:
                return step.seen.wall
    return None


def missing(story: Iterable[str], lines: Iterable[str]) -> list[str]:
    """What of a story does not happen in these lines, in this order."""
    rest = iter(lines)
    return [part for part in story if not any(part in line for line in rest)]


def lines(recording: Path) -> list[str]:
    """All that happened."""
    return list(told(life(recording)))


def ending(recording: Path, subjects: Iterable[str]) -> str:
    """What a person needs who sees only that a drill has failed."""
    happened = lines(recording)[-LAST:] or ["nothing is recorded"]
    sent = list(subjects) or ["none"]
    return "\n  ".join(["messages:", *sent]) + "\n" + "\n  ".join(["at last:", *happened])
