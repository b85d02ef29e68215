"""The memory as rows: one for each thing that comes and goes by itself, so that only these are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from sidecar.core.memory import Memory
from sidecar.core.stories import Incident, Owed


class Small(msgspec.Struct, frozen=True):
    """What is left of a memory without its lists."""

    memory: Memory
    boot: str
    """When it was saved; "" where that cannot be known."""


class Rows(NamedTuple):
    """What is in each table, by the number of the row."""

    small: Mapping[int, Small]
    """One row, once something was saved."""
    incident: Mapping[int, Incident]
    """The open ones, by their own numbers."""
    owed: Mapping[int, Owed]
    """A message and a channel each, the oldest first."""


NONE = Rows({}, {}, {})


def split(memory: Memory, boot: str, before: Rows) -> Rows:
    """As rows; what was owed before keeps its row."""
    small = msgspec.structs.replace(memory, incidents={}, owed=())
    incidents = {incident.number: incident for incident in memory.incidents.values()}
    return Rows({1: Small(small, boot)}, incidents, _placed(memory.owed, before.owed))


def join(rows: Rows, boot: str) -> Memory | None:
    """What was saved; None if nothing ever was.

    An identity is one for as long as the machine is up: a reboot is nobody's death, and a newcomer may have
    the same numbers.
    """
    if not rows.small:
        return None
    found = rows.small[1]
    return msgspec.structs.replace(
        found.memory,
        identity=found.memory.identity if found.boot in ("", boot) else None,
        incidents={incident.topic: incident for incident in rows.incident.values()},
        owed=tuple(rows.owed.values()),
    )


def _placed(owed: tuple[Owed, ...], before: Mapping[int, Owed]) -> dict[int, Owed]:
    """The numbers of the rows rise in the order of the outbox, whatever became of that."""
    places = {_key(one): place for place, one in before.items()}
    placed: dict[int, Owed] = {}
    last, end = 0, max(before, default=0)
    for one in owed:
        place = places.get(_key(one), 0)
        last = place if place > last else end + 1
        end = max(end, last)
        placed[last] = one
    return placed


def _key(owed: Owed) -> tuple[str, str]:
    return owed.message.id, owed.channel
