"""What was held back and is told later: alone, or several in one."""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.policy import Route
from sidecar.core.quantities import Rate
from sidecar.core.stories import SERVER, Ack, Chapter, Letter, Reason
from support.routes import HOUR, LOW, NIGHT, stories, told


def test_the_night_s_are_one_digest_with_the_last_state_of_each() -> None:
    one = stories("mail", hour=23.0, routes=NIGHT)
    for topic in (LOW, "fd-limit"):
        one.begins(topic)
    one.ends(LOW)
    one.begins(LOW)
    one.ends(LOW)
    ((digest, channel),) = one.passes(9 * HOUR)
    assert (channel, digest.chapter, digest.id, digest.reason) == (
        "mail",
        "digest",
        "3-closed-digest",
        "digest",
    )
    assert [(part.id, part.left) for part in digest.together] == [("3-closed", 3)]
    assert digest.made == one.why[-1].wall
    assert one.passes(24 * HOUR) == []


def test_what_ends_as_the_night_does_is_no_end_without_a_beginning() -> None:
    one = stories("mail", hour=6.99, routes=NIGHT)
    one.begins(LOW)
    one.wall += 0.02 * HOUR
    ((digest, _),) = one.ends(LOW)
    assert (digest.chapter, [(part.id, part.left) for part in digest.together]) == (
        "digest",
        [("1-closed", 1)],
    )


def test_a_storm_is_held_back_and_told_in_one_when_there_is_room() -> None:
    one = stories("mail", storm_limit=Rate(3, 600.0))
    letters: list[Letter] = []
    for _ in range(4):
        letters += one.begins(SERVER) + one.ends(SERVER)
        one.passes(10)
    # An outage is told always, an end when there is room.
    assert told(letters) == ["mail: 1-opened", "mail: 1-closed", *(f"mail: {n}-opened" for n in (2, 3, 4))]
    assert told(one.begins(LOW)) == []
    ((digest, _),) = one.passes(600)
    assert [(part.id, part.left) for part in digest.together] == [("4-closed", 0), ("5-opened", 0)]
    assert letters[3][0].left == 1


def test_a_limit_of_one_is_one_in_a_while() -> None:
    one = stories("mail", storm_limit=Rate(1, 60.0))
    assert told(one.begins(LOW)) == ["mail: 1-opened"]
    assert one.ends(LOW) == []
    assert one.passes(59) == []
    assert told(one.passes(2)) == ["mail: 1-closed"]


def test_what_comes_out_of_a_silence_into_a_storm_waits_with_the_others() -> None:
    one = stories("mail", storm_limit=Rate(1, 60.0))
    one.sees(obs.SilenceAsked(LOW, one.wall + 1))
    one.begins("fd-limit")
    one.begins(LOW)
    one.ends("fd-limit")
    assert one.passes(59) == []
    ((digest, _),) = one.passes(2)
    assert [part.id for part in digest.together] == ["1-closed", "2-opened"]


def test_a_digest_waits_for_room_that_an_outage_has_just_taken() -> None:
    one = stories("mail", storm_limit=Rate(1, 60.0))
    one.begins(LOW)
    one.ends(LOW)
    one.wall += 60
    assert told(one.begins(SERVER)) == ["mail: 2-opened"]
    assert one.passes(59) == []
    assert told(one.passes(1)) == ["mail: 1-closed"]


def test_each_channel_has_a_digest_of_its_own() -> None:
    one = stories("mail", "chat", storm_limit=Rate(2, 60.0))
    for topic in (LOW, "fd-limit"):
        one.begins(topic)
    assert one.ends(LOW) + one.ends("fd-limit") == []
    letters = one.passes(60)
    assert told(letters) == ["mail: 2-closed-digest", "chat: 2-closed-digest"]
    assert [[part.id for part in digest.together] for digest, _ in letters] == [["1-closed", "2-closed"]] * 2


def test_what_is_told_later_is_told_as_it_is_by_then() -> None:
    one = stories(hour=23.0, routes=NIGHT)
    one.begins(LOW)
    one.is_acknowledged(LOW)
    ((message, _),) = one.passes(9 * HOUR)
    assert message.incident.ack == Ack(one.wall - 9 * HOUR, "root")


def test_what_is_told_last_and_not_by_night_goes_further_in_the_morning() -> None:
    night = msgspec.structs.replace(NIGHT["mail"], after=900.0)
    one = stories("phone", hour=23.0, routes={"phone": night})
    one.begins(LOW)
    ((message, _),) = one.passes(9 * HOUR)
    assert (message.id, message.reason) == ("1-opened", Reason.ESCALATED)
    assert [why.reason for why in one.why] == [Reason.UNESCALATED, Reason.QUIET, Reason.ESCALATED]


def test_what_nobody_expected_to_be_told_before_is_not_counted_as_left_out() -> None:
    one = stories("phone", routes={"phone": Route(after=900.0)})
    one.begins()
    one.goes_on(SERVER, Chapter.HELD)
    ((message, _),) = one.passes(900)
    assert (message.id, message.left) == ("1-held", 0)
