"""Messages on their way: how often, how late, and what is said of those that do not arrive."""

from __future__ import annotations

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.actions import Action, Save, Send
from sidecar.core.nouns import Act, Identity, Trouble
from sidecar.core.observations import Sampled, Saved, SendFailed, Sent
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS
from sidecar.core.view import OutboxView
from support.playbook import Playbook

A = Identity(100, 1)


def sends(actions: list[Action]) -> list[Send]:
    return [action for action in actions if isinstance(action, Send)]


def failing(*channels: str) -> tuple[Playbook, Send]:
    """A message under way, once for each channel; the first send."""
    book = Playbook(Policy(channels=channels, gap=1e6))
    book.boots(A)
    (save,) = [action for action in book.dies(A) if isinstance(action, Save)]
    return book, sends(book.sees(Saved(save.revision)))[0]


def test_the_waits_double_from_five_seconds_to_five_minutes() -> None:
    book, send = failing("mail")
    for wait in (5, 10, 20, 40, 80, 160, 300, 300):
        assert sends(book.sees(SendFailed(send.message.id, "mail", "refused"))) == []
        assert sends(book.waits(wait - 0.1)) == []
        assert sends(book.waits(0.1)) == [send]


def test_what_is_under_way_is_not_sent_again_by_time_alone() -> None:
    book, _ = failing("mail")
    assert sends(book.waits(3600)) == []


def test_the_worst_of_those_that_wait_is_shown() -> None:
    book, send = failing("mail", "chat")
    assert book.view.outbox == OutboxView(2, 0, "mail", "")
    book.sees(SendFailed(send.message.id, "chat", "timeout"))
    assert book.view.outbox == OutboxView(2, 1, "chat", "timeout")
    for _ in range(2):
        book.sees(SendFailed(send.message.id, "mail", "refused"))
    assert book.view.outbox == OutboxView(2, 2, "mail", "refused")
    book.sees(Sent(send.message.id, "mail"))
    book.sees(Sent(send.message.id, "chat"))
    assert book.view.outbox is None


def test_an_answer_about_another_message_is_no_answer_about_this_one() -> None:
    book, _ = failing("mail")
    book.sees(Sent("99-0-opened", "mail"))
    book.sees(SendFailed("99-0-opened", "mail", "refused"))
    assert book.view.outbox == OutboxView(1, 0, "mail", "")


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
