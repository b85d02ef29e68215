"""Messages on their way: how often, how late, and what is said of those that do not arrive."""

from __future__ import annotations

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.actions import Action, Save, Send
from sidecar.core.jitter import lengthened
from sidecar.core.nouns import Act, Identity, Trouble
from sidecar.core.observations import Appeared, Restored, Sampled, Saved, SendFailed, Sent
from sidecar.core.outbox import as_of
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS
from sidecar.core.stories import Chapter
from sidecar.core.view import OutboxView
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)


def sends(actions: list[Action]) -> list[Send]:
    return [action for action in actions if isinstance(action, Send)]


def failing(*channels: str) -> tuple[Playbook, Send]:
    """A message under way, once for each channel; the first send. Without jitter."""
    book = Playbook(Policy(channels=channels, gap=1e6, jitter=0.0))
    return book, dies(book)


def dies(book: Playbook) -> Send:
    book.boots(A)
    (save,) = [action for action in book.dies(A) if isinstance(action, Save)]
    return sends(book.sees(Saved(save.revision)))[0]


def test_a_message_is_of_the_moment_of_its_facts() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    died = book.wall
    book.sees(Appeared(B, adopted=False), after=2)
    book.waits(3)
    book.proves(B)
    opened, closed = [entry.owed.message for entry in book.state.outbox.entries]
    assert (as_of(opened), as_of(closed)) == (died, died + 5)


def test_the_waits_double_from_half_a_minute_to_five() -> None:
    book, send = failing("mail")
    for wait in (30, 60, 120, 240, 300, 300):
        assert sends(book.sees(SendFailed(send.message.id, "mail", "refused"))) == []
        assert sends(book.waits(wait - 0.1)) == []
        assert sends(book.waits(0.1)) == [send]


def test_jitter_only_lengthens_a_wait_and_keeps_channels_apart() -> None:
    book = Playbook(Policy(channels=("mail", "chat"), jitter=0.5))
    send = dies(book)
    ends = []
    for wait in (30, 60):
        for channel in ("mail", "chat"):
            book.sees(SendFailed(send.message.id, channel, "refused"))
        first, second = sorted(entry.try_at - book.at for entry in book.state.outbox.entries)
        assert wait < first < second - 0.1 < wait * 1.5 - 0.1
        ends += [first / wait, second / wait]
        book.waits(second)
    assert len(set(ends)) == 4  # another each time


def test_jitter_is_of_the_seed_the_message_the_channel_and_the_attempt() -> None:
    book = Playbook(Policy(channels=("mail",)))
    send = dies(book)
    book.sees(SendFailed(send.message.id, "mail", "refused"))
    (entry,) = book.state.outbox.entries
    assert entry.try_at == book.at + lengthened(30.0, 0.1, 7, send.message.id, "mail", 0)


def heir(book: Playbook, away: float, ahead: float = 0.0) -> tuple[Playbook, list[Send]]:
    """The next sidecar, so many seconds later, its wall's clock set ahead; and what it sends at once."""
    after = Playbook(book.policy, at=5.0)
    after.wall = book.wall + away + ahead
    return after, sends(after.sees(Restored(book.state.keeper.memory, seed=1)))


@pytest.mark.parametrize(
    ("away", "ahead", "rest"),
    [(10.0, 0.0, 20.0), (0.0, 0.0, 30.0), (29.5, 0.0, 0.5), (5.0, -3600.0, 30.0), (5.0, 3600.0, 0.0)],
)
def test_the_next_sidecar_does_not_try_on_the_heels_of_a_failure(
    away: float, ahead: float, rest: float
) -> None:
    book, send = failing("mail")
    for _ in range(4):  # however long the back-off was
        book.sees(SendFailed(send.message.id, "mail", "refused"))
    after, at_once = heir(book, away, ahead)
    assert at_once == ([] if rest else [send])
    if rest:
        assert sends(after.waits(rest - 0.1)) == []
        assert sends(after.waits(0.2)) == [send]


@pytest.mark.parametrize("away", [30.0, 31.0, 3600.0])
def test_the_next_sidecar_waits_for_no_back_off(away: float) -> None:
    book, send = failing("mail")
    for _ in range(4):
        book.sees(SendFailed(send.message.id, "mail", "refused"))
    assert heir(book, away)[1] == [send]


def test_the_next_sidecar_sends_at_once_what_was_under_way() -> None:
    book, send = failing("mail")
    assert heir(book, away=0.0)[1] == [send]


def test_a_channel_that_refuses_holds_up_its_own_messages_and_no_other_s() -> None:
    book, down = failing("mail", "chat")
    book.sees(SendFailed(down.message.id, "mail", "refused"))
    book.sees(Appeared(B, adopted=False))
    (save,) = [action for action in book.proves(B) if isinstance(action, Save)]
    book.sees(Saved(save.revision))
    (up,) = sends(book.sees(Sent(down.message.id, "chat")))
    assert (up.channel, up.message.chapter) == ("chat", Chapter.CLOSED)
    assert sends(book.waits(30.0)) == [down]  # in its order: the outage before its end
    assert sends(book.sees(Sent(down.message.id, "mail"))) == [Send(up.message, "mail")]


def test_what_is_under_way_is_not_sent_again_by_time_alone() -> None:
    book, _ = failing("mail")
    assert sends(book.waits(3600)) == []


def test_the_worst_of_those_that_wait_is_shown() -> None:
    book, send = failing("mail", "chat")
    died = book.wall
    assert book.view.outbox == OutboxView(2, died, 0, "mail", "")
    book.sees(SendFailed(send.message.id, "chat", "timeout"), after=5)
    assert book.view.outbox == OutboxView(2, died, 1, "chat", "timeout")
    for _ in range(2):
        book.sees(SendFailed(send.message.id, "mail", "refused"))
    assert book.view.outbox == OutboxView(2, died, 2, "mail", "refused")
    book.sees(Sent(send.message.id, "mail"))
    book.sees(Sent(send.message.id, "chat"))
    assert book.view.outbox is None


def test_an_answer_about_another_message_is_no_answer_about_this_one() -> None:
    book, _ = failing("mail")
    died = book.wall
    book.sees(Sent("99-0-opened", "mail"))
    book.sees(SendFailed("99-0-opened", "mail", "refused"))
    assert book.view.outbox == OutboxView(1, died, 0, "mail", "")


@pytest.mark.parametrize(
    ("named", "told"),
    [(None, ["mail", "chat"]), (("chat",), ["chat"]), (("chat", "mail"), ["mail", "chat"]), ((), [])],
)
def test_a_rule_may_name_who_is_told_of_its_beginning_and_its_end(
    named: tuple[str, ...] | None, told: list[str]
) -> None:
    rule = msgspec.structs.replace(DEFAULTS[Trouble.DISK_LOW], channels=named)
    book = Playbook(Policy(channels=("mail", "chat"), rules={Trouble.DISK_LOW: rule}))
    book.boots(A)
    for free in (1e6, 1e12):
        book.sees(Sampled(A, "S", {Measure.DISK_FREE: free}))
    owed = [entry.owed for entry in book.state.outbox.entries]
    assert [(one.channel, one.message.chapter) for one in owed] == [
        (channel, chapter) for chapter in ("opened", "closed") for channel in told
    ]


def test_the_server_s_own_story_is_for_everybody_whatever_rule_it_is_for() -> None:
    rule = msgspec.structs.replace(DEFAULTS[Trouble.DISK_LOW], channels=("chat",), act=Act.RESTART)
    book = Playbook(Policy(channels=("mail", "chat"), rules={Trouble.DISK_LOW: rule}))
    book.boots(A)
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 1e6}))
    assert [entry.owed.channel for entry in book.state.outbox.entries] == ["mail", "chat"]
