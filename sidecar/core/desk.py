"""What each channel is sent in one step, and what is held back from it: every decision has its reason."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sidecar.core.accounts import Account, Flapping, Routing
from sidecar.core.actions import Explain
from sidecar.core.chronicle import Incidents
from sidecar.core.facts import Facts
from sidecar.core.judging import Rules, flaps, has_room, judge, reminder_at, settled
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


class Desk:
    """One step's work on the accounts."""

    def __init__(
        self,
        routing: Routing,
        incidents: Incidents,
        policy: Policy,
        silences: Mapping[Topic, Pause],
        facts: Facts,
    ) -> None:
        self.letters: list[Letter] = []
        self.rulings: list[Explain] = []
        self._before = routing
        self._incidents = incidents
        self._wall = wall = facts.wall
        self._policy = policy
        known = (one for one in routing.accounts if one.channel in policy.channels)
        self._accounts = {(one.channel, one.topic): one for one in known}
        self._flapping = {
            topic: one for topic, one in routing.flapping.items() if not settled(one, wall, policy)
        }
        self._sent = dict(routing.sent)
        self._now = Rules(wall, policy, silences, self._flapping, self._sent, facts.load)

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
            known = self._flapping.get(message.incident.topic, Flapping(self._wall))
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
                self._holds_on(account, message, reason)
                continue
            if reason in NOT_MEANT or account.reason not in TOGETHER:
                self._releases(account, message, reason)
            else:
                together.append((account, msgspec.structs.replace(message, left=account.left)))
        # What was released just now may have taken the room that there was.
        if together and has_room(self._sent.get(channel, ()), self._policy.storm_limit, self._wall):
            self._bundles(together)

    def _holds_on(self, account: Account, message: Message, reason: Reason) -> None:
        """For another reason by now? What is kept for a digest stays so."""
        if reason is not account.reason and account.reason not in TOGETHER:
            self._keep(msgspec.structs.replace(account, reason=reason))
            self._note(message, account.channel, reason)

    def _account(self, channel: str, topic: Topic) -> Account:
        return self._accounts.get((channel, topic), Account(channel, topic))

    def _keep(self, account: Account) -> None:
        self._accounts[account.channel, account.topic] = account

    def _judged(self, message: Message, account: Account) -> Reason:
        return judge(message, account, self._now)

    def _rules(self, account: Account, message: Message, reason: Reason) -> None:
        """Send it, hold it back in place of what was, or let it go."""
        left = message.left if account.held is None else account.left + 1
        if reason in HELD:
            self._keep(msgspec.structs.replace(account, held=message, reason=reason, left=left))
        elif reason in NOT_MEANT:
            self._keep(msgspec.structs.replace(account, held=None))
        else:
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
        # What was held back for this channel while nobody expected it to be told is nothing that it missed.
        self._rules(msgspec.structs.replace(account, held=None), message, reason)

    def _bundles(self, parts: list[tuple[Account, Message]]) -> None:
        """One message for all of them; what is alone, and can be said so, is told as itself."""
        account, last = parts[-1]
        if len(parts) == 1 and (account.believes or last.chapter is not Chapter.CLOSED):
            self._rules(msgspec.structs.replace(account, held=None), last, self._judged(last, account))
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
