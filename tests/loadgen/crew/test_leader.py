from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fermatkit.errors import ExitCode
from loadgen.crew.leader import End, Leader, Order, Show, Tell
from loadgen.crew.messages import Begin, Ended, FromWorker, Hold, Job, Ready, Refused, Settled, Still, Stop
from loadgen.outcome import Clients, Outcome
from loadgen.results import Second
from loadgen.schedule.events import Shard
from loadgen.shard import WHOLE
from loadgen.tally import Operation, Tally
from support.loads import flat

PLAN = flat(clients=30, ramp=10, duration=10)
WORKERS = 3


class Simulated:
    """A worker as far as a leader knows it: it registers, asks, and has its own idea of the sums."""

    def __init__(self, asked: int) -> None:
        self.asked = asked
        self.registered = self.failed = self.seconds = 0
        self.stage = "new"
        self.told = Tally()

    def second(self, draw: st.DataObject) -> Second:
        tally = Tally()
        left = self.asked - self.registered - self.failed
        good = draw.draw(st.integers(0, left))
        bad = draw.draw(st.integers(0, left - good))
        connects, lists = tally.accounts[Operation.CONNECT], tally.accounts[Operation.LIST]
        connects.scheduled = connects.sent = good + bad
        connects.answered, connects.lost = good, bad
        lists.scheduled = lists.sent = draw.draw(st.integers(0, 5))
        self.registered += good
        self.failed += bad
        self.seconds += 1
        self.told.add(tally)
        return Second(at=float(self.seconds), phase="holding", registered=self.registered, tally=tally)

    def outcome(self, *, interrupted: bool) -> Outcome:
        clients = Clients(
            asked=self.asked,
            open=self.registered,
            registered=self.registered,
            lost=0,
            failed=self.failed,
            unfinished=self.asked - self.registered - self.failed,
            left=self.registered,
            aborted=0,
        )
        return Outcome(
            clients=clients,
            tally=self.told,
            seconds=self.seconds,
            cpu_seconds=1,
            rss=1,
            interrupted=interrupted,
        )


class Runs(RuleBasedStateMachine):
    """Workers that live and die in any order: the leader's sums hold, and the run ends."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.leader = Leader(PLAN, WHOLE, ["a", "b", "c"], lead=0.5)
        self.workers = [Simulated(10) for _ in range(WORKERS)]
        self.shown = Tally()
        self.begins: list[float] = []
        self.holds: list[float] = []
        self.stopped = False
        self.obey(self.leader.start(self.now))

    def obey(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Tell(number, Job(_, part)):
                    assert part == Shard(number, WORKERS)
                case Tell(number, Begin(at)):
                    assert self.workers[number].stage == "ready"
                    self.workers[number].stage = "ramping"
                    self.begins.append(at)
                case Tell(number, Hold(at)):
                    assert self.workers[number].stage == "settled"
                    self.workers[number].stage = "holding"
                    self.holds.append(at)
                case Tell(number, Stop()):
                    self.workers[number].stage = (
                        "over" if self.workers[number].stage in {"new", "ready"} else "stopping"
                    )
                case End(number):
                    self.workers[number].stage = "over"
                case Show(second):
                    self.shown.add(second.tally)

    def say(self, number: int, message: FromWorker) -> None:
        self.obey(self.leader.heard(number, message, self.now))

    numbers = st.integers(0, WORKERS - 1)

    @rule(number=numbers, data=st.data())
    def goes_on(self, number: int, data: st.DataObject) -> None:
        worker = self.workers[number]
        match worker.stage:
            case "new":
                worker.stage = "ready"
                self.say(number, Ready())
            case "ramping" if worker.seconds >= 2:
                worker.stage = "settled"
                self.say(number, Settled())
            case "ramping" | "settled" | "holding" if worker.seconds < 5:
                self.say(number, worker.second(data))
            case "holding" | "stopping":
                self.say(number, worker.second(data))
                interrupted, worker.stage = worker.stage == "stopping", "over"
                self.say(number, Ended(worker.outcome(interrupted=interrupted)))

    @rule(number=numbers)
    def dies(self, number: int) -> None:
        self.workers[number].stage = "over"
        self.obey(self.leader.gone(number, "was killed", self.now))

    @precondition(lambda self: not self.stopped)
    @rule()
    def a_person_ends_it(self) -> None:
        self.stopped = True
        self.obey(self.leader.stop(self.now))

    @rule(seconds=st.sampled_from([0.2, 1.0, 9.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.obey(self.leader.tick(self.now))

    @invariant()
    def all_begin_together(self) -> None:
        assert len(set(self.begins)) <= 1
        assert len(set(self.holds)) <= 1
        assert self.leader.done == all(worker.stage == "over" for worker in self.workers)

    def teardown(self) -> None:
        for _ in range(100):
            self.now += 1
            self.obey(self.leader.tick(self.now))
        assert self.leader.done
        outcome = self.leader.outcome()
        clients = outcome.clients
        assert clients.asked == PLAN.clients
        assert clients.asked == clients.registered + clients.failed + clients.unfinished
        assert clients.registered == clients.open + clients.lost
        assert clients.registered == sum(worker.registered for worker in self.workers)
        assert clients.open == clients.left + clients.aborted
        for operation in Operation:
            counted, shown = outcome.tally.accounts[operation], self.shown.accounts[operation]
            assert (counted.scheduled, counted.sent) == (shown.scheduled, shown.sent)
            assert counted.sent == counted.answered + counted.lost + counted.in_flight


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=150, stateful_step_count=40)


def ramping(count: int = 2) -> Leader:
    leader = Leader(PLAN, WHOLE, ["a", "b"][:count], lead=0.5)
    leader.start(0.0)
    for number in range(count):
        leader.heard(number, Ready(), 1.0)
    return leader


def test_the_last_to_be_ready_is_the_begin_of_all():
    leader = Leader(PLAN, WHOLE, ["a", "b"], lead=0.5)
    leader.start(0.0)
    assert leader.heard(1, Ready(), 1.0) == []
    assert leader.heard(0, Ready(), 3.0) == [Tell(0, Begin(3.5)), Tell(1, Begin(3.5))]


def test_all_who_are_left_hear_every_two_seconds_that_the_leader_is_there():
    leader = ramping()
    leader.gone(1, "was killed", 1.0)
    heard = [now / 4 for now in range(4, 40) if Tell(0, Still()) in leader.tick(now / 4)]
    assert heard == [2.25, 4.5, 6.75, 9.0]


def test_who_is_lost_in_the_ramp_does_not_keep_the_others_from_holding():
    leader = ramping()
    assert leader.heard(0, Settled(), 5.0) == []
    assert leader.gone(1, "was killed by SIGKILL", 6.0) == [Tell(0, Hold(6.5))]


def test_who_says_nothing_for_ten_seconds_is_ended_and_told():
    leader = ramping()
    leader.heard(0, second(), 8.0)
    assert leader.tick(11.0) == [Tell(0, Still()), Tell(1, Still())]
    assert leader.tick(11.1)[0] == End(1)
    leader.heard(0, Ended(Simulated(15).outcome(interrupted=False)), 12.0)
    assert leader.outcome().losses == (
        "b had said nothing for 10 s and was ended: its 15 clients, 0 of them held, are lost",
    )


def test_who_talks_for_ever_is_ended_too():
    leader = ramping(1)
    now = 1.5
    while not leader.done:
        now += 1
        orders = [*leader.heard(0, second(), now), *leader.tick(now)]
        assert now < 1000
    assert End(0) in orders
    assert now > PLAN.longest
    assert "long after its work should have been over" in leader.outcome().losses[0]


def test_who_does_not_stop_is_ended():
    leader = ramping(1)
    assert leader.stop(2.0) == [Tell(0, Stop())]
    assert leader.stop(3.0) == []
    leader.heard(0, second(), 7.9)
    assert End(0) in leader.tick(8.1)
    assert "6 s after it had been told to stop" in leader.outcome().losses[0]


def test_a_refusal_ends_the_run_before_it_began():
    leader = Leader(PLAN, WHOLE, ["a", "b", "c"], lead=0.5)
    leader.start(0.0)
    leader.heard(0, Ready(), 1.0)
    orders = leader.heard(1, Refused("too few descriptors", ExitCode.INVALID_RUN), 1.0)
    assert orders == [Tell(number, Stop()) for number in range(3)]
    assert leader.done
    assert leader.refusal == Refused("b: too few descriptors", ExitCode.INVALID_RUN)


def test_a_shard_is_led_like_a_plan():
    jobs = Leader(PLAN, Shard(1, 2), ["a", "b"], lead=0).start(0)
    parts = [
        order.message.shard for order in jobs if isinstance(order, Tell) and isinstance(order.message, Job)
    ]
    assert parts == [Shard(1, 4), Shard(3, 4)]


def second() -> Second:
    return Second(at=1.0, phase="holding", registered=0, tally=Tally())


def test_the_longest_time_of_a_plan():
    plan = flat(clients=30, ramp=10, duration=10, registered_within=1, answered_within=2, closed_within=4)
    assert plan.longest == 3 + 1 + 10 + 2 + 4
