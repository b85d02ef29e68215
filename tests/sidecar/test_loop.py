"""The loop: in order, at once, and nothing lost."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from sidecar.core import actions as act
from sidecar.core.engine import State
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    Exited,
    Listened,
    Registered,
    Restored,
    Sampled,
    Seen,
    StartFailed,
    StopAsked,
    Unanswered,
)
from sidecar.core.phases import Delayed, Over, Starting
from sidecar.core.policy import Policy
from sidecar.loop import Loop


class Shell:
    """Performs by noting; a start is answered from inside, as a real one is."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.done: list[str] = []
        self.published: list[State] = []
        self.next_pid = 100
        self.fails = False
        self.loop = Loop(
            policy or Policy(), asyncio.get_running_loop().time, lambda: 1e9, self.published.append
        )

    def connect(self) -> None:
        self.loop.connect(dict.fromkeys(act.Action.__subclasses__(), self.perform))

    def perform(self, action: act.Action) -> None:
        self.done.append(type(action).__name__)
        if isinstance(action, act.Start):
            if self.fails:
                self.loop.report(StartFailed("no such file"))
                return
            self.next_pid += 1
            self.loop.report(Appeared(Identity(self.next_pid, 1), adopted=False))


async def test_an_outcome_reported_from_inside_is_taken_after_the_other_actions() -> None:
    shell = Shell()
    shell.connect()
    shell.loop.report(Restored(None, seed=1))
    shell.loop.report(Absent())
    assert shell.done == ["Start", "Save", "Watch", "Save"]


async def test_a_death_is_answered_within_the_call() -> None:
    shell = Shell()
    shell.connect()
    shell.loop.report(Restored(None, seed=1))
    shell.loop.report(Absent())
    shell.done.clear()
    shell.loop.report(Exited(Identity(101, 1), Ended(signal=9)))
    assert shell.done[0] == "Start"


async def test_what_is_reported_before_anyone_performs_waits() -> None:
    shell = Shell()
    shell.loop.report(StopAsked(leave=False))
    assert shell.done == []
    shell.connect()
    shell.loop.report(Restored(None, seed=1))
    shell.loop.report(Absent())
    assert shell.done == ["Watch", "Finish", "Save"]
    assert isinstance(shell.loop.state.recovery.phase, Over)


async def test_an_action_without_a_performer_is_found_at_the_start() -> None:
    shell = Shell()
    with pytest.raises(
        ValueError,
        match="nobody performs Restart, Signal, Watch, Ask, Collect, Send, Explain, Save, Beat, Finish",
    ):
        shell.loop.connect({act.Start: shell.perform})


async def test_time_alone_moves_on() -> None:
    shell = Shell(Policy(backoff_first=0.05, jitter=0.0))
    shell.fails = True
    shell.connect()
    shell.loop.report(Restored(None, seed=1))
    shell.loop.report(Absent())
    assert isinstance(shell.loop.state.recovery.phase, Delayed)
    shell.fails = False
    async with asyncio.timeout(5):
        while isinstance(shell.loop.state.recovery.phase, Delayed | Starting):
            await asyncio.sleep(0.01)
    assert shell.loop.state.facts.identity == Identity(101, 1)
    shell.loop.close()


async def test_every_report_is_published() -> None:
    shell = Shell()
    shell.connect()
    before = len(shell.published)
    shell.loop.report(Restored(None, seed=1))
    assert shell.published[before:] == [shell.loop.state]


async def test_what_is_taken_is_recorded_with_the_state_it_met_after_the_start_it_caused() -> None:
    shell = Shell()

    def record(seen: Seen, before: State) -> None:
        assert before is shell.loop.state
        shell.done.append(type(seen.what).__name__)

    shell.loop.connect(dict.fromkeys(act.Action.__subclasses__(), shell.perform), record)
    shell.loop.report(Restored(None, seed=1))
    shell.loop.report(Absent())
    assert shell.done == ["Restored", "Start", "Absent", "Save", "Watch", "Appeared", "Save"]


async def test_what_a_bug_ends_in_was_recorded() -> None:
    shell = Shell()
    recorded: list[object] = []

    def fails(_: act.Action) -> None:
        raise RuntimeError("a bug")

    performers = dict.fromkeys(act.Action.__subclasses__(), fails)
    shell.loop.connect(performers, lambda seen, _: recorded.append(seen.what))
    shell.loop.report(Restored(None, seed=1))
    with pytest.raises(RuntimeError, match="a bug"):
        shell.loop.report(Absent())
    assert recorded[-1] == Absent()


async def test_what_is_done_each_minute_is_no_line_in_the_log() -> None:
    shell = Shell(Policy(deadman=60.0))
    shell.connect()
    with capture_logs() as lines:
        shell.loop.report(Restored(None, seed=1))
        shell.loop.report(Absent())
    assert shell.done == ["Beat", "Start", "Save", "Watch", "Save"]
    told = [action for line in lines for action in line["actions"]]
    assert [action.split()[0] for action in told] == ["Start", "Save", "Watch", "Save"]
    shell.loop.close()


class Well(Shell):
    """All is well, and was answered; what is taken is noted with its moment."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, float]] = []
        self.loop.connect(
            dict.fromkeys(act.Action.__subclasses__(), self.perform),
            lambda seen, _: self.taken.append((type(seen.what).__name__, seen.at)),
        )
        self.server = Identity(101, 1)
        for what in (
            Restored(None, seed=1),
            Absent(),
            Listened(self.server, owned=True),
            Registered(self.server, 0.01),
        ):
            self.loop.report(what)
        self.taken.clear()
        self.published.clear()

    def pong(self) -> Answered:
        return Answered(self.server, Sign.PONG, 0.001)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.taken]


async def test_a_sign_that_was_not_missing_waits_for_the_next_look_and_keeps_its_moment() -> None:
    shell = Well()
    before = asyncio.get_running_loop().time()
    shell.loop.report(shell.pong())
    came = asyncio.get_running_loop().time()
    assert (shell.names, shell.published) == ([], [])
    await asyncio.sleep(0.02)
    shell.loop.report(Sampled(shell.server, "S", {}))
    assert shell.names == ["Answered", "Sampled"]
    assert before <= shell.taken[0][1] <= came < shell.taken[1][1]
    assert shell.published == [shell.loop.state], "once for both"
    assert before <= (shell.loop.state.facts.sign(Sign.PONG).good_at or 0.0) <= came
    shell.loop.close()


async def test_what_waits_is_taken_when_time_alone_matters_if_nothing_else_comes() -> None:
    shell = Well()
    shell.loop.report(shell.pong())
    async with asyncio.timeout(10):
        while not shell.taken:
            await asyncio.sleep(0.05)
    assert shell.names == ["Answered", "Ticked"]
    shell.loop.close()


async def test_a_sign_that_was_missing_is_taken_at_once() -> None:
    shell = Well()
    shell.loop.report(Unanswered(shell.server, Sign.PONG, "no pong"))
    shell.loop.report(shell.pong())
    assert shell.names == ["Unanswered", "Answered"]
    shell.loop.close()


async def test_a_death_waits_for_nothing_and_time_does_not_run_backwards() -> None:
    shell = Well()
    shell.loop.report(shell.pong())
    await asyncio.sleep(0.02)
    shell.done.clear()
    shell.loop.report(Exited(shell.server, Ended(signal=9)))
    assert shell.done[0] == "Start"
    assert shell.names == ["Exited", "Answered", "Appeared"]
    moments = [at for _, at in shell.taken]
    assert moments == sorted(moments)
    shell.loop.close()
