"""What the published states tell of each second, of incidents and of starts. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from fermatkit.measures import Measure, Reading
from sidecar.core.engine import State
from sidecar.core.facts import SignFact
from sidecar.core.nouns import Identity, Sign
from sidecar.core.stories import SERVER, Cause, Incident
from sidecar.core.view import verdict
from sidecar.store.history.points import VERDICT, Verdict

HELD = 5
"""Seconds for which what was published holds, if nothing else is: after more the sidecar was away."""


class Moment(msgspec.Struct):
    """One second as it was published; kept as the core has it, to be made smaller in another thread."""

    at: int
    """Epoch seconds."""
    worst: Verdict
    """Of all that were published in it, and of that in force at its beginning."""
    verdict: Verdict
    """At its end, like the rest."""
    readings: Mapping[Measure, Reading]
    signs: Mapping[Sign, SignFact]


class Start(msgspec.Struct, frozen=True):
    """A process of the server appeared; one that was adopted may have been there for long."""

    at: float
    identity: Identity
    adopted: bool
    cause: Cause | None = None
    """Why there had to be one: of the outage that was open; None: there was none."""


Kept = Moment | Incident | Start


class Taking:
    """Looks at one state after another."""

    def __init__(self) -> None:
        self._moment: Moment | None = None
        self._identity: Identity | None = None
        self._stories: dict[tuple[int, float], Incident] = {}

    def take(self, state: State) -> Iterator[Kept]:
        """What this state adds. Of a second that is over nothing is changed any more."""
        facts = state.facts
        if not facts.known:
            return
        if (moment := self._second(state)) is not None:
            yield moment
        if facts.identity is not None and facts.identity != self._identity:
            outage = state.incidents.open.get(SERVER)
            yield Start(
                facts.wall, facts.identity, facts.adopted, outage.causes[-1] if outage is not None else None
            )
        self._identity = facts.identity
        yield from self._told(state)

    def rest(self) -> Iterator[Kept]:
        """The second that was not over at the end."""
        if self._moment is not None:
            yield self._moment

    def _second(self, state: State) -> Moment | None:
        """The one before, when another has begun."""
        facts, before = state.facts, self._moment
        at, now = int(facts.wall), _verdict(state)
        if before is not None and before.at == at:
            before.worst, before.verdict = max(before.worst, now), now
            before.readings, before.signs = facts.readings, facts.signs
            return None
        held = before.verdict if before is not None and 0 < at - before.at <= HELD else now
        self._moment = Moment(at, max(held, now), now, facts.readings, facts.signs)
        return before

    def _told(self, state: State) -> Iterator[Incident]:
        """Each incident that is new, or has grown."""
        stories = {(one.number, one.opened): one for one in state.incidents.known}
        for key, one in stories.items():
            if self._stories.get(key) is not one and self._stories.get(key) != one:
                yield one
        self._stories = stories


def _verdict(state: State) -> Verdict:
    """That of /health; nothing is known yet of an adopted server that is neither proven nor found wanting."""
    facts = state.facts
    if facts.adopted and not facts.proven and not state.findings and not state.incidents.open:
        return Verdict.UNKNOWN
    return VERDICT[verdict(state)]


def filled(before: Moment | None, moments: Iterable[Moment]) -> Iterator[Moment]:
    """With the seconds between in which nothing was published, for what was known before still held."""
    for moment in moments:
        if before is not None and 0 < moment.at - before.at <= HELD:
            for at in range(before.at + 1, moment.at):
                yield Moment(at, before.verdict, before.verdict, before.readings, before.signs)
        yield moment
        before = moment
