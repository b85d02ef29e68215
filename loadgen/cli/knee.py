"""A capacity search for people. Pure."""

from __future__ import annotations

from pathlib import Path

from fermatkit.labels import labels
from fermatkit.measures import Measure
from loadgen.capacity.result import By, Capacity, Limit, Step

_UNIT = {By.CLIENTS: "clients", By.RATE: "messages a second"}
_WORDS = {True: "carried", False: "not carried", None: "unknown"}


def step_line(step: Step, by: By) -> str:
    """One try."""
    why = f": {'; '.join(step.why)}" if step.why else ""
    return f"{step.load:>9,} {_UNIT[by]} {_WORDS[step.carried]}{why}"


def limit_line(limit: Limit) -> str:
    """One prediction."""
    lasts = "unknown" if limit.clients is None else f"{limit.clients:,} clients"
    used = "" if limit.used is None else f"; {limit.used:.0%} of it was in use at the most that was carried"
    return f"{_name(limit.resource)}: {lasts} ({limit.why}){used}"


def knee(found: Capacity, path: Path) -> str:
    """The answer, then what it rests on; lines joined."""
    tries = [step for one in found.rounds for step in one.steps]
    carried = sum(step.carried is True for step in tries)
    gave_out = "not known" if found.gave_out is None else _name(found.gave_out)
    return "\n".join(
        [
            _answer(found),
            *(f"  {reason}" for reason in found.invalid),
            "",
            f"gave out   {gave_out}: {found.because}",
            *(f"predicted  {limit_line(limit)}" for limit in found.limits),
            *_compared(found),
            f"tries      {len(tries)} in {len(found.rounds)} rounds: {carried} carried",
            f"results    {path}",
        ]
    )


def _answer(found: Capacity) -> str:
    unit = _UNIT[found.by]
    sure = f"with a confidence of {found.confidence:.1%}"
    if found.high is None:
        return f"KNEE: above {found.low:,} {unit}, the most that was tried and carried; {sure}"
    middle = "" if found.estimate is None else f", most likely near {found.estimate:,}"
    return f"KNEE: between {found.low:,} and {found.high:,} {unit}{middle}; {sure}"


def _compared(found: Capacity) -> list[str]:
    """The lowest prediction beside what happened."""
    known = [(one.clients, one.resource) for one in found.limits if one.clients is not None]
    if not known or found.high is None:
        return []
    clients, resource = min(known)
    where = "below" if clients < found.low else "above" if clients >= found.high else "in"
    return [f"compared   the lowest prediction, {clients:,} by {_name(resource)}, is {where} the interval"]


def _name(resource: str) -> str:
    return labels("en")[Measure(resource)] if resource in set(Measure) else resource
