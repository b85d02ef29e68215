"""What clients lived through: a drill's lines, and what was seen beside them, to its result. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from loadgen.drills.result import Alert, Drill, Objective
from loadgen.drills.stated import BACK, Stated
from loadgen.results import Second
from loadgen.tally import MESSAGES, Operation, Tally, together
from loadgen.watch.sidecar_api import Incident, Past, Restart

SHARES = (50, 95, 100)
_ORDERS = ("restart ordered", "SIGTERM ordered", "SIGKILL ordered", "SIGCONT ordered")
"""How a sidecar tells of what it does to a server (`Accept-Language: en`)."""
_OVER = ("RECOVERED", "OVER", "UP")
"""How a message begins that something is over."""
_LEAVING = "leaving"
_EARLY = 0.05
"""Seconds by which a moment may seem to be before what caused it: two clocks were read for one axis."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one drill beside its seconds; moments are seconds since the start of its run."""

    harmed: float
    began: float
    """Epoch seconds of the start of the run."""
    pid: int | None
    """Who the server was before the harm."""
    past: Past = Past([], [])
    """What the sidecar says of the time since."""
    alerts: tuple[Alert, ...] = ()
    """As they came in."""
    owners: tuple[tuple[float, int | None], ...] = ()
    """Who listens on the port, at each change."""
    looks: tuple[tuple[float, bool | None], ...] = ()
    """Whether the sidecar called the server proven; None: it did not answer."""
    evidence: tuple[str, ...] = ()

    def after(self, moment: datetime | None) -> float | None:
        """Seconds after the harm."""
        return None if moment is None else moment.timestamp() - self.began - self.harmed

    @property
    def incidents(self) -> list[Incident]:
        """Those that the harm has caused."""
        return [one for one in self.past.incidents if (self.after(one.opened) or 0.0) >= -_EARLY]

    @property
    def restarts(self) -> list[Restart]:
        """Other processes of the server than before, in the order of time."""
        found = [one for one in self.past.restarts if (self.after(one.time) or 0.0) >= -_EARLY]
        return sorted((one for one in found if one.pid != self.pid), key=lambda one: one.time)


def measured(
    name: str,
    harm: str,
    stated: Stated,
    seconds: Sequence[Second],
    tally: Tally,
    seen: Seen,
    doubts: Iterable[str] = (),
) -> Drill:
    """The result; `tally` is that of all its seconds; `doubts` are why it proves nothing."""
    messages = together(tally, MESSAGES)
    before = there_before(seconds, seen.harmed)
    shares = back(seconds, seen.harmed, before, (*SHARES, BACK))
    moments = _Moments(seen)
    objectives = tuple(_objectives(stated, moments, shares[BACK], lost(seconds, seen.harmed, before)))
    missed = tuple(_missed(objective) for objective in objectives if not objective.met)
    doubts = tuple(doubts)
    return Drill(
        name=name,
        harm=harm,
        passed=None if doubts else not missed,
        reasons=(*doubts, *missed),
        objectives=objectives,
        detected=_rounded(moments.detected),
        acted=_rounded(moments.acted),
        listening=_rounded(moments.listening),
        proven=_rounded(moments.proven),
        back=tuple((share, _rounded(shares[share])) for share in SHARES),
        clients=before,
        lost_messages=messages.lost,
        duplicated_messages=messages.duplicate,
        alerts=tuple(msgspec.structs.replace(one, at=round(one.at, 2)) for one in moments.alerts),
        evidence=seen.evidence,
    )


def settled(drill: Drill) -> bool:
    """Whether all has happened that is stated, in time or not, and all clients are back."""
    happened = (one.took is not None and one.took >= one.least for one in drill.objectives)
    return dict(drill.back)[100] is not None and all(happened)


def there_before(seconds: Iterable[Second], harmed: float) -> int:
    """Clients that were registered at the end of the last second before the harm."""
    return next((one.registered for one in reversed(list(seconds)) if one.at <= harmed), 0)


def back(
    seconds: Iterable[Second], harmed: float, before: int, shares: Iterable[int]
) -> dict[int, float | None]:
    """For each share, in percent: the end of the first second from which on there were never fewer.

    Seconds after the harm; 0 where there were never fewer, None where there are at the end.
    """
    after = [one for one in seconds if one.at > harmed and one.phase != _LEAVING]
    found: dict[int, float | None] = {}
    for share in shares:
        enough = before * share / 100
        fewer = [n for n, one in enumerate(after) if _fewest(one) < enough]
        if not fewer:
            found[share] = 0.0
            continue
        first = fewer[-1] + (after[fewer[-1]].registered < enough)
        found[share] = after[first].at - harmed if first < len(after) else None
    return found


def lost(seconds: Iterable[Second], harmed: float, before: int) -> int:
    """So many clients were missing at the worst moment."""
    there = (_fewest(one) for one in seconds if one.at > harmed and one.phase != _LEAVING)
    return max(0, before - min(there, default=before))


def _fewest(second: Second) -> int:
    """Clients that were there all through a second: at its end, less those who had come back in it."""
    return second.registered - second.tally.accounts[Operation.RECONNECT].answered


class _Moments:
    """All of them, seconds after the harm; None: it did not happen."""

    def __init__(self, seen: Seen) -> None:
        lines = [
            (after, line.text)
            for incident in seen.incidents
            for line in incident.story
            if (after := seen.after(line.time)) is not None
        ]
        self.restarts = len(seen.restarts)
        self.detected = _first([*(after for after, _ in lines), *map(seen.after, _opened(seen))])
        self.acted = _first(after for after, text in lines if text.startswith(_ORDERS))
        self.proven = _proven(seen)
        self.listening = _listening(seen, self.proven)
        self.alerts = tuple(
            msgspec.structs.replace(one, at=one.at - seen.harmed)
            for one in seen.alerts
            if one.at >= seen.harmed
        )
        self.told = _first(one.at for one in self.alerts)
        self.told_over = _first(one.at for one in self.alerts if one.title.startswith(_OVER))


def _opened(seen: Seen) -> Iterator[datetime]:
    return (one.opened for one in seen.incidents)


def _first(moments: Iterable[float | None]) -> float | None:
    return min((max(one, 0.0) for one in moments if one is not None), default=None)


def _listening(seen: Seen, proven: float | None) -> float | None:
    """When another process was seen to; whoever is proven before that look does by then."""
    looked = (at - seen.harmed for at, pid in seen.owners if at > seen.harmed and pid not in (None, seen.pid))
    return _first([*looked, proven]) if seen.restarts else None


def _proven(seen: Seen) -> float | None:
    """The end of the last incident; without one, when a sidecar that had been silent is content."""
    if seen.incidents:
        ends = [seen.after(one.closed) for one in seen.incidents]
        return None if None in ends else max(end for end in ends if end is not None)
    silent = False
    for at, ready in seen.looks:
        silent = silent or (at > seen.harmed and ready is None)
        if silent and ready:
            return at - seen.harmed
    return None


def _objectives(
    stated: Stated, moments: _Moments, most_back: float | None, missing: int
) -> Iterator[Objective]:
    if stated.noticed is not None:
        yield Objective(name="noticed", within=stated.noticed, took=_rounded(moments.detected))
    if stated.acted is not None:
        least, most = stated.acted
        yield Objective(name="acted on", within=most, least=least, took=_rounded(moments.acted))
    if stated.proven is not None:
        yield Objective(name="proven again", within=stated.proven, took=_rounded(moments.proven))
    if stated.told is not None:
        yield Objective(name="somebody told", within=stated.told, took=_rounded(moments.told))
        over = max(stated.proven or 0.0, stated.deadline)
        yield Objective(name="told that it is over", within=over, took=_rounded(moments.told_over))
    else:
        yield Objective(name="messages to people", within=0, took=len(moments.alerts))
    yield Objective(
        name="restarts", within=stated.restarts, least=stated.restarts, took=float(moments.restarts)
    )
    if stated.clients_lost is not None:
        yield Objective(name="clients lost", within=stated.clients_lost, took=float(missing))
    yield Objective(name=f"{BACK} % of clients back", within=stated.back, took=_rounded(most_back))


def _missed(one: Objective) -> str:
    stated = f"at most {one.within:g}" if not one.least else f"{one.least:g} to {one.within:g}"
    return f"{one.name}: {'never' if one.took is None else f'{one.took:g}'}, stated was {stated}"


def _rounded(moment: float | None) -> float | None:
    return None if moment is None else round(moment, 2)
