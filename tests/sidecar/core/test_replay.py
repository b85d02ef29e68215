"""A recording folded again: what was decided then, from any opening on; or under another policy."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from sidecar.core import observations as obs
from sidecar.core import phases
from sidecar.core.actions import Collect
from sidecar.core.engine import State
from sidecar.core.nouns import Ended, Sign
from sidecar.core.policy import Policy, Window
from sidecar.core.replay import Line, Opening, Step, TakenUp, replay
from sidecar.store.recorded import SCHEMA, _line, opening_line, seen_line
from support.playbook import Playbook
from support.world import POLICY


def opening(state: State, number: int = 0, policy: Policy = POLICY) -> Opening:
    return Opening(SCHEMA, "0", "host", 1, number, policy, state)


def through_bytes(line: Line) -> Line:

    raw = opening_line(line) if isinstance(line, Opening) else seen_line(line)
    return _line(Path("file"), 1 if isinstance(line, Opening) else 2, raw)


def steps(lines: list[Line], policy: Policy | None = None) -> list[Step]:
    return [one for one in replay(lines, policy) if isinstance(one, Step)]


def test_every_phase_can_be_read_back() -> None:
    def rungs(kind: type) -> set[type]:
        below = kind.__subclasses__()
        return set().union(*map(rungs, below)) if below else {kind}

    assert set(get_args(phases.Rung)) == rungs(phases.Phase)


def test_a_budget_of_nothing_and_its_endless_hold_go_through_the_bytes() -> None:
    book = Playbook(Policy(channels=("mail",), budget=(Window(0, 60.0),)))
    server = book.boots()

    book.sees(obs.Exited(server, Ended(signal=9)))
    line = opening(book.state, 4, book.policy)
    assert through_bytes(line) == line
    assert isinstance(book.state.recovery.phase, phases.Held)


def test_the_fold_goes_on_over_an_opening_that_continues_it_and_is_taken_up_at_one_that_does_not() -> None:
    book = Playbook()
    book.boots()
    start, after = opening(State(), 0, book.policy), opening(book.state, len(book.past), book.policy)
    seen = [one for one, _ in book.past]
    assert [one for one in replay([start, *seen, after]) if isinstance(one, TakenUp)] == [TakenUp(start, 0)]
    lost = [one for one in replay([start, *seen[:2], after]) if isinstance(one, TakenUp)]
    assert lost == [TakenUp(start, 0), TakenUp(after, len(seen) - 2)]


def blocked(hung_after: float) -> tuple[list[Line], float]:
    """A server blocked for 30 s, under a policy of much patience; and when it was blocked."""
    book = Playbook(Policy(hung_after=hung_after, start_timeout=600.0))
    server = book.boots()
    since = book.at
    for _ in range(30):
        for sign in (Sign.PONG, Sign.HTTP):
            book.sees(obs.Unanswered(server, sign, "no answer"), after=0.5)
    return [opening(State(), 0, book.policy), *(seen for seen, _ in book.past)], since


@pytest.mark.parametrize("hung_after", [5.0, 10.2, 20.0])
def test_under_another_policy_the_act_comes_at_another_moment(hung_after: float) -> None:
    lines, since = blocked(100.0)
    policy = Policy(hung_after=hung_after, start_timeout=600.0)
    assert not [one for one in steps(lines) if any(isinstance(act, Collect) for act in one.actions)]
    acts = [one for one in steps(lines, policy) if any(isinstance(act, Collect) for act in one.actions)]
    assert acts[0].seen.at == pytest.approx(since + 1.0 + hung_after)  # the second sign is missing since then


def test_no_tick_is_added_while_the_sidecar_was_away() -> None:
    lines, _ = blocked(100.0)
    last = lines[-1]
    assert isinstance(last, obs.Seen)
    lines.append(obs.Seen(last.at + 3600, last.wall + 3600, obs.Ticked()))
    other = Policy(hung_after=60.0, start_timeout=600.0)
    assert [one.seen.at for one in steps(lines, other)][-2:] == [last.at, last.at + 3600]


def test_added_ticks_have_the_recorded_wall_s_time() -> None:
    lines, since = blocked(100.0)
    ticks = [
        one.seen
        for one in steps(lines, Policy(hung_after=10.2, start_timeout=600.0))
        if one.seen not in lines
    ]
    first = next(line for line in lines if isinstance(line, obs.Seen))
    assert ticks
    assert ticks[0].at == pytest.approx(since + 1.0 + 10.2)
    assert {round(tick.wall - tick.at, 6) for tick in ticks} == {first.wall - first.at}


def test_no_tick_is_added_where_an_observation_is_made_anyway() -> None:
    lines, _ = blocked(100.0)
    policy = Policy(hung_after=10.0, start_timeout=600.0)
    acts = [one for one in steps(lines, policy) if any(isinstance(act, Collect) for act in one.actions)]
    assert acts[0].seen in lines
    assert len(acts) == 1


def test_what_an_added_tick_decided_is_so_for_the_next_observation() -> None:
    lines, _ = blocked(100.0)
    done = steps(lines, Policy(hung_after=10.2, start_timeout=600.0))
    assert [one.before for one in done[1:]] == [one.after for one in done[:-1]]


def test_a_fold_that_is_taken_up_again_begins_with_the_state_of_its_opening() -> None:
    book = Playbook()
    book.boots()
    (*early, last), after = book.past, opening(book.state, 40, book.policy)
    lines = [opening(State(), 0, book.policy), *(seen for seen, _ in early), after, last[0]]
    assert steps(lines)[-1].before == book.state


@pytest.mark.parametrize(("pause", "ticks"), [(5.0, 1), (5.1, 0)])
def test_a_pause_of_less_than_a_gap_has_its_ticks(pause: float, ticks: int) -> None:
    book = Playbook(Policy())
    book.boots()
    book.sees(obs.Ticked(), after=pause)
    lines: list[Line] = [opening(State(), 0, book.policy), *(seen for seen, _ in book.past)]
    assert len(steps(lines, Policy())) - len(book.past) == ticks
