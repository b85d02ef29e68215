"""What there is to report of: a result file, or a folder with a run, a capacity search, drills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from fermatkit.errors import UserError
from loadgen.capacity import result as of_search
from loadgen.capacity.result import Capacity, Step
from loadgen.drills import result as of_drill
from loadgen.drills.result import Drill
from loadgen.record import Record, load
from loadgen.results import NAME

Some = TypeVar("Some")


class Found(msgspec.Struct, frozen=True):
    """All of it, as `model.report` takes it."""

    record: Record
    capacity: Capacity | None = None
    drills: tuple[Drill, ...] = ()
    loads: dict[str, Record] = {}
    """Of the drills, by name."""


def find(path: Path) -> Found:
    """Read `path` and what belongs to it; UserError, in one line, where there is nothing or it is damaged.

    A folder without a run of its own shows the greatest load that its search carried, or its first drill.
    """
    if not path.is_dir():
        return Found(load(path))
    capacity = _read(path / of_search.NAME, Capacity) if (path / of_search.NAME).exists() else None
    places = [*path.glob(of_drill.NAME), *sorted(path.glob(f"{of_drill.FOLDER}/*/{of_drill.NAME}"))]
    drills = tuple(_read(place, Drill) for place in places)
    runs = [path / NAME] if (path / NAME).exists() else []
    if capacity is not None:
        runs += [path / step.file for step in _best_first(capacity)]
    loads = {
        drill.name: place.parent / drill.file
        for place, drill in zip(places, drills, strict=True)
        if drill.file and (place.parent / drill.file).exists()
    }
    runs += loads.values()
    if not runs:
        raise UserError(
            f"{path} has neither a {NAME} nor what a search or a drill left: name a run.jsonl, or its folder"
        )
    return Found(load(runs[0]), capacity, drills, {name: load(file) for name, file in loads.items()})


def _best_first(capacity: Capacity) -> Iterator[Step]:
    """Its loads: those that were carried, the greatest first; then the others, the least first."""
    steps = [step for one in capacity.rounds for step in one.steps if step.file]
    yield from sorted((step for step in steps if step.carried), key=lambda step: -step.load)
    yield from sorted((step for step in steps if not step.carried), key=lambda step: step.load)


def _read(path: Path, kind: type[Some]) -> Some:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{path} is damaged ({error}): move it away, or repeat what made it") from error
