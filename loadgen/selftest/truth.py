"""What a run must have seen, by arithmetic, when the server or the generator stood still for a while. Pure.

Who is to send at `due` into a server that stands still until `end` waits for `end - due`, and hardly at all
outside of that: so the schedule and the pause's begin and end say every percentile. Seconds of one clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

from loadgen.schedule.events import Event

PERCENTS = (95.0, 99.0, 99.9, 100.0)
"""Those that are compared. A tenth of the messages waits: what is below 90 tells nothing."""


class Pause(NamedTuple):
    """Somebody did nothing from `begin` to `end`."""

    begin: float
    end: float


def origin(dues: Sequence[float], arrivals: Iterable[float]) -> float:
    """When the schedule began, as a server can tell: no message arrives before it is due, one hardly later.

    `dues` from the schedule's beginning, in order; as many `arrivals` as the server saw, in any order.
    """
    return min(arrived - due for due, arrived in zip(dues, sorted(arrivals), strict=False))


def waits(dues: Iterable[float], begin: float, pause: Pause) -> list[float]:
    """How long each has to wait that is due so long after `begin`."""
    return [pause.end - begin - due if pause.begin <= begin + due < pause.end else 0.0 for due in dues]


def seen(dues: Sequence[float], begin: float, moments: Iterable[float]) -> list[float]:
    """How long each waited, as a witness saw it: `moments` are those of the answers, or of the arrivals."""
    return [moment - begin - due for due, moment in zip(dues, sorted(moments), strict=False)]


def closed_loop(schedule: Iterable[Event], connections: int, begin: float, pause: Pause) -> list[float]:
    """The waits that a tool would report which sends only when its connection's last message is answered.

    What is due meanwhile it does not send; so of a pause it has one sample for each connection.
    """
    free = [0.0] * connections
    found = []
    for due, client, *_ in schedule:
        if due >= free[client]:
            (wait,) = waits([due], begin, pause)
            free[client] = due + wait
            found.append(wait)
    return found


def percentiles(values: Iterable[float]) -> tuple[float, ...]:
    """Of PERCENTS, each the value that so many do not exceed; there must be one value at least."""
    ranked = sorted(values)
    return tuple(ranked[ceil(len(ranked) * percent / 100) - 1] for percent in PERCENTS)
