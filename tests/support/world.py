"""The world around the core, for random histories: a server, a disk and channels that fail."""

from __future__ import annotations

import math
from itertools import cycle

import msgspec

from sidecar.core import actions as act
from sidecar.core import observations as obs
from sidecar.core.engine import State, due, step
from sidecar.core.facts import Wanted
from sidecar.core.findings.thresholds import cross
from sidecar.core.maintenance import Maintenance
from sidecar.core.memory import Memory
from sidecar.core.nouns import Act, Ended, Identity
from sidecar.core.policy import Policy
from sidecar.core.quantities import Rate, Window
from sidecar.core.stories import SERVER, Chapter, Message

POLICY = Policy(
    channels=("mail", "chat"),
    budget=(Window(4, 120.0), Window(9, 900.0)),
    backoff_first=1.0,
    backoff_max=16.0,
    deadman=60.0,
    # Here every message counts, and none is left out: what is held back has histories of its own.
    storm_limit=Rate(10**6, 600.0),
    flap_limit=Rate(10**6, 3600.0),
)
_ACTS = (Act.NOTE, Act.TELL, Act.HOLD, Act.PLAN, Act.RESTART)
"""Those that a rule may have."""
POLICIES = (
    POLICY,
    msgspec.structs.replace(POLICY, channels=("mail",), budget=(Window(2, 60.0),), backoff_max=2.0),
    msgspec.structs.replace(POLICY, hung_after=3.0, start_timeout=5.0, term_deadline=1.0, quiet_to=3600.0),
    msgspec.structs.replace(
        POLICY,
        maintenance=(
            Maintenance(8 * 3600 + 180.0, 8 * 3600 + 600.0, why="begins soon"),
            Maintenance(6.5 * 3600, 7 * 3600 + 240.0, why="the clock is set into it"),
        ),
    ),
    msgspec.structs.replace(
        POLICY,
        rules={
            trouble: msgspec.structs.replace(rule, act=act_)
            for (trouble, rule), act_ in zip(POLICY.rules.items(), cycle(_ACTS), strict=False)
        },
    ),
)
"""What a configuration may be changed to."""
TERM_DEADLINE = max(policy.term_deadline for policy in POLICIES)
"""The longest: what has begun before a change goes on as it was."""
WALL = 1_800_000_000.0


class World:
    """What the actions act on; it checks that each of them is allowed."""

    def __init__(self) -> None:
        self.policy = POLICY
        self.at = 100.0
        self.ahead = WALL
        """How far the wall's clock is ahead of ours."""
        self.clock_was_set = False
        """Then the next sidecar cannot know when restarts were."""
        self.pids = 1000
        self.server: Identity | None = None
        self.zombie: Identity | None = None
        """Dead, but nobody was told yet: a signal to it does no harm."""
        self.stopped = False
        self.told_to_end = False
        self.doomed: Identity | None = None
        """Whose end this sidecar has ordered, delivered or not."""
        self.mourned: set[Identity] = set()
        """The dead of whom evidence was gathered."""
        self.dies_at = math.inf
        self.term_takes = 0.5
        """Seconds from SIGTERM to the end; infinite: it is ignored."""
        self.starts_fail = False
        self.signals_fail = False
        self.evidence_hangs = False
        self.lives: list[list[tuple[obs.Seen, Policy, tuple[act.Action, ...]]]] = []
        self.state = State()
        self.disk: Memory | None = None
        self.unsaved: act.Save | None = None
        self.disk_failed = False
        self.sending: list[act.Send] = []
        self.failed: dict[str, float] = {}
        """When each channel refused last."""
        self.beats: list[float] = []
        """Of this sidecar, without those whose outcome it knows."""
        self.beat_at = -math.inf
        """When it told the dead-man switch last."""
        self.restarts: list[float] = []
        self.row: list[float] = []  # restarts since the last proven stability
        self.first_start = True
        self.told: dict[str, list[Chapter]] = {}
        self.messages: dict[str, list[str]] = {"mail": [], "chat": []}

    @property
    def wall(self) -> float:
        return self.at + self.ahead

    def sees(self, *what: obs.Observation) -> None:
        waiting = [*what]
        while waiting:
            seen = obs.Seen(self.at, self.wall, waiting.pop(0))
            before = self.state
            self.state, actions = step(self.state, seen, self.policy)
            self.is_judged_as_if_all_were_new(before, seen.what)
            self.lives[-1].append((seen, self.policy, actions))
            for action in actions:
                waiting += self.perform(action)
        self.zombie = None
        if self.state.recovery.failures == 0:
            self.row = []

    def is_judged_as_if_all_were_new(self, before: State, what: obs.Observation) -> None:
        facts = self.state.facts
        if not facts.known or facts.wanted is not Wanted.RUNNING or isinstance(what, obs.Restored):
            return
        every = msgspec.structs.replace(facts, fresh=frozenset(facts.readings))
        crossed = cross(before.wrong.crossed, frozenset(before.findings), every, self.policy)
        assert crossed == self.state.wrong.crossed, "a reading that was not new mattered"

    def next_moment(self, end: float) -> float:
        """When something happens by itself: a look each second, what the core waits for, a late death."""
        soonest = min(self.at + 1.0, end, self.dies_at, due(self.state, self.policy))
        return max(self.at, soonest)  # what was due in a stall comes after it

    def perform(self, action: act.Action) -> list[obs.Observation]:
        match action:
            case act.Start():
                return self.start()
            case act.Signal(identity=identity, signal=number):
                assert identity in (self.server, self.zombie), (
                    "a signal went to a process that is not the server"
                )
                self.doomed = self.doomed if number == 18 else identity
                if self.signals_fail:
                    return [obs.SignalFailed(identity, number, "Operation not permitted")]
                return self.signal(number) if self.server else []
            case act.Collect(identity=identity, ended=ended):
                self.is_looked_at(identity, ended)
                if not self.evidence_hangs:
                    return [obs.Collected(identity, "/evidence/1", ("hs_err: there is none",), 0.2)]
            case act.Save():
                self.unsaved = action
            case act.Send(message=message, channel=channel):
                assert all(other.channel != channel for other in self.sending), "two at once on one channel"
                since = self.at - self.failed.get(channel, -math.inf)
                assert since >= self.policy.retry_first - 1e-6, "on the heels of a failure"
                self.sending.append(action)
                self.note(message, channel)
            case act.Beat(pulse=pulse):
                self.is_told(pulse)
        return []

    def is_told(self, pulse: act.Pulse) -> None:
        assert (pulse is act.Pulse.STARTED) is (len(self.lives[-1]) == 1), "one start for each life"
        assert pulse is act.Pulse.STARTED or self.at >= self.beat_at + 60.0, "a beat came too early"
        facts, incidents = self.state.facts, self.state.incidents
        down = SERVER in incidents.open and facts.pause is None
        assert pulse is act.Pulse.STARTED or (pulse is act.Pulse.DOWN) is down
        self.beat_at = self.at
        self.beats.append(self.at)

    def is_looked_at(self, identity: Identity, ended: Ended | None) -> None:
        if ended is None:
            assert identity == self.server
            return
        assert identity not in (self.server, self.doomed), "a death that was ordered was looked into"
        assert identity not in self.mourned, "a death was looked into twice"
        facts = self.state.facts
        assert facts.pause is None, "hands were not off"
        assert facts.rested is None, "an operator's stop was looked into"
        self.mourned.add(identity)

    def start(self) -> list[obs.Observation]:
        assert self.policy.abilities.can_start, "somebody else's server was started"
        assert self.server is None, "a second server was started"
        if self.first_start:
            self.first_start = False
        else:
            self.count_restart()
        if self.starts_fail:
            return [obs.StartFailed("No such file or directory")]
        self.pids += 1
        self.server, self.stopped, self.told_to_end = Identity(self.pids, self.pids), False, False
        return [obs.Appeared(self.server, adopted=False)]

    def count_restart(self) -> None:
        for window in self.policy.budget:
            # Through the disk a moment goes as the wall's time, whose numbers are 0.24 µs apart.
            inside = [at for at in self.restarts if at + window.within > self.at + 1e-6]
            assert len(inside) < window.restarts, "over budget"
        if self.row:
            wait = min(self.policy.backoff_first * 2.0 ** (len(self.row) - 1), self.policy.backoff_max)
            assert self.at - self.row[-1] >= wait - 1e-6, "closer than the back-off"
        longest = max(window.within for window in self.policy.budget)  # what it remembers
        self.restarts = [at for at in self.restarts if at + longest > self.at + 1e-6] + [self.at]
        self.row.append(self.at)

    def signal(self, number: int) -> list[obs.Observation]:
        assert self.policy.abilities.can_start or number == 18, "somebody else's server was to be ended"
        if number == 9:
            return self.dies(Ended(signal=9))
        if number == 15:
            self.told_to_end = True
        if number == 18:
            self.stopped = False
        if self.told_to_end and not self.stopped:
            self.dies_at = min(self.dies_at, self.at + self.term_takes)
        return []

    def dies(self, ended: Ended) -> list[obs.Observation]:
        assert self.server is not None
        self.zombie, self.server, self.dies_at = self.server, None, math.inf
        return [obs.Exited(self.zombie, ended)]

    def note(self, message: Message, channel: str) -> None:
        if message.id in self.messages[channel]:
            return  # at least once: the same again is recognisable by its id
        self.messages[channel].append(message.id)
        for part in message.together or (message,) if channel == "mail" else ():
            chapters = self.told.setdefault(str(part.incident.number), [])
            if message.together and not chapters:  # a digest tells of a beginning by its end, too
                chapters.append(Chapter.OPENED)
            if not message.together or part.chapter is not Chapter.OPENED:
                chapters.append(part.chapter)
