"""Who is told what, and when: each reason by an example."""

from __future__ import annotations

import msgspec
import pytest

from sidecar.core import observations as obs
from sidecar.core.memory import Memory
from sidecar.core.nouns import Pause, Severity, Trouble
from sidecar.core.policy import Route
from sidecar.core.quantities import Rate
from sidecar.core.routing import look_again
from sidecar.core.rules import DEFAULTS
from sidecar.core.stories import SERVER, Chapter, Letter, Reason
from support.routes import HOUR, LOW, NIGHT, Stories, stories, told

PHONE = {"phone": Route(after=900.0)}


def reasons(one: Stories) -> list[str]:
    return [f"{why.channel}: {why.message}: {why.reason}" for why in one.why]


def test_everybody_is_told_of_the_beginning_and_the_end() -> None:
    one = stories("mail", "chat")
    assert told(one.begins()) == ["mail: 1-opened", "chat: 1-opened"]
    assert told(one.ends()) == ["mail: 1-closed", "chat: 1-closed"]
    assert [why.reason for why in one.why] == [Reason.CRITICAL] * 2 + [Reason.RECOVERY] * 2
    assert told(one.begins(LOW)) == ["mail: 2-opened", "chat: 2-opened"]
    assert one.why[-1] == msgspec.structs.replace(one.why[-1], reason=Reason.NEWS, topic=LOW, wall=one.wall)


def test_a_channel_for_the_worst_hears_of_nothing_less() -> None:
    one = stories("mail", "phone", routes={"phone": Route(severity=Severity.FAIL)})
    assert told(one.begins(LOW) + one.ends(LOW)) == ["mail: 1-opened", "mail: 1-closed"]
    assert reasons(one)[1] == "phone: 1-opened: below-severity"
    assert reasons(one)[3] == "phone: 1-closed: was-not-told"
    assert told(one.begins("fd-limit")) == ["mail: 2-opened", "phone: 2-opened"]
    assert told(one.begins(SERVER)) == ["mail: 3-opened", "phone: 3-opened"]


def test_what_a_rule_is_for_others_is_not_told() -> None:
    rule = msgspec.structs.replace(DEFAULTS[Trouble.DISK_LOW], channels=("chat",))
    one = stories("mail", "chat", rules={Trouble.DISK_LOW: rule})
    assert told(one.begins(LOW) + one.ends(LOW)) == ["chat: 1-opened", "chat: 1-closed"]
    assert reasons(one)[0] == "mail: 1-opened: other-channels"


def test_quiet_hours_hold_back_the_low_ones_until_they_end() -> None:
    one = stories("mail", hour=23.0, routes=NIGHT)
    assert one.begins(LOW) == []
    assert told(one.begins(SERVER)) == ["mail: 2-opened"]
    assert told(one.ends(SERVER)) == ["mail: 2-closed"]
    assert told(one.begins("fd-limit")) == ["mail: 3-opened"]
    assert one.passes(7.9 * HOUR) == []
    ((message, _),) = one.passes(0.2 * HOUR)
    assert (message.id, message.chapter, message.reason, message.together) == (
        "1-opened",
        "opened",
        "news",
        (),
    )
    assert told(one.ends(LOW)) == ["mail: 1-closed"]


def test_what_is_over_and_was_told_before_the_night_is_told_as_over_after_it() -> None:
    one = stories("mail", hour=21.0, routes=NIGHT)
    one.begins(LOW)
    one.passes(2 * HOUR)
    assert one.ends(LOW) == []
    ((message, _),) = one.passes(9 * HOUR)
    assert (message.id, message.chapter, message.reason) == ("1-closed", "closed", "recovery")


def test_what_comes_and_goes_is_told_so_and_then_only_where_it_stays() -> None:
    one = stories("mail", flap_limit=Rate(2, HOUR), flap_settled=900.0)
    letters: list[Letter] = []
    for _ in range(5):
        letters += one.begins(LOW)
        letters += one.passes(30)
        letters += one.ends(LOW)
        letters += one.passes(30)
    assert told(letters) == [f"mail: {n}-{c}" for n in (1, 2) for c in ("opened", "closed")] + [
        "mail: 3-opened"
    ]
    assert [message.reason for message, _ in letters] == ["news", "recovery", "news", "recovery", "flaps"]
    assert one.passes(860) == []
    ((message, _),) = one.passes(60)
    assert (message.id, message.left) == ("5-closed", 4)
    assert told(one.begins(LOW)) == ["mail: 6-opened"]  # it has settled: that is past


def test_an_outage_never_flaps() -> None:
    one = stories("mail", flap_limit=Rate(1, HOUR))
    for _ in range(4):
        assert len(one.begins(SERVER)) == len(one.ends(SERVER)) == 1


def test_people_are_reminded_ever_more_rarely() -> None:
    one = stories("mail", "chat", remind_first=HOUR, remind_max=3 * HOUR)
    began = one.wall
    one.begins()
    one.passes(12 * HOUR)
    reminders = [
        (when - began) / HOUR
        for when, channel, m in one.sent
        if channel == "mail" and m.chapter == "reminder"
    ]
    assert reminders == pytest.approx([1, 3, 6, 9, 12], abs=0.1)
    ids = [
        message.id for _, channel, message in one.sent if channel == "mail" and message.chapter == "reminder"
    ]
    assert ids == [f"1-{began:.0f}-reminder-{n}" for n in (1, 2, 3, 4, 5)]
    assert told(one.ends()) == ["mail: 1-closed", "chat: 1-closed"]
    assert one.passes(12 * HOUR) == []


def test_who_has_it_in_hand_is_not_reminded() -> None:
    one = stories(remind_first=HOUR)
    one.begins()
    assert one.is_acknowledged() == []
    assert one.passes(48 * HOUR) == []
    assert told(one.ends()) == ["mail: 1-closed"]


def test_no_reminder_in_quiet_hours_of_what_can_wait_and_one_after_them() -> None:
    one = stories("mail", hour=21.5, routes=NIGHT, remind_first=HOUR)
    one.begins(LOW)
    assert one.passes(9.4 * HOUR) == []
    ((message, _),) = one.passes(0.2 * HOUR)
    assert (message.chapter, message.reason) == ("reminder", "reminder")


def test_what_nobody_acknowledges_goes_further() -> None:
    one = stories("mail", "phone", routes=PHONE)
    assert told(one.begins()) == ["mail: 1-opened"]
    assert one.passes(899) == []
    ((message, channel),) = one.passes(2)
    assert (channel, message.id, message.reason, message.left) == ("phone", "1-opened", "escalated", 0)
    assert message.made == pytest.approx(one.wall - 1)
    assert told(one.goes_on(SERVER, Chapter.HELD)) == ["mail: 1-held", "phone: 1-held"]
    assert told(one.ends()) == ["mail: 1-closed", "phone: 1-closed"]


@pytest.mark.parametrize("over", [False, True])
def test_what_somebody_acknowledges_or_is_over_in_time_goes_no_further(*, over: bool) -> None:
    one = stories("mail", "phone", routes=PHONE)
    one.begins()
    one.passes(600)
    letters = one.ends() if over else one.is_acknowledged()
    assert "phone" not in [channel for _, channel in letters]
    assert one.passes(2 * HOUR) == []
    if not over:
        assert told(one.ends()) == ["mail: 1-closed"]
    assert "phone: 1-closed: was-not-told" in reasons(one)


def test_a_silence_holds_its_topic_back_and_no_other() -> None:
    one = stories()
    one.sees(obs.SilenceAsked(LOW, one.wall + HOUR, "moving", "root"))
    assert one.begins(LOW) == []
    assert told(one.begins(SERVER)) == ["mail: 2-opened"]
    assert one.passes(0.9 * HOUR) == []
    assert told(one.passes(0.2 * HOUR)) == ["mail: 1-opened"]
    assert one.routing.silences == {}


def test_of_what_begins_and_ends_in_a_silence_nothing_is_told() -> None:
    one = stories()
    one.sees(obs.SilenceAsked(SERVER, one.wall + HOUR))
    assert one.begins() + one.ends() + one.passes(2 * HOUR) == []


def test_who_was_told_before_a_silence_hears_of_the_end_in_it() -> None:
    one = stories()
    one.begins()
    one.sees(obs.SilenceAsked(SERVER, one.wall + HOUR))
    assert one.goes_on(SERVER, Chapter.HELD) == []
    assert told(one.ends()) == ["mail: 1-closed"]


def test_a_silence_can_be_ended() -> None:
    one = stories()
    one.sees(obs.SilenceAsked(LOW, one.wall + HOUR))
    one.begins(LOW)
    assert told(one.sees(obs.UnsilenceAsked(LOW))) == ["mail: 1-opened"]


def test_who_is_told_last_is_so_after_a_silence_too() -> None:
    one = stories("mail", "phone", routes=PHONE)
    one.sees(obs.SilenceAsked(SERVER, one.wall + HOUR))
    assert one.begins() == []
    assert told(one.sees(obs.UnsilenceAsked(SERVER))) == ["mail: 1-opened"]
    (account,) = (account for account in one.routing.accounts if account.channel == "phone")
    assert account.reason is Reason.UNESCALATED
    assert reasons(one)[-1] == "phone: 1-opened: not-escalated"
    assert look_again(one.routing, one.incidents, one.wall, one.policy) == one.wall + 900.0
    ((message, channel),) = one.passes(901)
    assert (channel, message.reason) == ("phone", "escalated")


def test_what_a_silence_held_back_for_longer_is_told_as_not_acknowledged() -> None:
    one = stories("mail", "phone", routes=PHONE)
    one.begins()
    one.sees(obs.SilenceAsked(SERVER, one.wall + HOUR))
    ((message, channel),) = one.passes(1.1 * HOUR)
    assert (channel, message.reason) == ("phone", "escalated")
    assert reasons(one)[2:] == ["phone: 1-opened: silenced", "phone: 1-opened: escalated"]


def test_in_a_pause_nobody_is_reminded_of_an_outage_and_it_goes_no_further() -> None:
    one = stories("mail", "phone", routes=PHONE, remind_first=HOUR)
    one.begins()
    one.begins(LOW)
    one.passes(600)
    one.pause = Pause(one.wall + 2 * HOUR, by="root", since=one.wall)
    assert {message.incident.topic for message, _ in one.passes(1.9 * HOUR)} == {LOW}
    one.pause = None
    assert set(told(one.passes(60))) == {
        f"mail: 1-{one.open[SERVER].opened:.0f}-reminder-1",
        "phone: 1-opened",
    }
    assert told(one.ends()) == ["mail: 1-closed", "phone: 1-closed"]


def test_a_silence_holds_in_a_pause_too() -> None:
    one = stories()
    one.pause = Pause(one.wall + HOUR)
    one.sees(obs.SilenceAsked(LOW, one.wall + HOUR))
    assert one.begins(LOW) == []


def test_what_is_over_after_a_pause_is_told_to_who_was_told() -> None:
    one = stories("mail", "phone", routes=PHONE)
    one.begins()
    one.pause = Pause(one.wall + HOUR, since=one.wall)
    assert told(one.ends()) == ["mail: 1-closed"]


def test_a_reminder_that_has_to_wait_delays_nobody_else() -> None:
    one = stories("mail", "phone", routes=PHONE, remind_first=60.0)
    one.begins(LOW)
    one.sees(obs.SilenceAsked(LOW, one.wall + 24 * HOUR))
    one.passes(120)
    one.begins()
    assert look_again(one.routing, one.incidents, one.wall, one.policy) == one.wall + 60.0


def test_a_new_sidecar_knows_who_was_told_and_what_is_held_back() -> None:
    one = stories("mail", "phone", hour=23.0, routes={**NIGHT, "phone": Route(severity=Severity.FAIL)})
    one.begins(SERVER)
    one.begins(LOW)
    assert one.a_new_sidecar() == []
    assert told(one.ends()) == ["mail: 1-closed", "phone: 1-closed"]
    assert told(one.passes(9 * HOUR)) == ["mail: 2-opened"]


def test_after_a_sidecar_that_kept_no_accounts_everybody_is_told_of_the_end() -> None:
    one = stories("mail", "chat")
    one.begins()
    one.sees(obs.Restored(Memory(1, incidents=one.open), 1))
    assert told(one.ends()) == ["mail: 1-closed", "chat: 1-closed"]


def test_what_that_sidecar_had_not_told_yet_nobody_believes() -> None:
    one = stories()
    one.begins()
    one.open[SERVER] = msgspec.structs.replace(one.open[SERVER], told=())
    one.sees(obs.Restored(Memory(1, incidents=one.open), 1))
    assert one.ends() == []


def test_a_channel_that_is_no_longer_there_is_forgotten() -> None:
    one = stories("mail", "chat")
    one.begins()
    one.policy = msgspec.structs.replace(one.policy, channels=("chat",))
    one.passes(1)
    assert [account.channel for account in one.routing.accounts] == ["chat"]
    assert told(one.ends()) == ["chat: 1-closed"]


def test_nothing_is_kept_of_what_is_told_and_over() -> None:
    one = stories("mail", "chat", routes=PHONE)
    for topic in (SERVER, LOW):
        one.begins(topic)
        one.ends(topic)
    assert one.routing.accounts == ()


def test_what_a_clock_that_is_set_back_puts_into_the_future_is_no_storm() -> None:
    one = stories(storm_limit=Rate(1, 600.0))
    one.begins(LOW)
    one.wall -= 2 * HOUR
    assert told(one.ends(LOW)) == ["mail: 1-closed"]
