"""Random histories of incidents, hours and wishes: what every channel believes in the end is so."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sidecar.core import observations as obs
from sidecar.core.nouns import Load, Severity
from sidecar.core.policy import Policy, Route
from sidecar.core.quantities import Rate
from sidecar.core.stories import NOT_MEANT, SERVER, Chapter, Message, Reason, Topic
from support.routes import MIDNIGHT, QUEUE, TROUBLES, Stories

HOUR = 3600.0
ROUTES = {
    "phone": Route(severity=Severity.FAIL),
    "night": Route(quiet_from=22 * HOUR, quiet_to=7 * HOUR),
    "boss": Route(after=1800.0),
}
POLICIES = [
    Policy(channels=("mail", *ROUTES), routes=ROUTES),
    Policy(channels=("mail", "night"), routes=ROUTES, storm_limit=Rate(3, 600.0), flap_limit=Rate(2, HOUR)),
    Policy(channels=("night", "boss"), routes=ROUTES, remind_first=0.0, storm_limit=Rate(1, 60.0)),
]


class Channels(RuleBasedStateMachine):
    """Each reader's own idea of what is so, from nothing but what was sent."""

    @initialize(policy=st.sampled_from(POLICIES), hour=st.floats(0, 24))
    def begin(self, policy: Policy, hour: float) -> None:
        self.one = Stories(policy, MIDNIGHT + hour * HOUR)
        self.believed: dict[tuple[str, Topic], bool] = {}
        self.read = 0
        self.taken: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.silenced = False

    # ---- what happens --------------------------------------------------------------------------

    @rule(topic=st.sampled_from(sorted(TROUBLES)))
    def it_begins_or_ends(self, topic: Topic) -> None:
        one = self.one
        if topic in one.open:
            one.ends(topic)
        else:
            letters = one.begins(topic)
            flaps = topic in one.routing.flapping and one.routing.flapping[topic].first
            if TROUBLES[topic][1] is Severity.FAIL and not flaps:
                at_once = {channel for channel in one.policy.channels if not one.policy.route(channel).after}
                assert topic in one.routing.silences or {channel for _, channel in letters} >= at_once
        self.reads()

    @rule(topic=st.sampled_from(sorted(TROUBLES)), times=st.integers(1, 12), pause=st.floats(0, 120))
    def it_comes_and_goes(self, topic: Topic, times: int, pause: float) -> None:
        for _ in range(times):
            self.it_begins_or_ends(topic)
            self.time_passes(pause)

    @precondition(lambda self: SERVER in self.one.open and Chapter.HELD not in self.one.open[SERVER].told)
    @rule()
    def the_budget_is_spent(self) -> None:
        self.one.goes_on(SERVER, Chapter.HELD)
        self.reads()

    @rule(seconds=st.one_of(st.floats(0, 900), st.floats(900, 12 * HOUR)))
    def time_passes(self, seconds: float) -> None:
        self.one.passes(seconds, look=300.0)
        self.reads()

    @rule(seconds=st.floats(-2 * HOUR, 2 * HOUR))
    def somebody_sets_the_clock(self, seconds: float) -> None:
        self.one.wall += seconds

    @precondition(lambda self: self.one.open)
    @rule(data=st.data())
    def somebody_has_it_in_hand(self, data: st.DataObject) -> None:
        self.one.is_acknowledged(data.draw(st.sampled_from(sorted(self.one.open))))
        self.reads()

    @rule(topic=st.sampled_from(sorted(TROUBLES)), seconds=st.floats(1, 8 * HOUR))
    def somebody_wants_silence(self, topic: Topic, seconds: float) -> None:
        self.silenced = True
        self.one.sees(obs.SilenceAsked(topic, self.one.wall + seconds))
        self.reads()

    @rule(topic=st.sampled_from(sorted(TROUBLES)))
    def somebody_wants_to_hear_of_it_again(self, topic: Topic) -> None:
        self.one.sees(obs.UnsilenceAsked(topic))
        self.reads()

    @rule(seconds=st.one_of(st.just(0.0), st.floats(1, 2 * HOUR)))
    def a_load_is_announced_or_over(self, seconds: float) -> None:
        self.one.announced = Load(self.one.wall + seconds, 5000, "loadgen on b")
        self.one.passes(1)
        self.reads()

    @rule()
    def the_sidecar_is_killed(self) -> None:
        self.one.a_new_sidecar()
        self.reads()

    # ---- what must hold ------------------------------------------------------------------------

    def reads(self) -> None:
        """Take in what was sent since, as a reader would."""
        for wall, channel, message in self.one.sent[self.read :]:
            for part in message.together or (message,):
                self.reads_one(channel, part, alone=not message.together)
            self.there_was_room(wall, channel, message)
            self.no_load_wakes_anybody(wall, message)
            self.read += 1
        self.nothing_critical_waits()
        if not self.silenced:
            self.all_is_counted()

    def reads_one(self, channel: str, message: Message, *, alone: bool) -> None:
        topic, over = message.incident.topic, message.chapter is Chapter.CLOSED
        assert not (over and alone) or self.believed.get((channel, topic)), "an end without its beginning"
        self.believed[channel, topic] = not over
        if message.chapter is not Chapter.REMINDER:
            self.told[channel] += 1 + message.left

    def there_was_room(self, wall: float, channel: str, message: Message) -> None:
        urgent = message.incident.severity is Severity.FAIL and message.chapter is not Chapter.CLOSED
        limit = self.one.policy.storm_limit
        # The last so many: of a clock that was set back, older ones seem to be recent again.
        last = [when for when, name, _ in self.one.sent[: self.read] if name == channel][-limit.times :]
        recent = [when for when in last if 0 <= wall - when < limit.within]
        assert (urgent and not message.together) or len(recent) < limit.times

    def no_load_wakes_anybody(self, wall: float, message: Message) -> None:
        """What it explains is told only after the window; all else as ever."""
        load = message.incident.load
        announced = self.one.announced
        if message.incident.topic == QUEUE and load is not None and announced is not None:
            assert not (load.until == announced.until and wall < announced.until)

    def nothing_critical_waits(self) -> None:
        severe = {topic for topic, (_, severity) in TROUBLES.items() if severity is Severity.FAIL}
        quiet = [why.topic for why in self.one.why if why.reason is Reason.QUIET]
        assert not severe & set(quiet)
        assert {why.topic for why in self.one.why if why.reason is Reason.LOAD} <= {QUEUE}
        storm = [why for why in self.one.why if why.reason is Reason.STORM and why.topic in severe]
        assert all(why.message.endswith("closed") for why in storm)

    def all_is_counted(self) -> None:
        """Whatever was for a channel was told, is counted as left out, or waits."""
        for channel in self.one.policy.channels:
            if self.one.policy.route(channel).after:
                continue
            first: dict[str, Reason] = {}
            for why in self.one.why:
                if why.channel == channel and "reminder" not in why.message:
                    first.setdefault(why.message, why.reason)
            taken = sum(reason not in NOT_MEANT for reason in first.values())
            accounts = [one for one in self.one.routing.accounts if one.channel == channel and one.held]
            assert taken == self.told[channel] + sum(1 + one.left for one in accounts)

    def teardown(self) -> None:
        """With nothing new for days, everybody knows how it is."""
        if not hasattr(self, "one"):
            return
        for topic in TROUBLES:
            self.one.sees(obs.UnsilenceAsked(topic))
        self.one.passes(50 * HOUR, look=900.0)
        self.reads()
        for channel in self.one.policy.channels:
            route = self.one.policy.route(channel)
            for topic, (_, severity) in TROUBLES.items():
                incident = self.one.open.get(topic)
                if severity is Severity.WARN and route.severity is Severity.FAIL:
                    assert (channel, topic) not in self.believed
                elif not (route.after and incident and incident.ack):
                    assert self.believed.get((channel, topic), False) is (incident is not None), (
                        channel,
                        topic,
                    )


TestChannels = Channels.TestCase
TestChannels.settings = settings(max_examples=60, stateful_step_count=30)
