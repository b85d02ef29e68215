"""Stage 1, what is so: each observation changes its facts, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fermatkit.measures import Measure, Reading
from sidecar.core import observations as obs
from sidecar.core.facts import GC_GAP, QUARTER_CORE, Facts, SignFact
from sidecar.core.lifetime import LEARN
from sidecar.core.maintenance import planned
from sidecar.core.nouns import Load, Pause, Sign
from sidecar.core.policy import Policy
from sidecar.core.trends import derived, follow

_EXPECTED_FOR = 3600.0
"""Seconds after its end for which a server's clients are waited for."""
_JUMP = 1.0
"""Seconds between the two clocks' ideas of a wait: more than a clock's corrections, and somebody set it."""
STOPPED = "T"
"""The kernel's letter for a process stopped by a signal."""


def observe(facts: Facts, seen: obs.Seen, policy: Policy) -> Facts:
    """The facts after one more observation."""
    facts = _learned(facts, seen, policy)
    # Last, for somebody may have resumed in it; and each time, for the clock or the policy may be another.
    pause = planned(policy.maintenance, seen.wall, facts.resumed)
    return facts if pause == facts.planned else msgspec.structs.replace(facts, planned=pause)


def _learned(facts: Facts, seen: obs.Seen, policy: Policy) -> Facts:
    """What it tells; what is said of another process is ignored."""
    gap = seen.at - facts.at
    away = gap if facts.at and gap > policy.gap else 0.0
    facts = _after_gap(facts, gap, seen.at) if away else facts
    facts = msgspec.structs.replace(
        facts,
        at=seen.at,
        wall=seen.wall,
        away=away,
        fresh=frozenset(facts.readings if _anew_judged(facts, seen) else ()),
        asked=_asked(facts, gap, seen.wall),
        load=None if _load_over(facts, seen) else facts.load,
        wavering=facts.wavering if away else _wavering(facts, gap, policy),
    )
    learn = _LEARN.get(type(seen.what))
    if learn is None:
        return facts
    about = getattr(seen.what, "identity", None)
    if about is not None and about != facts.identity and not isinstance(seen.what, obs.Appeared):
        return facts
    return _judged(learn(facts, seen.what), policy)


def _anew_judged(facts: Facts, seen: obs.Seen) -> bool:
    """Whether all readings are to be: by another policy or threshold, say, or for the first time."""
    other = isinstance(seen.what, obs.Ticked | obs.LoadAnnounced) or _load_over(facts, seen)
    return other or not facts.known


def _load_over(facts: Facts, seen: obs.Seen) -> bool:
    """Whether the announced load ends here: its generator says so itself, or has not said that it lives."""
    return facts.load is not None and facts.load.until <= seen.wall


def _wavering(facts: Facts, gap: float, policy: Policy) -> float:
    """What it was like since the last look. To be yet proven, or long out of service, is another story."""
    since = facts.unserved_since
    if not facts.proven or (since is not None and facts.at >= since + policy.start_timeout):
        return 0.0
    more = gap if facts.unserved_since is not None else -gap
    return min(max(0.0, facts.wavering + more), 3 * policy.start_timeout)  # it has to be over some time


def _asked(facts: Facts, gap: float, wall: float) -> Pause | None:
    """It lasts as long as was asked for, though somebody sets the clock; 0 is no gap but the beginning."""
    pause = facts.asked
    if pause is None:
        return None
    jump = wall - facts.wall - gap
    if abs(jump) > _JUMP:
        pause = msgspec.structs.replace(pause, since=pause.since + jump, until=pause.until + jump)
    return pause if wall < pause.until else None


def _judged(facts: Facts, policy: Policy) -> Facts:
    """What follows from the rest."""
    if facts.ready and not facts.proven:
        facts = msgspec.structs.replace(facts, proven=True, returned=True, signs=_of_a_proven(facts.signs))
    if facts.expected is not None and _no_longer_expected(facts, facts.expected, policy):
        facts = msgspec.structs.replace(facts, expected=None)
    serving = facts.serving
    if serving == (facts.unserved_since is None):
        return facts
    return msgspec.structs.replace(
        facts, served_since=facts.at if serving else None, unserved_since=None if serving else facts.at
    )


def _of_a_proven(signs: dict[Sign, SignFact]) -> dict[Sign, SignFact]:
    """What did not come so far was asked of a server that was still starting, before its port was open, say.

    The pong alone is part of being ready: one that is missing is waited for.
    """
    return {sign: fact for sign, fact in signs.items() if sign is Sign.PONG or not fact.missing}


def _no_longer_expected(facts: Facts, expected: float, policy: Policy) -> bool:
    """Enough are back; or it is so long ago that who has not come does not want to."""
    now = facts.connected
    back = facts.serving and isinstance(now, int | float) and now >= policy.clients_back * expected
    return back or (facts.lost is not None and facts.at > facts.lost.at + _EXPECTED_FOR)


def _after_gap(facts: Facts, gap: float, now: float) -> Facts:
    """Nothing may be concluded from a time in which nobody looked: no duration counts it."""
    since = facts.unserved_since
    return msgspec.structs.replace(_anew(facts, now), unserved_since=None if since is None else since + gap)


def _anew(facts: Facts, now: float) -> Facts:
    """Signs that are missing count as missing from now on only."""
    signs = {
        sign: msgspec.structs.replace(fact, bad_since=now) if fact.bad_since is not None else fact
        for sign, fact in facts.signs.items()
    }
    return msgspec.structs.replace(facts, signs=signs)


def _sampled(facts: Facts, what: obs.Sampled) -> Facts:
    since = None
    if what.state == STOPPED:
        since = facts.at if facts.stopped_since is None else facts.stopped_since
    elif facts.stopped_since is not None:
        # A process that may run again gets its time to answer, and has to: nobody knows yet whether it does.
        facts = msgspec.structs.replace(_anew(facts, facts.at), unserved_since=facts.at)
        facts = _bad(facts, Sign.PONG, "not answered yet since it was stopped")
    connected = what.readings.get(Measure.ESTABLISHED)
    counts = connected is not None and (facts.serving or facts.connected is None)
    return msgspec.structs.replace(
        _read(facts, what.readings),
        sampled=what,
        connected=connected if counts else facts.connected,
        sampled_at=facts.at,
        stopped_since=since,
    )


def _read(facts: Facts, new: dict[Measure, Reading]) -> Facts:
    """What these readings, and those made of them, tell."""
    trends = follow(facts.trends, new, facts.at)
    readings = {**facts.readings, **new}
    made = derived(readings, trends, new)
    brought = (*new, *made)
    return msgspec.structs.replace(
        facts,
        trends=trends,
        fresh=frozenset(brought),
        readings={**readings, **made},
        read_at={**facts.read_at, **dict.fromkeys(brought, facts.at)},
    )


def _host_sampled(facts: Facts, what: obs.HostSampled) -> Facts:
    return msgspec.structs.replace(_read(facts, what.readings), eater=what.eater)


def _counted(facts: Facts, what: obs.Counted) -> Facts:
    gc = what.readings.get(Measure.GC)
    facts = _read(facts, what.readings)
    if gc is None:
        return facts
    since = facts.at - facts.collected_at
    labours = isinstance(gc, int | float) and gc >= QUARTER_CORE
    more = since if labours and since < GC_GAP else 0.0  # that an answer is missing is known only later
    return msgspec.structs.replace(
        facts,
        collected_at=facts.at,
        collecting=facts.collecting + more,
        laboured_at=facts.at if labours else facts.laboured_at,
    )


def _load_announced(facts: Facts, what: obs.LoadAnnounced) -> Facts:
    if what.until > facts.wall:
        return msgspec.structs.replace(facts, load=Load(what.until, what.clients, what.who))
    others = facts.load is not None and facts.load.who != what.who  # of several generators, another is done
    return facts if others else msgspec.structs.replace(facts, load=None)


def _config_read(facts: Facts, what: obs.ConfigRead) -> Facts:
    return msgspec.structs.replace(facts, config=what)


def _listened(facts: Facts, what: obs.Listened) -> Facts:
    # It has left the wrong port, or has the port that was somebody else's: its start is anew.
    good = what.owned is not False
    moved = (bool(facts.elsewhere) and not what.elsewhere) or (good and bool(facts.owner_why))
    return msgspec.structs.replace(
        facts,
        owned=what.owned,
        owner_why="" if good else what.why,
        owner_unknown=what.why if what.owned is None else "",
        elsewhere=what.elsewhere,
        elsewhere_unknown=what.elsewhere_unknown,
        unserved_since=facts.at if moved else facts.unserved_since,
    )


def _registered(facts: Facts, what: obs.Registered) -> Facts:
    facts = msgspec.structs.replace(facts, registered=what)
    return _good(facts, Sign.PONG, None)


def _session_lost(facts: Facts, what: obs.SessionLost) -> Facts:
    first = what.refused and not facts.proven
    facts = msgspec.structs.replace(
        facts, registered=None, refused_at=facts.at if first else facts.refused_at
    )
    return _bad(facts, Sign.PONG, what.why)


def _answered(facts: Facts, what: obs.Answered) -> Facts:
    if what.sign is Sign.HTTP and facts.collecting:
        facts = msgspec.structs.replace(facts, collecting=0.0)
    return _good(facts, what.sign, what.latency)


def _unanswered(facts: Facts, what: obs.Unanswered) -> Facts:
    return _bad(facts, what.sign, what.why)


def _good(facts: Facts, sign: Sign, latency: float | None) -> Facts:
    known = latency if latency is not None else facts.sign(sign).latency
    return msgspec.structs.replace(
        facts, signs={**facts.signs, sign: SignFact(good_at=facts.at, latency=known)}
    )


def _bad(facts: Facts, sign: Sign, why: str) -> Facts:
    fact = facts.sign(sign)
    since = facts.at if fact.bad_since is None else fact.bad_since
    return msgspec.structs.replace(
        facts, signs={**facts.signs, sign: msgspec.structs.replace(fact, bad_since=since, why=why)}
    )


_LEARN: dict[type[obs.Observation], Callable[..., Facts]] = {
    **LEARN,
    obs.Sampled: _sampled,
    obs.HostSampled: _host_sampled,
    obs.Counted: _counted,
    obs.ConfigRead: _config_read,
    obs.LoadAnnounced: _load_announced,
    obs.Listened: _listened,
    obs.Registered: _registered,
    obs.SessionLost: _session_lost,
    obs.Answered: _answered,
    obs.Unanswered: _unanswered,
}
