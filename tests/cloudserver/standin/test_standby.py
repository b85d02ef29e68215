"""What is kept for a minute, and what the server's forgotten timers do to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudserver.standin.standby import SECONDS, Standby


def test_it_is_a_minute():
    assert SECONDS == 60


def test_what_is_kept_can_be_taken_once_and_only_in_time():
    kept: Standby[str] = Standby(60)
    kept.keep("ana", "her profiles", 100)
    assert kept.take("ben", 110) is None
    assert kept.take("ana", 159.9) == "her profiles"
    assert kept.take("ana", 159.9) is None
    kept.keep("ana", "her profiles", 200)
    assert kept.take("ana", 260) is None
    assert len(kept) == 0


def test_who_came_back_in_between_has_a_whole_minute_again():
    kept: Standby[str] = Standby(60)
    kept.keep("ana", "old", 0)
    kept.take("ana", 50)
    kept.keep("ana", "new", 55)
    assert kept.take("ana", 114) == "new"


def test_a_second_loss_without_a_return_is_ended_by_the_firsts_timer():
    """H2: the new timer takes the place of the old one, which nobody can cancel any more."""
    kept: Standby[str] = Standby(60)
    kept.keep("ana", "old", 0)
    kept.keep("ana", "new", 30)
    assert kept.take("ana", 60) is None


steps = st.lists(
    st.tuples(st.sampled_from(["keep", "take", "expire"]), st.sampled_from("ab"), st.integers(0, 40))
)


@given(steps)
def test_any_history_is_what_a_list_of_timers_would_make_of_it(history: list[tuple[str, str, int]]):
    kept: Standby[int] = Standby(60)
    known: dict[str, int] = {}
    timers: list[tuple[int, str]] = []
    newest: dict[str, tuple[int, str]] = {}
    now = 0
    for number, (act, identity, later) in enumerate(history):
        now += later
        for timer in [timer for timer in timers if timer[0] <= now]:
            timers.remove(timer)
            known.pop(timer[1], None)
            if newest.get(timer[1]) == timer:
                del newest[timer[1]]
        if act == "keep":
            kept.keep(identity, number, now)
            known[identity] = number
            newest[identity] = (now + 60, identity)
            timers.append(newest[identity])
        elif act == "take":
            assert kept.take(identity, now) == known.pop(identity, None)
            if identity in newest:
                timers.remove(newest.pop(identity))
        kept.expire(now)
        assert len(kept) == len(known)
