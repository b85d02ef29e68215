"""The numbers the core decides by, their defaults and meanings; no path, no address, no secret."""

from __future__ import annotations

import msgspec

from sidecar.core.maintenance import Maintenance
from sidecar.core.nouns import Severity, Trouble
from sidecar.core.quantities import Looks, Patience, Rate, Seconds, Share, TimeOfDay, Window
from sidecar.core.rules import DEFAULTS, Rule

_DAY = 86400.0


class Limits(msgspec.Struct, frozen=True):
    """``[limits]``: the numbers by which is decided."""

    start_timeout: Patience = 60.0
    """A server that is not ready by then after its start, or again after it was, is given up. (The real one
    starts in 0.9 to 5 s.)"""
    hung_after: Patience = 10.0
    """Two independent signs missing for so long: hung. Longer than a usual full collection of a JVM."""
    stuck_after: Patience = 10.0
    """List requests unanswered for so long, with pings well: the processors are stuck."""
    busy_after: Patience = 60.0
    """Two signs missing for so long while its garbage collector works: hung all the same."""
    heap_after: Patience = 20.0
    """Seconds of garbage collection, a quarter of a core at least, without an answer: heap exhausted."""
    http_dead_after: Patience = 60.0
    """HTTP unanswered for so long: told. A restart waits for quiet hours, or for hardly anybody there."""
    continue_deadline: Looks = 10.0
    """How long a stopped server has to come back after SIGCONT."""
    evidence_deadline: Looks = 3.0
    """How long the gathering of evidence may hold up the end of an ill server. (It takes 2 s at most.)"""
    term_deadline: Patience = 10.0
    """SIGKILL follows SIGTERM after so long. (The real server ends within 0.5 s.)"""

    budget: tuple[Window, ...] = (Window(6, 600.0), Window(20, 86400.0))
    """At most so many restarts in any span of that length: each drops every client."""
    backoff_first: Seconds = 1.0
    """The wait before the second restart in a row; it doubles from there. The first is at once."""
    backoff_max: Seconds = 60.0
    """The longest wait between two restarts in a row."""
    jitter: Share = 0.1
    """A wait for a restart, or for a message's next attempt, is made longer by up to this share of it."""
    stable_after: Seconds = 60.0
    """Proven ready for so long, the server is stable and the back-off starts over."""

    clients_back: Share = 0.9
    """So large a part of the clients that were connected before a restart should come back after it."""
    clients_back_in: Patience = 120.0
    """They should be back within so long; if not, it is told. "Recovered" does not wait for them."""

    quiet_from: TimeOfDay = 3 * 3600.0
    """When the window begins in which planned restarts are made, UTC."""
    quiet_to: TimeOfDay = 5 * 3600.0
    """When it ends; the same as its beginning: there is none."""

    retry_first: Patience = 30.0
    """The wait before a message is tried again; it doubles from there. (A service that is asked too often
    refuses for longer, and Apprise does not pass on for how long.)"""
    retry_max: Patience = 300.0
    """The longest wait between two attempts."""
    save_patience: Seconds = 1.0
    """A message waits so long for the disk, then leaves all the same."""

    outbox_stuck_after: Patience = 600.0
    """A message that has waited longer for its channel is told to the dead-man switch."""

    storm_limit: Rate = Rate(20, 600.0)
    """At most so many messages for each channel; what comes beyond is told together, when there is room. An
    outage is told all the same."""
    flap_limit: Rate = Rate(4, 3600.0)
    """A finding that begins more often flaps: then only the state in which it stays is told."""
    flap_settled: Patience = 900.0
    """It stays in a state when it has been in it for so long."""
    remind_first: Seconds = 3600.0
    """People are reminded of what is still open after so long, then after twice as long …; 0: never."""
    remind_max: Seconds = 86400.0
    """The longest wait between two reminders."""

    save_again: Patience = 5.0
    """The wait before a memory that could not be saved is tried again."""

    gap: Looks = 5.0
    """Having seen nothing for so long, the sidecar itself was away: no "for 10 s" counts across it."""

    def quiet(self, wall: float) -> bool:
        """Whether this moment, in epoch seconds, is in the quiet window."""
        return within_day(wall, self.quiet_from, self.quiet_to)

    def contradictions(self) -> list[tuple[str, str]]:
        """What cannot be meant: the key, and why. Empty when the policy makes sense."""
        pairs = (
            ("backoff_first", "backoff_max", "the first wait is longer than the longest"),
            ("retry_first", "retry_max", "the first wait is longer than the longest"),
            ("remind_first", "remind_max", "the first wait is longer than the longest"),
        )
        return [
            (low, f"is above {high}: {why}")
            for low, high, why in pairs
            if getattr(self, low) > getattr(self, high)
        ]


class Abilities(msgspec.Struct, frozen=True):
    """What can be done for the server, however it is run. The core asks for these, never how that is."""

    can_start: bool = True
    """Whether the sidecar can start it. Without that it ends none either: it could not make up for it."""
    restarts_itself: bool = False
    """Whether something faster starts it again: then the sidecar does so only when that has given up."""


class Route(msgspec.Struct, frozen=True):
    """What one channel is told, and when."""

    severity: Severity = Severity.WARN
    """The least: with fail it hears of nothing less."""
    quiet_from: TimeOfDay = 0.0
    """When its quiet hours begin, UTC: what is less than fail waits for their end."""
    quiet_to: TimeOfDay = 0.0
    after: Seconds = 0.0
    """Only of what nobody has acknowledged by then."""

    def quiet(self, wall: float) -> bool:
        """Whether this moment, in epoch seconds, is in its quiet hours."""
        return within_day(wall, self.quiet_from, self.quiet_to)


def within_day(wall: float, begin: float, end: float) -> bool:
    """Whether a moment is between two times of day, of which the second may be on the next one."""
    return (wall - begin) % _DAY < (end - begin) % _DAY


class Policy(Limits, frozen=True):
    """By what the core decides."""

    channels: tuple[str, ...] = ()
    """Who is told, by name."""
    routes: dict[str, Route] = {}
    """Those that are not told of everything at once."""
    abilities: Abilities = Abilities()
    deadman: Seconds | None = None
    """How often a dead-man switch is told that all is well; None: there is none."""
    rules: dict[Trouble, Rule] = msgspec.field(default_factory=DEFAULTS.copy)
    """The rules with a threshold."""
    maintenance: tuple[Maintenance, ...] = ()
    """When the sidecar keeps its hands off, by the calendar."""

    def route(self, channel: str) -> Route:
        """Its own, or the usual one."""
        return self.routes.get(channel, _USUAL)


_USUAL = Route()
