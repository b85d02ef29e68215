"""What is wrong with the server itself: a table of judgements, each from facts to a finding or to none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from sidecar.core.facts import Facts
from sidecar.core.nouns import Act, Finding, Severity, Sign, Trouble
from sidecar.core.policy import Policy
from sidecar.core.rules import METRICS

_DEFAULT_PORT = 9090
"""Where the server listens without a configuration, which it then writes (cloud-server.md §1)."""
_COLD_BURST_SHOWN = 600.0
"""Seconds for which a lost race is shown."""

Judgement = Callable[[Facts, Policy, Finding | None], Finding | None]
"""The third argument: the same finding as it was a moment ago. It lasts until the contrary is known."""


def _exited(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if facts.identity is not None or facts.exit is None or facts.start_error is not None or facts.rested:
        return None
    return Finding(Trouble.EXITED, Severity.FAIL, facts.exit.at, ended=facts.exit.ended)


def _rested(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    """It is down, and that is meant: nobody is told."""
    if facts.rested is None:
        return None
    return Finding(Trouble.RESTED, Severity.WARN, facts.at, why=facts.rested.why)


def _restart_asked(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    wish = facts.restart
    if wish is None:
        return None
    why = ": ".join(part for part in (wish.by, wish.why) if part)
    return Finding(Trouble.RESTART_ASKED, Severity.WARN, facts.at, Act.RESTART, why=why)


def _no_supervisor(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if not facts.supervised.problem:
        return None
    return Finding(Trouble.NO_SUPERVISOR, Severity.WARN, facts.at, Act.TELL, why=facts.supervised.problem)


def _weak_limit(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if not facts.supervised.weak:
        return None
    return Finding(Trouble.WEAK_LIMIT, Severity.WARN, facts.at, Act.TELL, why=facts.supervised.weak)


def _not_found(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    """Nobody saw an end, and whoever starts it may be about to: it is an outage only if it lasts."""
    missing = facts.not_found
    if missing is None:
        return None
    act = Act.AWAIT if facts.at >= missing.since + policy.hung_after else Act.NOTE
    return Finding(Trouble.NOT_FOUND, Severity.FAIL, missing.since, act, why=missing.why)


def _start_failed(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if facts.start_error is None:
        return None
    return Finding(Trouble.START_FAILED, Severity.FAIL, facts.at, why=facts.start_error)


def _deaf(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    """Grace after a start ends with the first proof."""
    since = _unserved(facts, policy)
    if since is None or facts.proven or _strayed(facts):
        return None
    why = facts.owner_why or facts.elsewhere_unknown
    return Finding(Trouble.DEAF, Severity.FAIL, since, _restart(facts, policy), why=why)


def _not_serving(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    """Proven once, it has the time of a start to let us in again; then it is as useless as a deaf one."""
    since = _unserved(facts, policy)
    if since is None or not facts.proven:
        return None
    why = facts.sign(Sign.PONG).why or facts.owner_why
    return Finding(Trouble.NOT_SERVING, Severity.FAIL, since, _restart(facts, policy), (Sign.PONG,), why)


def _restart(facts: Facts, policy: Policy) -> Act:
    """With no descriptor left it lets nobody new in, us neither, and is well again when some leave.

    It is given the time of the rule for that, which restarts it if it does not heal.
    """
    rule = policy.rules.get(Trouble.FDS_SPENT)
    used = METRICS[Trouble.FDS_SPENT].value(facts.readings)
    if rule is None or rule.act is not Act.RESTART or used is None or not rule.beyond(used, found=False):
        return Act.RESTART
    return Act.NOTE


def _flapping(facts: Facts, policy: Policy, before: Finding | None) -> Finding | None:
    """Never out of service for long enough to be replaced, and yet of little use.

    No restart: somebody else may have our key, and takes the session over each time.
    """
    if facts.wavering < policy.start_timeout * (1.0 if before else 2.0):
        return None
    why = facts.sign(Sign.PONG).why or (before.why if before else "")
    return Finding(Trouble.FLAPPING, Severity.WARN, facts.at, Act.TELL, (Sign.PONG,), why)


def _unserved(facts: Facts, policy: Policy) -> float | None:
    """Since when a process that runs has not been serving, if that is too long."""
    due = _unserved_too_long(facts, policy)
    return facts.unserved_since if due is not None and facts.at >= due else None


def _unserved_too_long(facts: Facts, policy: Policy) -> float | None:
    """When it will have been too long; an adopted process has had time to start, but not our questions."""
    if facts.identity is None or facts.unserved_since is None or facts.stopped_since is not None:
        return None
    had = 0.0 if facts.proven else facts.age
    asked = min(policy.hung_after, policy.start_timeout)
    return facts.unserved_since + max(policy.start_timeout - had, asked)


def _stopped(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if facts.stopped_since is None:
        return None
    return Finding(Trouble.STOPPED, Severity.FAIL, facts.stopped_since, Act.CONTINUE)


def _hung(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    since = _since(facts, Sign.PONG, Sign.HTTP)
    if since is None or not facts.proven or facts.at < since + policy.hung_after:
        return None
    name, act = Trouble.HUNG, _restart(facts, policy)
    if _collects(facts, policy) and facts.at < since + policy.busy_after:
        name, act = Trouble.BUSY, Act.NOTE
    elif facts.collecting >= policy.heap_after:
        name, act = Trouble.HEAP_EXHAUSTED, Act.RESTART
    return Finding(name, Severity.FAIL, since, act, (Sign.PONG, Sign.HTTP), facts.sign(Sign.PONG).why)


def _collects(facts: Facts, policy: Policy) -> bool:
    """Whether the garbage collector is at work, or was until a moment ago: who is done with it may answer."""
    return facts.laboured_at is not None and facts.at < facts.laboured_at + policy.hung_after


def _stuck(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    """Without pings no request can be made: then the missing list says nothing."""
    since = _since(facts, Sign.LIST)
    pinged = not facts.sign(Sign.PONG).missing
    if since is None or not (facts.proven and pinged) or facts.at < since + policy.stuck_after:
        return None
    return Finding(Trouble.STUCK, Severity.FAIL, since, Act.RESTART, (Sign.LIST,), facts.sign(Sign.LIST).why)


def _http_dead(facts: Facts, policy: Policy, before: Finding | None) -> Finding | None:
    fact = facts.sign(Sign.HTTP)
    since = fact.bad_since
    served = facts.proven and not facts.sign(Sign.PONG).missing
    dead = since is not None and served and facts.at >= since + policy.http_dead_after
    act = Act.PLAN if dead and _restart(facts, policy) is Act.RESTART else Act.TELL
    if before is not None:  # over only with an answer: a death is none; the next process gets its own time
        lasts = fact.missing or fact.good_at is None
        return msgspec.structs.replace(before, act=act) if lasts else None
    if since is None or not dead:
        return None
    if facts.collecting >= policy.heap_after:
        if _collects(facts, policy) and facts.at < since + policy.busy_after:
            return None  # what it is shows when it is done
        return Finding(Trouble.HEAP_EXHAUSTED, Severity.FAIL, since, Act.RESTART, (Sign.HTTP,), fact.why)
    return Finding(Trouble.HTTP_DEAD, Severity.WARN, since, act, (Sign.HTTP,), fact.why)


def _bad_config(facts: Facts, _: Policy, before: Finding | None) -> Finding | None:
    """Told while the server still runs, too: its next start would fail. A missing one it makes itself."""
    config = facts.config
    if config is None or config.unknown:
        return before  # not read yet, or not for us to read any more
    if config.problem in ("", "missing"):
        return None
    severity = Severity.WARN if facts.serving else Severity.FAIL
    return Finding(Trouble.BAD_CONFIG, severity, facts.at, Act.TELL, why=f"{config.path}: {config.problem}")


def _wrong_port(facts: Facts, policy: Policy, before: Finding | None) -> Finding | None:
    """No restart would change it: the port stands in the server's configuration, or in ours."""
    if facts.identity is not None and facts.owned is None and _unserved(facts, policy) is None:
        return before  # of another sidecar: not looked yet
    if not _strayed(facts) or facts.proven:
        return None
    return Finding(Trouble.WRONG_PORT, Severity.FAIL, facts.at, Act.TELL, why=facts.owner_why)


def _strayed(facts: Facts) -> bool:
    """Whether it serves on another port; any other may be a second one of its own, opened before this."""
    configured = facts.config.port if facts.config else None
    return not {_DEFAULT_PORT, configured}.isdisjoint(facts.elsewhere)


def _cold_burst(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    """Who registered at the same time as others on a fresh server may be refused for good (seen)."""
    if facts.refused_at is None or facts.at > facts.refused_at + _COLD_BURST_SHOWN:
        return None
    return Finding(Trouble.COLD_BURST, Severity.WARN, facts.refused_at, Act.NOTE)


def _clients_missing(facts: Facts, policy: Policy, before: Finding | None) -> Finding | None:
    """That a server serves is no proof that its clients found the way back."""
    now, expected = facts.connected, facts.expected
    if expected is None or facts.served_since is None or not isinstance(now, int | float):
        return before if expected is not None else None
    if before is None and facts.at < facts.served_since + policy.clients_back_in:
        return None
    return Finding(
        Trouble.CLIENTS_MISSING, Severity.WARN, facts.served_since, Act.TELL, reading=now / expected
    )


def _silent(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    missing = facts.missing
    if not missing or not facts.proven:
        return None
    both = Sign.PONG in missing and Sign.HTTP in missing
    severity = Severity.FAIL if both else Severity.WARN
    return Finding(Trouble.SILENT, severity, facts.at, signs=missing, why=facts.sign(missing[0]).why)


def _since(facts: Facts, *signs: Sign) -> float | None:
    """Since when all of these have been missing, or None."""
    latest = 0.0
    for sign in signs:  # by a plain loop, which mostly ends at the first: it is asked at each observation
        since = facts.sign(sign).bad_since
        if since is None:
            return None
        latest = max(latest, since)
    return latest


JUDGEMENTS: dict[Trouble, Judgement] = {
    Trouble.EXITED: _exited,
    Trouble.RESTART_ASKED: _restart_asked,
    Trouble.RESTED: _rested,
    Trouble.NOT_FOUND: _not_found,
    Trouble.START_FAILED: _start_failed,
    Trouble.DEAF: _deaf,
    Trouble.STOPPED: _stopped,
    Trouble.HUNG: _hung,
    Trouble.NOT_SERVING: _not_serving,
    Trouble.FLAPPING: _flapping,
    Trouble.STUCK: _stuck,
    Trouble.HTTP_DEAD: _http_dead,
    Trouble.BAD_CONFIG: _bad_config,
    Trouble.WRONG_PORT: _wrong_port,
    Trouble.COLD_BURST: _cold_burst,
    Trouble.NO_SUPERVISOR: _no_supervisor,
    Trouble.WEAK_LIMIT: _weak_limit,
    Trouble.CLIENTS_MISSING: _clients_missing,
    Trouble.SILENT: _silent,
}


def judge(before: Mapping[Trouble, Finding], facts: Facts, policy: Policy) -> list[Finding]:
    """All that is wrong with the server now."""
    return [
        finding
        for trouble, judgement in JUDGEMENTS.items()
        if (finding := judgement(facts, policy, before.get(trouble))) is not None
    ]


def ripe(facts: Facts, policy: Policy) -> list[float]:
    """The moments at which time alone may bring a finding."""
    silent, http = _since(facts, Sign.PONG, Sign.HTTP), _since(facts, Sign.HTTP)
    waits = (
        (silent, policy.hung_after),
        (silent, policy.busy_after),
        (facts.laboured_at, policy.hung_after),
        (_since(facts, Sign.LIST), policy.stuck_after),
        (http, policy.http_dead_after),
        (http, policy.busy_after),
        (facts.served_since if facts.expected is not None else None, policy.clients_back_in),
        (facts.not_found.since if facts.not_found else None, policy.hung_after),
    )
    moments = [since + wait for since, wait in waits if since is not None]
    unserved = _unserved_too_long(facts, policy)
    return moments if unserved is None else [*moments, unserved]
