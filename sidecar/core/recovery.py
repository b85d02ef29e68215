"""Stage 3, the ladder: back-off → start → prove; in trouble SIGCONT, or evidence → TERM → KILL → start."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sidecar.core import observations as obs
from sidecar.core.actions import Ask, Finish, Signal, Watch
from sidecar.core.aftermath import examine, gathered, hear
from sidecar.core.facts import Facts, Wanted
from sidecar.core.findings import Findings
from sidecar.core.incidents import ended_by_us
from sidecar.core.moments import Moment, recalled
from sidecar.core.nouns import Act, Finding, Identity, Sign, Trouble
from sidecar.core.phases import (
    Awaiting,
    Collecting,
    Continuing,
    Delayed,
    Held,
    Killing,
    Over,
    Phase,
    Proving,
    Settled,
    Sparing,
    Starting,
    Terminating,
    Unknowing,
)
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER, Deed
from sidecar.core.turn import (
    SIGCONT,
    Recovery,
    Turn,
    collect,
    forget,
    hold,
    kill,
    replace,
    restart,
    revive,
    succeed,
    terminate,
    watch,
)
from sidecar.core.waiting import arrived, awaiting, delayed, starting, unknowing


def recover(
    recovery: Recovery, facts: Facts, findings: Findings, seen: obs.Seen, policy: Policy
) -> tuple[Recovery, Turn]:
    """Climb or descend as far as this observation allows."""
    if isinstance(seen.what, obs.Restored):
        recovery = _restored(seen.what, seen, policy)
    turn = Turn(recovery, facts, findings, seen, policy)
    phase: Phase = recovery.phase.later(facts.away) if facts.away else recovery.phase
    if isinstance(seen.what, obs.SignalFailed) and seen.what.identity == facts.identity:
        turn.tell(Deed.UNDELIVERED, seen.what.identity.pid, why=seen.what.why)
    hear(turn)
    phase = _climb(phase, turn)
    _doubt(turn)
    examine(turn)  # after the start: nothing may stand before that
    return msgspec.structs.replace(turn.recovery, phase=phase), turn


def _doubt(turn: Turn) -> None:
    """One sign of life is missing: the other tells whether it is the server, and is not waited for."""
    match turn.seen.what:
        case obs.Unanswered(identity=identity, sign=Sign.PONG) if identity == turn.facts.identity:
            turn.actions.append(Ask(identity))


def _climb(phase: Phase, turn: Turn) -> Phase:
    """From rung to rung until one stays, or is entered once more: that waits for the next look."""
    if turn.facts.pause is not None and turn.facts.wanted is Wanted.RUNNING:
        return _paused(phase, turn)
    nxt = phase
    for _ in _RUNGS:
        wind_down = turn.facts.wanted is not Wanted.RUNNING
        phase, nxt = nxt, _wind_down(nxt, turn) if wind_down else _RUNGS[type(nxt)](nxt, turn)
        if type(nxt) is type(phase):
            return nxt
    raise AssertionError(f"no rung stays: {phase} and {nxt}")


def _paused(phase: Phase, turn: Turn) -> Phase:
    """Hands off; but whoever has started another meanwhile is to see how it fares."""
    identity = turn.facts.identity
    if isinstance(phase, Collecting):  # what comes of it is in its place; nothing follows from it
        return Proving(phase.identity)
    if identity is None or not turn.facts.known:
        return phase
    if identity != getattr(phase, "identity", None):
        return watch(identity, turn)
    return _proven(phase.identity, turn) if isinstance(phase, Proving) and turn.facts.serving else phase


def _restored(what: obs.Restored, seen: obs.Seen, policy: Policy) -> Recovery:
    memory = what.memory
    if memory is None:
        return Recovery(seed=what.seed)
    moments = tuple(recalled(wall, Moment(seen.at, seen.wall)) for wall in memory.restarts)
    last = memory.identity
    ended = last if last and ended_by_us(memory.incidents.get(SERVER), last.pid) else None
    restored = Recovery(Unknowing(), memory.seed, moments, memory.failures, memory.deaf, ended)
    return forget(restored, seen.at, policy.budget)


def _proving(phase: Proving, turn: Turn) -> Phase:
    facts = turn.facts
    if facts.identity != phase.identity:
        return revive(turn)
    return _proven(phase.identity, turn) if facts.serving else _cure(phase, turn)


def _proven(identity: Identity, turn: Turn) -> Phase:
    turn.recovery = msgspec.structs.replace(turn.recovery, deaf=False, ended=None)
    return Settled(identity, turn.seen.at)


def _settled(phase: Settled, turn: Turn) -> Phase:
    if turn.facts.identity != phase.identity:
        return revive(turn)
    stable = turn.facts.at - phase.since >= turn.policy.stable_after and not turn.facts.missing
    if stable and turn.recovery.failures:
        turn.recovery = msgspec.structs.replace(turn.recovery, failures=0)
    return _cure(phase, turn)


def _cure(phase: Proving | Settled, turn: Turn) -> Phase:
    """The first act against what is wrong with a living process, if anything is."""
    if turn.facts.stopped_since is not None:
        turn.actions.append(Signal(phase.identity, SIGCONT))
        turn.tell(Deed.CONTINUED, phase.identity.pid)
        return Continuing(phase.identity, turn.seen.at + turn.policy.continue_deadline)
    if not _asked(Act.RESTART, turn):
        return phase
    useless = _useless(turn)
    if useless:
        turn.tell(Deed.SPARED, phase.identity.pid, why=useless)
        return Sparing(phase.identity, _culprit(turn))
    return _give_up(phase.identity, turn)


def _give_up(identity: Identity, turn: Turn) -> Phase:
    """Evidence, and then its end; with a supervisor that is a restart, for which the budget needs room."""
    held = turn.full() if turn.policy.abilities.restarts_itself else None
    return collect(identity, turn) if held is None else hold(held, turn, identity)


def _asked(act: Act, turn: Turn) -> list[Finding]:
    """The findings that want this."""
    return [finding for finding in turn.findings.values() if finding.act is act]


def _useless(turn: Turn) -> str:
    """Why another process would fare no better; "" if it may, or an operator wants it all the same."""
    if Trouble.RESTART_ASKED in turn.findings:
        return ""
    holding = _asked(Act.HOLD, turn)
    if holding:
        return ", ".join(finding.trouble for finding in holding)
    if Trouble.DEAF not in turn.findings:
        return ""
    # One restart may help (the port was our own server's, about to end), a second will not; nor does it where
    # the reason is not known.
    if turn.recovery.deaf:
        return _culprit(turn) or "one has not helped"
    return _culprit(turn) if turn.recovery.failures else ""


def _culprit(turn: Turn) -> str:
    """Why no process could serve: its configuration is of no use, or somebody else has the port."""
    bad = turn.findings.get(Trouble.BAD_CONFIG)
    return bad.why if bad else turn.facts.owner_why


def _sparing(phase: Sparing, turn: Turn) -> Phase:
    if turn.facts.identity != phase.identity:
        return revive(turn)
    if not turn.policy.abilities.can_start and _lost(turn):
        return phase
    culprit = _culprit(turn)
    if phase.culprit and not culprit:  # what hindered the last start hinders the next no more
        turn.recovery = msgspec.structs.replace(turn.recovery, deaf=False)
    useless = _asked(Act.RESTART, turn) and _useless(turn)
    return Sparing(phase.identity, culprit) if useless else Proving(phase.identity)


def _lost(turn: Turn) -> bool:
    """Whether nothing but its end would help this process. A stopped one has had its SIGCONT."""
    return turn.facts.stopped_since is not None or bool(_asked(Act.RESTART, turn))


def _collecting(phase: Collecting, turn: Turn) -> Phase:
    what = turn.seen.what
    if turn.facts.identity != phase.identity:
        return revive(turn)
    if isinstance(what, obs.Collected) and what.identity == phase.identity:
        gathered(what, turn)
    elif turn.seen.at < phase.deadline:
        return phase
    else:
        turn.tell(Deed.UNCOLLECTED, phase.identity.pid, why="it took too long")
    if not _lost(turn):
        return Proving(phase.identity)
    if not turn.policy.abilities.can_start:
        turn.tell(Deed.LEFT, phase.identity.pid)
        return Sparing(phase.identity)
    if Trouble.DEAF in turn.findings:
        turn.recovery = msgspec.structs.replace(turn.recovery, deaf=True)
    if turn.policy.abilities.restarts_itself:
        return replace(phase.identity, turn)
    # A stopped process acts on SIGTERM only once it runs again, which it would not: SIGKILL.
    stopped = turn.facts.stopped_since is not None
    return kill(phase.identity, turn) if stopped else terminate(phase.identity, turn)


def _continuing(phase: Continuing, turn: Turn) -> Phase:
    facts = turn.facts
    if facts.identity != phase.identity:
        return revive(turn)
    if facts.stopped_since is None:
        return Proving(phase.identity)
    return phase if turn.seen.at < phase.deadline else _give_up(phase.identity, turn)


def _terminating(phase: Terminating, turn: Turn) -> Phase:
    if turn.facts.identity != phase.identity:
        return succeed(turn)
    return phase if turn.seen.at < phase.deadline else kill(phase.identity, turn)


def _killing(phase: Killing, turn: Turn) -> Phase:
    if turn.facts.identity != phase.identity:
        return succeed(turn)
    return phase if turn.seen.at < phase.deadline else kill(phase.identity, turn)


def _held(phase: Held, turn: Turn) -> Phase:
    """The budget is asked anew: a reload may have made it another."""
    identity = turn.facts.identity
    if identity is not None and identity != phase.ill:
        return arrived(turn)
    if identity is None and (phase.ill is not None or not turn.by_hand):
        return revive(turn)
    held = turn.full()
    if identity is not None and (held is None or not _lost(turn)):
        return Proving(identity)
    if held is None:
        return restart(turn)
    return phase if held[0] == phase.room_at else hold(held, turn, phase.ill)


_RUNGS: dict[type[Phase], Callable[..., Phase]] = {
    Unknowing: unknowing,
    Starting: starting,
    Awaiting: awaiting,
    Proving: _proving,
    Settled: _settled,
    Sparing: _sparing,
    Collecting: _collecting,
    Continuing: _continuing,
    Terminating: _terminating,
    Killing: _killing,
    Delayed: delayed,
    Held: _held,
}


def _wind_down(phase: Phase, turn: Turn) -> Phase:
    """The operator wants an end: leave the server, or see it off first."""
    facts = turn.facts
    unheard = isinstance(phase, Starting) and facts.identity is None and facts.setbacks == phase.setbacks
    if isinstance(phase, Over) or not facts.known or unheard:
        return phase  # over; or about to hear whether there is a server to see off
    can = turn.policy.abilities
    leave = facts.wanted is Wanted.LEFT or not can.can_start or can.restarts_itself
    if leave or facts.identity is None:
        turn.actions += [Watch(None), Finish()]
        return Over()
    if isinstance(phase, Terminating | Killing):
        return _RUNGS[type(phase)](phase, turn)
    return terminate(facts.identity, turn)
