"""When a reason begins to hold, and when it ends: each at its very moment."""

from __future__ import annotations

import math

from sidecar.core import observations as obs
from sidecar.core.memory import Memory
from sidecar.core.policy import Route
from sidecar.core.quantities import Rate
from sidecar.core.routing import look_again
from sidecar.core.stories import SERVER, Chapter
from support.routes import HOUR, LOW, Stories, stories, told


def comes_and_goes(one: Stories, times: int, seconds: float) -> list[str]:
    """The reasons of what is told at each beginning."""
    reasons = []
    for _ in range(times):
        reasons += [message.reason for message, _ in one.begins(LOW)]
        one.ends(LOW)
        one.wall += seconds
    return reasons


def test_what_nobody_acknowledges_goes_further_at_that_very_second() -> None:
    one = stories("phone", routes={"phone": Route(after=900.0)})
    one.begins()
    one.wall += 900.0
    assert told(one.sees(obs.Ticked())) == ["phone: 1-opened"]


def test_each_silence_ends_at_its_own_very_second() -> None:
    one = stories()
    one.sees(obs.SilenceAsked(LOW, one.wall + 10.0))
    one.sees(obs.SilenceAsked(SERVER, one.wall + 20.0))
    assert one.begins(LOW) + one.begins(SERVER) == []
    one.wall += 10.0
    assert told(one.sees(obs.Ticked())) == ["mail: 1-opened"]
    one.wall += 10.0
    assert told(one.sees(obs.Ticked())) == ["mail: 2-opened"]


def test_what_comes_more_often_than_the_limit_flaps_at_once_or_within_its_time() -> None:
    limit = Rate(2, HOUR)
    assert comes_and_goes(stories(flap_limit=limit), 3, 0.0) == ["news", "news", "flaps"]
    assert comes_and_goes(stories(flap_limit=limit), 3, HOUR / 2 - 1) == ["news", "news", "flaps"]


def test_what_comes_as_often_as_the_limit_and_no_more_does_not() -> None:
    assert comes_and_goes(stories(flap_limit=Rate(2, HOUR)), 4, HOUR / 2) == ["news"] * 4


def test_what_has_stayed_for_its_time_has_settled_at_that_very_second() -> None:
    one = stories(flap_limit=Rate(1, HOUR), flap_settled=900.0)
    comes_and_goes(one, 2, 10.0)
    one.begins(LOW)
    one.wall += 899.0
    assert one.sees(obs.Ticked()) == []
    one.wall += 1.0
    assert told(one.sees(obs.Ticked())) == ["mail: 3-opened"]


def test_what_flaps_is_looked_at_when_it_may_have_settled() -> None:
    one = stories(flap_limit=Rate(1, HOUR), flap_settled=900.0)
    comes_and_goes(one, 2, 10.0)
    one.begins(LOW)
    assert look_again(one.routing, one.incidents, one.wall, one.policy) == one.wall + 900.0


def test_what_somebody_has_in_hand_is_looked_at_for_no_reminder() -> None:
    one = stories(remind_first=HOUR)
    one.begins()
    assert look_again(one.routing, one.incidents, one.wall, one.policy) == one.wall + HOUR
    one.is_acknowledged()
    assert look_again(one.routing, one.incidents, one.wall, one.policy) == math.inf


def test_a_reminder_is_made_when_it_is_due() -> None:
    one = stories(remind_first=HOUR)
    one.begins()
    ((message, _),) = one.passes(1.5 * HOUR)
    assert (message.chapter, message.made) == (Chapter.REMINDER, one.wall - HOUR / 2)


def test_after_a_sidecar_that_kept_no_accounts_people_are_reminded_as_after_the_first() -> None:
    one = stories(remind_first=HOUR)
    one.begins()
    one.sees(obs.Restored(Memory(1, incidents=one.open), 1))
    ((message, _),) = one.passes(1.5 * HOUR)
    assert message.id == f"1-{one.open[SERVER].opened:.0f}-reminder-1"
