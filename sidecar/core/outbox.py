"""Stage 6, what each channel is owed, and when again. In order for each channel; dropped never."""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.actions import Send
from sidecar.core.jitter import lengthened
from sidecar.core.moments import Moment, recalled
from sidecar.core.policy import Policy
from sidecar.core.stories import Chapter, Letter, Message, Owed

_KEPT = 50
"""Messages that were taken."""


class Entry(msgspec.Struct, frozen=True):
    """A message on its way to one channel."""

    owed: Owed
    try_at: float
    """Not before this moment."""
    revision: int | None
    """The memory that will hold it; None once the disk has answered."""
    leave_at: float = 0.0
    """When it leaves even if the disk has not answered."""
    sending: bool = False
    since: float = 0.0
    """When it came to be owed, to whichever sidecar."""


class Taken(msgspec.Struct, frozen=True):
    """A message that its channel has taken."""

    message: Message
    channel: str
    wall: float
    """When, epoch seconds."""


class Outbox(msgspec.Struct, frozen=True):
    """The oldest first."""

    entries: tuple[Entry, ...] = ()
    taken: tuple[Taken, ...] = ()
    """The last of them, the newest last."""


def post(
    outbox: Outbox, letters: list[Letter], seen: obs.Seen, revision: int, seed: int, policy: Policy
) -> tuple[Outbox, list[Send]]:
    """Take in what is new, learn what became of what was sent, and say what is to be sent now.

    ``revision`` is the number of the next memory to be saved: the first that holds the new messages.
    ``seed`` is where jitter comes from.
    """
    entries, taken = _learn(outbox.entries, seen, seed, policy), outbox.taken
    if isinstance(seen.what, obs.Sent):
        left = (one.owed for one in outbox.entries if _is(one, seen.what.message, seen.what.channel))
        taken = (*taken, *(Taken(owed.message, owed.channel, seen.wall) for owed in left))[-_KEPT:]
    if letters:
        leave_at = seen.at + policy.save_patience
        entries += tuple(
            Entry(Owed(message, channel), seen.at, revision, leave_at, since=seen.at)
            for message, channel in letters
        )
    sends: list[Send] = []
    if entries:
        entries, sends = _dispatch(entries, seen.at)
    return Outbox(entries, taken), sends


def _learn(entries: tuple[Entry, ...], seen: obs.Seen, seed: int, policy: Policy) -> tuple[Entry, ...]:
    what = seen.what
    match what:
        case obs.Restored(memory=memory) if memory is not None:
            known = (owed for owed in memory.owed if owed.channel in policy.channels)
            return tuple(_inherited(owed, seen, policy) for owed in known)  # others are no longer to be told
        case obs.Saved(revision=revision) | obs.SaveFailed(revision=revision):
            return tuple(_let_go(entry, revision) for entry in entries)
        case obs.Sent(message=message, channel=channel):
            return tuple(entry for entry in entries if not _is(entry, message, channel))
        case obs.SendFailed(message=message, channel=channel):
            return tuple(
                _again(entry, what, seen, seed, policy) if _is(entry, message, channel) else entry
                for entry in entries
            )
    return entries


def as_of(message: Message) -> float:
    """When the facts of this message were so, epoch seconds: then it was made."""
    incident = message.incident
    if message.made is not None:
        return message.made
    if message.chapter is Chapter.CLOSED:
        return incident.closed or incident.opened
    return incident.done[-1].wall if incident.done else incident.opened


def _is(entry: Entry, message: str, channel: str) -> bool:
    return entry.owed.message.id == message and entry.owed.channel == channel


def _let_go(entry: Entry, revision: int) -> Entry:
    if entry.revision is None or entry.revision > revision:
        return entry
    return msgspec.structs.replace(entry, revision=None)


def _inherited(owed: Owed, seen: obs.Seen, policy: Policy) -> Entry:
    """At once, for the channel may have been mended by hand; yet not on the heels of a failure."""
    wait = 0.0 if owed.failed is None else owed.failed + policy.retry_first - seen.wall
    wait = min(wait, policy.retry_first)  # the wall's clock may have been set
    since = recalled(as_of(owed.message), Moment(seen.at, seen.wall)).at
    return Entry(owed, seen.at + wait, None, since=since)


def _again(entry: Entry, failed: obs.SendFailed, seen: obs.Seen, seed: int, policy: Policy) -> Entry:
    owed = entry.owed
    wait = min(policy.retry_first * 2.0 ** min(owed.attempts, 32), policy.retry_max)
    wait = lengthened(wait, policy.jitter, seed, owed.message.id, owed.channel, owed.attempts)
    owed = msgspec.structs.replace(owed, attempts=owed.attempts + 1, why=failed.why, failed=seen.wall)
    return msgspec.structs.replace(entry, owed=owed, try_at=seen.at + wait, sending=False)


def _dispatch(entries: tuple[Entry, ...], now: float) -> tuple[tuple[Entry, ...], list[Send]]:
    """At most one message under way for each channel: its oldest."""
    sends: list[Send] = []
    kept: list[Entry] = []
    busy: set[str] = set()
    for entry in entries:
        first = entry.owed.channel not in busy
        busy.add(entry.owed.channel)
        if first and not entry.sending and leaves_at(entry) <= now:
            sends.append(Send(entry.owed.message, entry.owed.channel))
            kept.append(msgspec.structs.replace(entry, sending=True))
        else:
            kept.append(entry)
    return tuple(kept), sends


def leaves_at(entry: Entry) -> float:
    """The moment from which time alone does not hold the entry back."""
    return entry.try_at if entry.revision is None else max(entry.try_at, entry.leave_at)
