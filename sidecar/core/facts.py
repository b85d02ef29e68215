"""Stage 1, what is so: wanted, actual and ready are three facts, never one."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from sidecar.core import observations as obs
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.policy import Policy

STOPPED = "T"
"""The kernel's letter for a process stopped by a signal."""


class Wanted(StrEnum):
    """What the operator wants of the server."""

    RUNNING = "running"
    STOPPED = "stopped"
    LEFT = "left"
    """To run on without the sidecar."""


class SignFact(msgspec.Struct, frozen=True):
    """What is known of one sign of life."""

    good_at: float | None = None
    latency: float | None = None
    bad_since: float | None = None
    """Since when it has been missing without a good answer between; None while it is well."""
    why: str = ""

    @property
    def missing(self) -> bool:
        """Whether its last answer did not come."""
        return self.bad_since is not None


class Exit(msgspec.Struct, frozen=True):
    """A death: whose, when, how."""

    number: int
    at: float
    identity: Identity
    ended: Ended


class Facts(msgspec.Struct, frozen=True):
    """What is so. All times monotonic seconds."""

    at: float = 0.0
    wanted: Wanted = Wanted.RUNNING
    known: bool = False
    """Whether it is known if a server runs."""
    identity: Identity | None = None
    adopted: bool = False
    appeared_at: float = 0.0
    """When it was first seen, or when we last looked away: its start timeout counts from here."""
    process_state: str = ""
    stopped_since: float | None = None
    owned: bool | None = None
    """Whether the port's listening socket is its own; None until seen."""
    owner_why: str = ""
    registered: obs.Registered | None = None
    registered_at: float = 0.0
    proven_at: float | None = None
    """When this process was first proven ready: its grace ended there."""
    signs: dict[Sign, SignFact] = {}
    sampled: obs.Sampled | None = None
    sampled_at: float = 0.0
    """Of the sample above, which may be of a process that is gone."""
    exit: Exit | None = None
    """The last death."""
    start_error: str | None = None
    """Why the command could not be executed, until one could."""
    start_errors: int = 0

    @property
    def ready(self) -> bool:
        """Proven: the process is there and runs, the port is its own, our registration was answered."""
        return (
            self.identity is not None
            and self.stopped_since is None
            and self.owned is True
            and self.registered is not None
        )

    def sign(self, sign: Sign) -> SignFact:
        """What is known of a sign, nothing included."""
        return self.signs.get(sign, SignFact())

    @property
    def proven(self) -> bool:
        """Whether this process was ever ready."""
        return self.proven_at is not None

    @property
    def missing(self) -> tuple[Sign, ...]:
        """The signs of life that are missing now."""
        return tuple(sign for sign, fact in self.signs.items() if fact.missing)


def observe(facts: Facts, seen: obs.Seen, policy: Policy) -> Facts:
    """The facts after one more observation; what is said of another process is ignored."""
    gap = seen.at - facts.at
    if gap > policy.gap and facts.at:
        facts = _after_gap(facts, gap, seen.at)
    facts = msgspec.structs.replace(facts, at=seen.at)
    learn = _LEARN.get(type(seen.what))
    if learn is None:
        return facts
    about = getattr(seen.what, "identity", None)
    if about is not None and about != facts.identity and not isinstance(seen.what, obs.Appeared):
        return facts
    facts = learn(facts, seen.what)
    if facts.ready and not facts.proven:
        facts = msgspec.structs.replace(facts, proven_at=seen.at)
    return facts


def _after_gap(facts: Facts, gap: float, now: float) -> Facts:
    """Nothing may be concluded from a time in which nobody looked: every "since" starts anew."""
    return msgspec.structs.replace(_anew(facts, now), appeared_at=facts.appeared_at + gap)


def _anew(facts: Facts, now: float) -> Facts:
    """Signs that are missing count as missing from now on only."""
    signs = {
        sign: msgspec.structs.replace(fact, bad_since=now) if fact.bad_since is not None else fact
        for sign, fact in facts.signs.items()
    }
    return msgspec.structs.replace(facts, signs=signs)


def _restored(facts: Facts, what: obs.Restored) -> Facts:
    if what.memory is None:
        return facts
    return msgspec.structs.replace(facts, identity=what.memory.identity)


def _appeared(facts: Facts, what: obs.Appeared) -> Facts:
    unseen = facts.identity is not None and facts.identity != what.identity
    return msgspec.structs.replace(
        _gone(facts, Ended()) if unseen else facts,
        known=True,
        identity=what.identity,
        adopted=what.adopted,
        appeared_at=facts.at,
        start_error=None,
    )


def _absent(facts: Facts, _: obs.Absent) -> Facts:
    """Nothing runs; if something did when we last looked, it died unseen."""
    facts = msgspec.structs.replace(facts, known=True)
    return facts if facts.identity is None else _gone(facts, Ended())


def _exited(facts: Facts, what: obs.Exited) -> Facts:
    return _gone(facts, what.ended)


def _gone(facts: Facts, ended: Ended) -> Facts:
    assert facts.identity is not None  # noqa: S101 - the callers have looked; mypy has to see it
    number = facts.exit.number + 1 if facts.exit else 1
    return msgspec.structs.replace(
        facts,
        identity=None,
        process_state="",
        stopped_since=None,
        owned=None,
        owner_why="",
        registered=None,
        proven_at=None,
        signs={},
        exit=Exit(number, facts.at, facts.identity, ended),
    )


def _start_failed(facts: Facts, what: obs.StartFailed) -> Facts:
    return msgspec.structs.replace(facts, start_error=what.why, start_errors=facts.start_errors + 1)


def _sampled(facts: Facts, what: obs.Sampled) -> Facts:
    since = None
    if what.state == STOPPED:
        since = facts.at if facts.stopped_since is None else facts.stopped_since
    elif facts.stopped_since is not None:
        facts = _anew(facts, facts.at)  # a process that may run again gets its time to answer
    return msgspec.structs.replace(
        facts, sampled=what, sampled_at=facts.at, process_state=what.state, stopped_since=since
    )


def _listened(facts: Facts, what: obs.Listened) -> Facts:
    return msgspec.structs.replace(facts, owned=what.owned, owner_why=what.why)


def _registered(facts: Facts, what: obs.Registered) -> Facts:
    facts = msgspec.structs.replace(facts, registered=what, registered_at=facts.at)
    return _good(facts, Sign.PONG, None)


def _session_lost(facts: Facts, what: obs.SessionLost) -> Facts:
    return _bad(msgspec.structs.replace(facts, registered=None), Sign.PONG, what.why)


def _answered(facts: Facts, what: obs.Answered) -> Facts:
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


def _stop_asked(facts: Facts, what: obs.StopAsked) -> Facts:
    return msgspec.structs.replace(facts, wanted=Wanted.LEFT if what.leave else Wanted.STOPPED)


_LEARN: dict[type[obs.Observation], Callable[..., Facts]] = {
    obs.Restored: _restored,
    obs.Appeared: _appeared,
    obs.Absent: _absent,
    obs.Exited: _exited,
    obs.StartFailed: _start_failed,
    obs.Sampled: _sampled,
    obs.Listened: _listened,
    obs.Registered: _registered,
    obs.SessionLost: _session_lost,
    obs.Answered: _answered,
    obs.Unanswered: _unanswered,
    obs.StopAsked: _stop_asked,
}
