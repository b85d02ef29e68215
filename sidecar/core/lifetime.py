"""What is so of the server's life, and what the operator wants: each observation changes its facts."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fermatkit.measures import MACHINE
from sidecar.core import observations as obs
from sidecar.core.facts import Exit, Facts, NotFound, Wanted
from sidecar.core.moments import Absence, Meanwhile, Moment, recalled
from sidecar.core.nouns import Ended, Pause

_FEWEST = 10.0
"""Connections: of fewer no share says anything, the sidecar's own being among them."""


def _restored(facts: Facts, what: obs.Restored) -> Facts:
    if what.alive is not None and what.alive <= facts.wall:  # else the clock was set back
        facts = msgspec.structs.replace(facts, absence=Absence(what.alive, facts.wall))
    if what.memory is None:
        return facts
    memory = what.memory
    asked, lost = memory.pause, memory.lost
    if asked is not None and facts.wall < asked.since:  # the clock was set back while nobody looked
        asked = msgspec.structs.replace(asked, since=facts.wall, until=asked.until - asked.since + facts.wall)
    over = asked is None or facts.wall >= asked.until
    return msgspec.structs.replace(
        facts,
        identity=memory.identity,
        asked=None if over else asked,
        load=memory.load if memory.load and facts.wall < memory.load.until else None,
        resumed=memory.resumed,
        expected=memory.expected,
        lost=None if lost is None else recalled(lost, Moment(facts.at, facts.wall)),
    )


def _meanwhile(facts: Facts, what: Meanwhile) -> Facts:
    """The first look tells what became of the server while nobody looked."""
    if facts.absence is None or facts.known:
        return facts
    server = what if facts.identity else Meanwhile.UNKNOWN
    return msgspec.structs.replace(facts, absence=msgspec.structs.replace(facts.absence, server=server))


def _appeared(facts: Facts, what: obs.Appeared) -> Facts:
    facts = _meanwhile(facts, Meanwhile.RAN_ON if facts.identity == what.identity else Meanwhile.REPLACED)
    unseen = facts.identity is not None and facts.identity != what.identity
    return msgspec.structs.replace(
        _gone(facts, Ended()) if unseen else facts,
        known=True,
        identity=what.identity,
        adopted=what.adopted,
        appeared_at=facts.at,
        age=what.age,
        connected=None,
        unserved_since=facts.at,
        start_error=None,
        not_found=None,
        given_up=None,
        rested=None,
    )


def _absent(facts: Facts, what: obs.Absent) -> Facts:
    """Nothing is there; if something was when we last looked, it died unseen, or was lost from sight."""
    facts = _meanwhile(facts, Meanwhile.GONE if what.alive is None else Meanwhile.UNKNOWN)
    since = facts.not_found.since if facts.not_found else facts.at
    facts = msgspec.structs.replace(
        facts, known=True, not_found=NotFound(what.why, since) if what.why else None
    )
    if facts.identity is None:
        return facts
    gone = _gone(facts, Ended())
    return gone if what.alive is None else msgspec.structs.replace(gone, exit=facts.exit)


def _gave_up(facts: Facts, what: obs.GaveUp) -> Facts:
    return msgspec.structs.replace(facts, given_up=what, give_ups=facts.give_ups + 1)


def _rested(facts: Facts, what: obs.Rested) -> Facts:
    return msgspec.structs.replace(facts, rested=what)


def _supervised(facts: Facts, what: obs.Supervised) -> Facts:
    return msgspec.structs.replace(facts, supervised=what)


def _exited(facts: Facts, what: obs.Exited) -> Facts:
    return _gone(facts, what.ended)


def _gone(facts: Facts, ended: Ended) -> Facts:
    assert facts.identity is not None  # noqa: S101 - the callers have looked; mypy has to see it
    number = facts.exit.number + 1 if facts.exit else 1
    known = facts.connected if isinstance(facts.connected, int | float) else 0.0
    expected = max(known, facts.expected or 0.0)  # one that dies while they come back changes nothing
    return msgspec.structs.replace(
        facts,
        readings={measure: one for measure, one in facts.readings.items() if measure in MACHINE},
        trends={measure: one for measure, one in facts.trends.items() if measure in MACHINE},
        identity=None,
        stopped_since=None,
        owned=None,
        owner_why="",
        owner_unknown="",
        registered=None,
        proven=False,
        expected=expected if expected >= _FEWEST else None,
        lost=Moment(facts.at, facts.wall),
        elsewhere=(),
        elsewhere_unknown="",
        refused_at=None,
        collecting=0.0,
        signs={},
        restart=None,
        exit=Exit(number, facts.at, facts.identity, ended),
    )


def _start_failed(facts: Facts, what: obs.StartFailed) -> Facts:
    return msgspec.structs.replace(facts, start_error=what.why, start_errors=facts.start_errors + 1)


def _pause_asked(facts: Facts, what: obs.PauseAsked) -> Facts:
    return msgspec.structs.replace(facts, asked=Pause(what.until, what.why, what.by, facts.wall))


def _resume_asked(facts: Facts, _: obs.ResumeAsked) -> Facts:
    return msgspec.structs.replace(facts, asked=None, resumed=facts.wall)


def _restart_asked(facts: Facts, what: obs.RestartAsked) -> Facts:
    return msgspec.structs.replace(facts, restart=what)


def _stop_asked(facts: Facts, what: obs.StopAsked) -> Facts:
    return msgspec.structs.replace(facts, wanted=Wanted.LEFT if what.leave else Wanted.STOPPED)


LEARN: dict[type[obs.Observation], Callable[..., Facts]] = {
    obs.Restored: _restored,
    obs.Appeared: _appeared,
    obs.Absent: _absent,
    obs.GaveUp: _gave_up,
    obs.Rested: _rested,
    obs.Supervised: _supervised,
    obs.Exited: _exited,
    obs.StartFailed: _start_failed,
    obs.PauseAsked: _pause_asked,
    obs.ResumeAsked: _resume_asked,
    obs.RestartAsked: _restart_asked,
    obs.StopAsked: _stop_asked,
}
