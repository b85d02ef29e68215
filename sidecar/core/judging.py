"""What a channel is to hear of, now or later: one reason for each message, and for how long it holds."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sidecar.core.accounts import Account, Flapping
from sidecar.core.nouns import Load, Pause, Severity
from sidecar.core.policy import Policy
from sidecar.core.quantities import Rate
from sidecar.core.rules import OF_LOAD
from sidecar.core.stories import SERVER, TOGETHER, Chapter, Incident, Message, Reason, Topic


class Rules(msgspec.Struct, frozen=True):
    """What is so at this moment, for every channel."""

    wall: float
    policy: Policy
    silences: Mapping[Topic, Pause]
    flapping: Mapping[Topic, Flapping]
    sent: Mapping[str, tuple[float, ...]]
    load: Load | None


def judge(message: Message, account: Account, rules: Rules) -> Reason:
    """Whether this channel is told now, later or never, and why."""
    over = message.chapter is Chapter.CLOSED
    part_of_a_digest = account.held is not None and account.reason in TOGETHER
    if over and not account.believes and not part_of_a_digest:
        return Reason.UNTOLD
    return (
        _barred(message, account, rules)
        or _delayed(message, account, rules)
        or _told(message, account, rules)
    )


def _barred(message: Message, account: Account, rules: Rules) -> Reason | None:
    """Whether this topic is not for this channel, or not now."""
    if message.chapter is Chapter.CLOSED and account.believes:
        return None  # who was told of it is told that it is over
    incident, route = message.incident, rules.policy.route(account.channel)
    if not _named(incident, account.channel, rules.policy):
        return Reason.ELSEWHERE
    if route.severity is Severity.FAIL and incident.severity is not Severity.FAIL:
        return Reason.MINOR
    if incident.topic in rules.silences:
        return Reason.SILENCED
    unanswered = incident.ack is None and rules.wall >= incident.opened + route.after
    if route.after and not account.believes and not unanswered:
        return Reason.UNESCALATED
    return None


def _delayed(message: Message, account: Account, rules: Rules) -> Reason | None:
    """Whether there is too much of it, or it is the wrong hour; an outage has no wrong hour."""
    flapping = rules.flapping.get(message.incident.topic)
    if flapping is not None and flapping.first not in ("", message.id):
        return Reason.FLAPPING
    critical = message.incident.severity is Severity.FAIL
    if not critical and rules.load is not None and explained(message.incident) and not account.believes:
        return Reason.LOAD
    if not critical and rules.policy.route(account.channel).quiet(rules.wall):
        return Reason.QUIET
    sent, limit = rules.sent.get(account.channel, ()), rules.policy.storm_limit
    urgent = critical and message.chapter is not Chapter.CLOSED
    if not urgent and not has_room(sent, limit, rules.wall):
        return Reason.STORM
    return None


def explained(incident: Incident) -> bool:
    """Whether an announced load may well be all there is to it."""
    return incident.load is not None and incident.topic in OF_LOAD


def _told(message: Message, account: Account, rules: Rules) -> Reason:
    if message.chapter is Chapter.CLOSED:
        return Reason.RECOVERY
    if rules.policy.route(account.channel).after and not account.believes:
        return Reason.ESCALATED
    flapping = rules.flapping.get(message.incident.topic)
    if flapping is not None and flapping.first:
        return Reason.FLAPS
    return Reason.CRITICAL if message.incident.severity is Severity.FAIL else Reason.NEWS


def _named(incident: Incident, channel: str, policy: Policy) -> bool:
    """Everybody is, unless it is a finding's own story and its rule names some."""
    rule = None if incident.topic == SERVER else policy.rules.get(incident.causes[0].trouble)
    return rule is None or rule.channels is None or channel in rule.channels


def has_room(sent: tuple[float, ...], limit: Rate, wall: float) -> bool:
    """Whether a message may go now. Of a clock that was set back, what it puts into the future counts not."""
    return sum(0 <= wall - moment < limit.within for moment in sent) < limit.times


def flaps(known: Flapping, message: Message, wall: float, policy: Policy) -> Flapping:
    """After one more beginning or end of this condition."""
    if message.chapter is Chapter.CLOSED:
        return msgspec.structs.replace(known, changed=wall)
    limit = policy.flap_limit
    begun = (*(moment for moment in known.begun if 0 <= wall - moment < limit.within), wall)
    first = known.first or (message.id if len(begun) > limit.times else "")
    return Flapping(wall, begun[-limit.times :], first)


def settled(flapping: Flapping, wall: float, policy: Policy) -> bool:
    """Whether it has stayed as it is for so long that it flaps no more, and is forgotten."""
    patience = policy.flap_settled if flapping.first else policy.flap_limit.within
    return not 0 <= wall - flapping.changed < patience


def reminder_at(account: Account, policy: Policy) -> float:
    """When this channel is to hear of it again, epoch seconds; infinite: never."""
    first = policy.remind_first
    if not account.believes or not first:
        return float("inf")
    return account.told + min(first * 2.0 ** min(account.reminders, 32), policy.remind_max)
