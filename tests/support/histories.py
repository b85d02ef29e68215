"""Random histories of failures through the fold: what must hold in every one of them."""

from __future__ import annotations

import copy
import math

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core import observations as obs
from sidecar.core.budget import backoff, full
from sidecar.core.engine import State, step
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.phases import Delayed, Held, Over
from sidecar.core.policy import Abilities, Policy
from sidecar.core.stories import SERVER, Chapter
from sidecar.core.turn import windows
from sidecar.core.view import view
from support.world import POLICIES, POLICY, TERM_DEADLINE, World

waits = st.one_of(st.floats(0.01, 3.0), st.floats(3.0, 90.0))
Tasks = tuple[Measure, float, float]
"""Which limit, how many threads the server has, and how many tasks count."""
FEW: Tasks = (Measure.UNIT_TASKS, 10.0, 10.0)
tasks = st.tuples(
    st.sampled_from([Measure.UNIT_TASKS, Measure.USER_TASKS]),
    st.sampled_from([10.0, 600.0]),
    st.sampled_from([10.0, 900.0, 1000.0]),
)
disks = st.sampled_from([2.0**34, 1.2 * 2.0**30, 2.0**29, 2.0**20, Unknown("not read within 0.5 s")])


class Histories(World, RuleBasedStateMachine):
    """A server that fails in every way, a disk and channels that do, and a sidecar that is killed, too."""

    MOVES = (*(vars(World()).keys() - {"lives"}),)
    ABSENT = obs.Absent()

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        World.__init__(self)
        self.free: float | Unknown = 2.0**34
        self.oom_kills = 0

    # ---- what happens --------------------------------------------------------------------------

    @initialize()
    def boot(self) -> None:
        self.lives.append([])
        self.sees(obs.Restored(None, seed=5))
        self.sees(self.ABSENT)

    @rule(seconds=waits)
    def time_passes(self, seconds: float) -> None:
        """As the loop does it: a look each second, with the process's state in it."""
        end = self.at + seconds
        while self.at < end:
            self.at = self.next_moment(end)
            if self.server is not None and self.at >= self.dies_at:
                self.sees(*self.dies(Ended(code=143)))
            elif self.server is None:
                self.sees(self.meanwhile())
            else:
                readings = {Measure.DISK_FREE: self.free, Measure.ESTABLISHED: Unknown("not asked")}
                self.sees(obs.Sampled(self.server, "T" if self.stopped else "S", readings))

    def meanwhile(self) -> obs.Observation:
        """What is seen while there is no server."""
        return obs.Ticked()

    @precondition(lambda self: self.server is not None)
    @rule(code=st.integers(0, 255), killed=st.booleans())
    def the_server_dies(self, code: int, killed: bool) -> None:
        dead, ended_by_us = self.server, self.state.recovery.ended
        self.sees(*self.dies(Ended(signal=9) if killed else Ended(code=code)))
        meant = self.state.facts.pause is not None or dead == ended_by_us
        assert meant or dead in self.mourned, "nobody looked into a death"

    @rule(deaths=st.integers(2, 12), proven=st.booleans(), pause=st.floats(0, 20))
    def a_crash_loop(self, deaths: int, proven: bool, pause: float) -> None:
        for _ in range(deaths):
            if self.server is not None:
                if proven and not self.stopped:
                    self.the_server_proves_itself()
                self.the_server_dies(code=1, killed=False)
            self.time_passes(pause)

    @precondition(lambda self: self.server is not None and not self.stopped)
    @rule(tells=st.booleans())
    def the_server_proves_itself(self, tells: bool = True) -> None:
        owned = True if tells else None
        why = "" if tells else "held by somebody whom we may not look into"
        for what in (obs.Listened(self.server, owned, why), obs.Registered(self.server, 0.01)):
            self.sees(what)

    @precondition(lambda self: self.server is not None)
    @rule(sign=st.sampled_from(Sign), good=st.booleans())
    def a_sign(self, sign: Sign, good: bool) -> None:
        if good and not self.stopped:
            self.sees(obs.Answered(self.server, sign, 0.01))
        else:
            self.sees(obs.Unanswered(self.server, sign, "no answer"))

    @precondition(lambda self: self.server is not None)
    @rule(owned=st.sampled_from([True, False, None]))
    def somebody_listens(self, owned: bool | None) -> None:
        whys = {True: "", False: "held by pid 77", None: "held by somebody whom we may not look into"}
        self.sees(obs.Listened(self.server, owned=owned, why=whys[owned]))

    @precondition(lambda self: self.server is not None)
    @rule()
    def on_which_port_it_listens_cannot_be_seen(self) -> None:
        self.sees(obs.Listened(self.server, owned=False, elsewhere_unknown="permission denied"))

    @precondition(lambda self: self.server is not None)
    @rule(number=st.integers(0, 2))
    def others_of_its_unit_run_out_of_memory(self, number: int) -> None:
        self.oom_kills += number
        self.sees(obs.Counted(self.server, {Measure.UNIT_OOM_KILLS: float(self.oom_kills)}))

    @rule(
        term_takes=st.sampled_from([0.0, 0.5, 9.9, 30.0, math.inf]),
        starts=st.booleans(),
        signals=st.booleans(),
        evidence=st.booleans(),
    )
    def things_get_harder(self, term_takes: float, starts: bool, signals: bool, evidence: bool) -> None:
        self.term_takes, self.evidence_hangs = term_takes, evidence
        self.starts_fail, self.signals_fail = starts, signals

    @rule(seconds=st.floats(1, 600))
    def the_operator_pauses(self, seconds: float) -> None:
        self.sees(obs.PauseAsked(self.wall + seconds, "upgrade", "root"))

    @rule(seconds=st.one_of(st.just(0.0), st.floats(1, 600)))
    def a_load_is_announced_or_over(self, seconds: float) -> None:
        self.sees(obs.LoadAnnounced(self.wall + seconds, 5000, "loadgen on b"))

    @rule()
    def the_operator_resumes(self) -> None:
        self.sees(obs.ResumeAsked())

    @precondition(lambda self: self.server is not None)
    @rule(gc=st.sampled_from([0.0, 95.0]), fds=st.sampled_from([10.0, 900.0, 1000.0]), tasks=tasks)
    def its_threads_and_files_are_counted(self, gc: float, fds: float, tasks: Tasks) -> None:
        limited, own, number = tasks
        limits = (Measure.FDS_LIMIT, Measure.UNIT_TASKS_LIMIT, Measure.USER_TASKS_LIMIT)
        readings: dict[Measure, Reading] = {
            **dict.fromkeys((Measure.UNIT_TASKS, Measure.USER_TASKS), 10.0),
            **dict.fromkeys(limits, 1000.0),
            Measure.SLICE_TASKS: Unknown("no limit is set"),
            Measure.GC: gc,
            Measure.FDS: fds,
            Measure.THREADS: own,
            limited: number,
        }
        self.sees(obs.Counted(self.server, readings))

    @rule(memory=st.sampled_from([2.0, 60.0]), stolen=st.sampled_from([0.0, 50.0]))
    def the_machine_is_looked_at(self, memory: float, stolen: float) -> None:
        machine = {Measure.MACHINE_TASKS: 400.0, Measure.MACHINE_TASKS_LIMIT: 32768.0}
        self.sees(obs.HostSampled({Measure.MEMORY_AVAILABLE_SHARE: memory, Measure.STEAL: stolen, **machine}))

    @rule(problem=st.sampled_from(["", "empty", "missing"]))
    def the_configuration_is_read(self, problem: str) -> None:
        self.sees(obs.ConfigRead("server_conf.properties", None if problem else 9090, problem))

    @rule()
    def the_configuration_is_not_ours_to_read(self) -> None:
        self.sees(obs.ConfigRead("server_conf.properties", None, "", "Permission denied"))

    @rule(policy=st.sampled_from(POLICIES))
    def the_sidecar_is_reloaded(self, policy: Policy) -> None:
        """Other numbers from now on, also for what has begun; who is told stays."""
        kept = {
            "channels": self.policy.channels,
            "abilities": self.policy.abilities,
            "deadman": self.policy.deadman,
        }
        self.policy = msgspec.structs.replace(policy, **kept)
        if isinstance(self.state.recovery.phase, Held):
            self.row = []  # its back-off is over, and no other begins
        self.sees(obs.Ticked())

    @rule(free=disks)
    def the_disk_fills_or_clears(self, free: float | Unknown) -> None:
        self.free = free

    @precondition(lambda self: self.server is not None)
    @rule()
    def the_session_is_lost(self) -> None:
        self.sees(obs.SessionLost(self.server, "reset"))

    @precondition(lambda self: self.server is not None)
    @rule()
    def the_server_is_stopped(self) -> None:
        self.stopped = True

    @rule(seconds=st.floats(10, 4000))
    def the_sidecar_stalls(self, seconds: float) -> None:
        self.at += seconds
        self.sees(obs.Ticked())

    @rule(seconds=st.sampled_from([-3600.0, -7.0, 7.0, 3600.0, 86400.0]))
    def the_clock_is_set(self, seconds: float) -> None:
        self.ahead += seconds
        self.clock_was_set = True

    @precondition(lambda self: self.unsaved is not None)
    @rule(good=st.booleans())
    def the_disk_answers(self, good: bool) -> None:
        save, self.unsaved = self.unsaved, None
        self.disk_failed = not good
        if good:
            self.disk = msgspec.json.decode(msgspec.json.encode(save.memory), type=Memory)
            self.sees(obs.Saved(save.revision))
        else:
            self.sees(obs.SaveFailed(save.revision, "No space left on device"))

    @precondition(lambda self: self.sending)
    @rule(good=st.booleans(), last=st.booleans())
    def a_channel_answers(self, good: bool, last: bool) -> None:
        send = self.sending.pop(-1 if last else 0)
        if good:
            self.sees(obs.Sent(send.message.id, send.channel))
        else:
            self.failed[send.channel] = self.at
            self.sees(obs.SendFailed(send.message.id, send.channel, "refused"))

    @precondition(lambda self: self.beats)
    @rule(good=st.booleans())
    def the_dead_mans_switch_answers(self, good: bool) -> None:
        self.beats.pop()
        self.sees(obs.BeatHeard() if good else obs.BeatFailed("no answer within 10 s"))

    @invariant()
    def who_says_that_there_was_no_sidecar_knows_what_became_of_the_server(self) -> None:
        for incident in self.state.incidents.open.values():
            assert incident.absence is None or incident.absence.matters

    @invariant()
    def the_dead_mans_switch_is_never_forgotten(self) -> None:
        assert not self.lives or self.at <= self.beat_at + 60.0

    @precondition(lambda self: self.unsaved is not None or not self.disk_failed)
    @rule(
        away=st.floats(0.1, 30),
        server_dies=st.booleans(),
        policy=st.sampled_from(POLICIES),
        tells=st.booleans(),
    )
    def the_sidecar_is_killed(self, away: float, server_dies: bool, policy: Policy, tells: bool) -> None:
        """And comes back, maybe configured otherwise, with what the disk had: here, all that it was given."""
        if self.unsaved is not None:
            self.disk, self.unsaved = self.unsaved.memory, None
        self.at += away
        if server_dies:
            self.server, self.dies_at = None, math.inf
        else:
            self.doomed = None  # the next one may find it well
        self.sending, self.beats = [], []
        if self.clock_was_set:
            self.restarts, self.row, self.failed, self.clock_was_set = [], [], {}, False
        for known in (self.policy, policy):  # what it remembered, and what of it the next wants to know
            longest = max(window.within for window in known.budget)
            self.restarts = [at for at in self.restarts if at + longest > self.at + 1e-6]
        if "chat" not in policy.channels:  # who is gone is no longer told; and comes back as a stranger
            self.messages["chat"] = []
            self.failed.pop("chat", None)
        self.policy = msgspec.structs.replace(policy, abilities=self.policy.abilities)
        self.state = State()
        self.lives.append([])
        alive = self.wall - away if tells else None
        self.sees(obs.Restored(self.disk, 6, alive), *self.found())

    def found(self) -> list[obs.Observation]:
        """What a new sidecar sees at first."""
        return [self.ABSENT if self.server is None else obs.Appeared(self.server, adopted=True)]

    # ---- what must hold ------------------------------------------------------------------------

    @invariant()
    def an_outage_has_one_beginning_and_at_most_one_end(self) -> None:
        for chapters in self.told.values():
            assert chapters[0] is Chapter.OPENED
            assert chapters.count(Chapter.OPENED) == 1
            assert chapters.count(Chapter.CLOSED) <= 1
            assert chapters.count(Chapter.HELD) <= 1
            assert Chapter.CLOSED not in chapters[:-1], "something was told after the end"

    @invariant()
    def without_a_server_a_story_is_open(self) -> None:
        running = self.server is not None
        facts = self.state.facts
        hands_off = facts.pause or facts.rested or isinstance(self.state.recovery.phase, Over)
        missing = facts.not_found
        soon = missing is not None and self.at < missing.since + self.policy.hung_after
        if self.lives and not running and not hands_off and not soon:
            assert SERVER in self.state.incidents.open

    @invariant()
    def what_is_waited_for_is_what_the_policy_says_now(self) -> None:
        recovery, facts = self.state.recovery, self.state.facts
        hands_off = not self.lives or facts.pause is not None
        if isinstance(recovery.phase, Held) and not hands_off:
            restarts = tuple(moment.at for moment in recovery.restarts)
            held = full(restarts, windows(facts, self.policy), self.at)
            assert held is not None, "there is room"
            assert held[0] == recovery.phase.room_at
        if isinstance(recovery.phase, Delayed) and not hands_off:
            wait = backoff(recovery.failures, recovery.seed, self.policy)
            assert recovery.phase.start_at == recovery.phase.since + wait > self.at

    @invariant()
    def recovered_means_proven(self) -> None:
        last = self.state.incidents.last.get(SERVER)
        assert last is None or last.proof is not None

    @invariant()
    def it_can_always_be_shown_and_stored(self) -> None:
        msgspec.json.encode(view(self.state, self.policy, self.at, self.wall))
        msgspec.json.encode(self.state.keeper)

    def teardown(self) -> None:
        """The same in, the same out; and after calm everything has been told."""
        for life in self.lives:
            state = State()
            for seen, policy, actions in life:
                state, again = step(state, seen, policy)
                assert again == actions
        if self.lives:
            self.stop_here()
            self.calm()

    def stop_here(self) -> None:
        """A clean stop, wherever the ladder stands, sees the server off and starts no other; then go on."""
        kept = {name: copy.deepcopy(vars(self)[name]) for name in self.MOVES}
        before = self.pids
        self.signals_fail = False
        running = self.server
        self.sees(obs.StopAsked(leave=False))
        self.time_passes(2 * TERM_DEADLINE + 2)
        assert isinstance(self.state.recovery.phase, Over)
        can = self.policy.abilities
        assert self.server == (None if can.can_start and not can.restarts_itself else running)
        assert self.pids == before
        vars(self).update(kept)

    def calm(self) -> None:
        self.free = 2.0**34
        self.the_machine_is_looked_at(memory=60.0, stolen=0.0)
        self.sees(obs.ConfigRead("server_conf.properties", 9090, ""))
        self.starts_fail = self.signals_fail = False
        self.a_load_is_announced_or_over(seconds=0.0)
        for _ in range(400):
            if not self.state.incidents.open and not self.state.outbox.entries:
                break
            self.time_passes(5.0)
            self.comes_back()
            if self.unsaved is not None:
                self.the_disk_answers(good=True)
            while self.sending:
                self.a_channel_answers(good=True, last=False)
            if self.server is not None and not self.stopped:
                self.the_server_proves_itself()
                self.its_threads_and_files_are_counted(gc=0.0, fds=10.0, tasks=FEW)
                self.others_of_its_unit_run_out_of_memory(number=0)
                for sign in Sign:
                    self.a_sign(sign, good=True)
        assert not self.state.incidents.open
        assert not self.state.outbox.entries
        for chapters in self.told.values():
            assert chapters[-1] is Chapter.CLOSED

    def comes_back(self) -> None:
        """In the calm: the sidecar does it."""


class FoundHistories(Histories):
    """The same with a server that only somebody else starts: never a start, SIGTERM or SIGKILL (`World`)."""

    ABSENT = obs.Absent("cloud.pid: there is no such file")

    def __init__(self) -> None:
        super().__init__()
        self.policy = msgspec.structs.replace(POLICY, abilities=Abilities(can_start=False))

    @precondition(lambda self: self.server is None)
    @rule()
    def somebody_starts_it(self) -> None:
        self.pids += 1
        self.server, self.stopped = Identity(self.pids, self.pids), False
        self.sees(obs.Appeared(self.server, adopted=True))

    @precondition(lambda self: self.server is None)
    @rule(why=st.sampled_from(["cloud.pid: is empty", "2 processes match"]))
    def another_look(self, why: str) -> None:
        self.sees(obs.Absent(why))

    def comes_back(self) -> None:
        """Whoever runs it ends a stopped one, and starts it."""
        if self.server is not None and self.stopped:
            self.the_server_dies(code=143, killed=False)
        if self.server is None:
            self.somebody_starts_it()

    @invariant()
    def a_restart_of_others_is_not_counted(self) -> None:
        assert self.state.recovery.restarts == ()
