"""Stage 5, who is told of which message, and when: every decision has its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from sidecar.core import observations as obs
from sidecar.core.accounts import Account, Flapping, Routing
from sidecar.core.actions import Explain
from sidecar.core.chronicle import Incidents
from sidecar.core.judging import Rules, flaps, judge, reminder_at, settled
from sidecar.core.nouns import Pause
from sidecar.core.policy import Policy
from sidecar.core.stories import (
    HELD,
    NOT_MEANT,
    SERVER,
    TOGETHER,
    Chapter,
    Letter,
    Message,
    Reason,
    Topic,
)


def route(
    routing: Routing,
    incidents: Incidents,
    messages: list[Message],
    seen: obs.Seen,
    policy: Policy,
    pause: Pause | None = None,
) -> tuple[Routing, list[Letter], list[Explain]]:
    """What is told now, of what is new and of what was held back; and why, or why not."""
    routing = _learn(routing, incidents, seen, policy)
    if not messages and not routing.accounts:
        return routing, [], []
    # In a pause no outage is told, nor that one is still so: who asked for it works on the server.
    silences = routing.silences if pause is None else {**routing.silences, SERVER: pause}
    desk = Desk(routing, incidents, seen.wall, policy, silences)
    for message in messages:
        desk.takes(message)
    for channel in policy.channels:
        desk.looks_again(channel)
    return desk.routing, desk.letters, desk.rulings


def _learn(routing: Routing, incidents: Incidents, seen: obs.Seen, policy: Policy) -> Routing:
    """What was remembered, and what the operator wants."""
    match seen.what:
        case obs.Restored(memory=memory) if memory is not None:
            return memory.routing or _as_told(incidents, seen.wall, policy)
        case obs.SilenceAsked(topic=topic, until=until, why=why, by=by):
            silence = Pause(until, why, by, seen.wall)
            return msgspec.structs.replace(routing, silences={**routing.silences, topic: silence})
        case obs.UnsilenceAsked(topic=topic):
            left = {one: silence for one, silence in routing.silences.items() if one != topic}
            return msgspec.structs.replace(routing, silences=left)
    over = [topic for topic, silence in routing.silences.items() if silence.until <= seen.wall]
    if not over:
        return routing
    left = {topic: silence for topic, silence in routing.silences.items() if topic not in over}
    return msgspec.structs.replace(routing, silences=left)


def _as_told(incidents: Incidents, wall: float, policy: Policy) -> Routing:
    """By a sidecar that kept no accounts: every channel was told of everything."""
    open_ = [incident for incident in incidents.open.values() if incident.told]
    return Routing(
        tuple(
            Account(channel, incident.topic, believes=True, told=wall)
            for incident in open_
            for channel in policy.channels
        )
    )


def look_again(routing: Routing, incidents: Incidents, wall: float, policy: Policy) -> float | None:
    """When time alone may have something told, epoch seconds after `wall`; None: not by itself."""
    moments = [_may_change(account, routing, incidents, policy) for account in routing.accounts]
    # What was due before is held back by something else by now, and must not hide what is to come.
    return min((moment if moment > wall else math.inf for moment in moments), default=None)


def _may_change(account: Account, routing: Routing, incidents: Incidents, policy: Policy) -> float:
    if account.held is None:
        incident = incidents.open.get(account.topic)
        return math.inf if incident is None or incident.ack else reminder_at(account, policy)
    match account.reason:
        case Reason.UNESCALATED:
            return account.held.incident.opened + policy.route(account.channel).after
        case Reason.FLAPPING if account.topic in routing.flapping:
            return routing.flapping[account.topic].changed + policy.flap_settled
    return math.inf  # quiet hours, a storm, a silence: a look a minute is enough


class Desk:
    """One step's work on the accounts."""

    def __init__(
        self,
        routing: Routing,
        incidents: Incidents,
        wall: float,
        policy: Policy,
        silences: Mapping[Topic, Pause],
    ) -> None:
        self.letters: list[Letter] = []
        self.rulings: list[Explain] = []
        self._before = routing
        self._incidents = incidents
        self._wall = wall
        self._policy = policy
        self._silences = silences
        known = (one for one in routing.accounts if one.channel in policy.channels)
        self._accounts = {(one.channel, one.topic): one for one in known}
        self._flapping = {
            topic: one for topic, one in routing.flapping.items() if not settled(one, wall, policy)
        }
        self._sent = dict(routing.sent)

    @property
    def routing(self) -> Routing:
        """The accounts afterwards."""
        return Routing(
            tuple(one for one in self._accounts.values() if not one.empty),
            self._flapping,
            self._sent,
            self._before.silences,
        )

    def takes(self, message: Message) -> None:
        """Something new, for each channel."""
        if message.incident.topic != SERVER and message.chapter in (Chapter.OPENED, Chapter.CLOSED):
            known = self._flapping.get(message.incident.topic, Flapping())
            self._flapping[message.incident.topic] = flaps(known, message, self._wall, self._policy)
        for channel in self._policy.channels:
            account = self._account(channel, message.incident.topic)
            reason = self._judged(message, account)
            if reason is Reason.RECOVERY and not account.believes:
                reason = account.reason  # alone it would be an end without its beginning: a digest tells both
            self._rules(account, message, reason)

    def looks_again(self, channel: str) -> None:
        """At what this channel was told, or was not: what is no longer held back is told now."""
        together = []
        for account in [one for one in self._accounts.values() if one.channel == channel]:
            if account.held is None:
                self._reminds(account)
                continue
            message = self._current(account.held)
            reason = self._judged(message, account)
            if reason in HELD:
                continue
            if reason in NOT_MEANT or account.reason not in TOGETHER:
                self._releases(account, message, reason)
            else:
                together.append(account)
        if together:
            self._bundles(together)

    def _account(self, channel: str, topic: Topic) -> Account:
        return self._accounts.get((channel, topic), Account(channel, topic))

    def _keep(self, account: Account) -> None:
        self._accounts[account.channel, account.topic] = account

    def _judged(self, message: Message, account: Account) -> Reason:
        rules = Rules(self._wall, self._policy, self._silences, self._flapping, self._sent)
        return judge(message, account, rules)

    def _rules(self, account: Account, message: Message, reason: Reason) -> None:
        """Send it, hold it back in place of what was, or let it go."""
        if reason in HELD:
            left = account.left + (account.held is not None)
            self._keep(msgspec.structs.replace(account, held=message, reason=reason, left=left))
        elif reason in NOT_MEANT:
            self._keep(msgspec.structs.replace(account, held=None, left=0))
        else:
            left = account.left + (account.held is not None)
            self._sends(account, msgspec.structs.replace(message, reason=reason, left=left))
        self._note(message, account.channel, reason)

    def _sends(self, account: Account, message: Message) -> None:
        """It leaves; what was held back of the same is old now."""
        self._told(account, message)
        self._leaves(account.channel, message)

    def _told(self, account: Account, message: Message) -> None:
        reminders = account.reminders + 1 if message.chapter is Chapter.REMINDER else 0
        believes = message.chapter is not Chapter.CLOSED
        self._keep(Account(account.channel, account.topic, believes, self._wall, reminders))

    def _leaves(self, channel: str, message: Message) -> None:
        recent = (*self._sent.get(channel, ()), self._wall)
        self._sent[channel] = recent[-self._policy.storm_limit.times :]
        self.letters.append((message, channel))

    def _note(self, message: Message, channel: str, reason: Reason) -> None:
        self.rulings.append(Explain(self._wall, message.id, message.incident.topic, channel, reason))

    def _current(self, message: Message) -> Message:
        """With its incident as it is by now: the story may be longer, or somebody has it in hand."""
        now = self._incidents.open.get(message.incident.topic)
        same = now is not None and now.number == message.incident.number
        return msgspec.structs.replace(message, incident=now) if same else message

    def _releases(self, account: Account, message: Message, reason: Reason) -> None:
        """It goes alone."""
        message = msgspec.structs.replace(message, made=self._wall)
        if account.reason is Reason.UNESCALATED and reason not in NOT_MEANT:
            reason = Reason.ESCALATED
        # What was held back for this channel while nobody expected it to be told is nothing that it missed.
        self._rules(msgspec.structs.replace(account, held=None, left=0), message, reason)

    def _bundles(self, accounts: list[Account]) -> None:
        """One message for all of them; what is alone, and can be said so, is told as itself."""
        parts = [
            (account, msgspec.structs.replace(account.held, left=account.left))
            for account in accounts
            if account.held is not None
        ]
        account, last = parts[-1]
        if len(parts) == 1 and (account.believes or last.chapter is not Chapter.CLOSED):
            self._rules(msgspec.structs.replace(account, held=None), last, _why(last))
            return
        for account, message in parts:
            self._told(account, message)
            self._note(message, account.channel, Reason.DIGEST)
        digest = Message(
            f"{last.id}-digest",
            Chapter.DIGEST,
            last.incident,
            Reason.DIGEST,
            together=tuple(message for _, message in parts),
            made=self._wall,
        )
        self._leaves(account.channel, digest)

    def _reminds(self, account: Account) -> None:
        """Of what is still so, ever more rarely; not of what somebody has in hand."""
        incident = self._incidents.open.get(account.topic)
        if incident is None or incident.ack is not None or self._wall < reminder_at(account, self._policy):
            return
        number = account.reminders + 1
        message = Message(
            f"{incident.number}-{incident.opened:.0f}-{Chapter.REMINDER}-{number}",
            Chapter.REMINDER,
            incident,
            made=self._wall,
        )
        reason = self._judged(message, account)
        if reason is Reason.FLAPPING or reason not in HELD | NOT_MEANT:
            self._rules(account, message, Reason.REMINDER)


def _why(message: Message) -> Reason:
    return Reason.RECOVERY if message.chapter is Chapter.CLOSED else Reason.NEWS
