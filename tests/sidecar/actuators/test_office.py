"""The process that sends: one for all that is under way, and a child of it for each message."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psutil
import pytest

from sidecar.core.actions import Send
from sidecar.core.observations import SendFailed, Sent
from support.smtp import Mailbox, mail_server
from support.telling import MESSAGE, Told, child, delivering, telling, until

KILLED = "the sending process was killed by signal 9 (Killed) before it answered"
NAMES = ("mail", "chat", "pager")


@pytest.fixture
async def boxes() -> AsyncIterator[dict[str, Mailbox]]:
    """Three mail servers that say nothing at the end of a mail."""
    async with AsyncExitStack() as servers:
        boxes = {name: await servers.enter_async_context(mail_server()) for name in NAMES}
        for box in boxes.values():
            box.answer = forever
        yield boxes


async def forever() -> str:
    await asyncio.sleep(60)
    return "250 too late"


async def under_way(told: Told, boxes: dict[str, Mailbox]) -> list[psutil.Process]:
    """A message on each channel; the children, each in the middle of sending."""
    for name in boxes:
        told.sender.send(Send(MESSAGE, name))
    await until(lambda: all(box.connected_at for box in boxes.values()))
    (process,) = delivering()
    children = process.children()
    assert len(children) == len(boxes)
    return children


def urls(boxes: dict[str, Mailbox]) -> dict[str, str]:
    return {name: box.url for name, box in boxes.items()}


async def test_a_child_that_is_killed_is_one_failed_send(boxes: dict[str, Mailbox]) -> None:
    async with telling(**urls(boxes)) as told:
        (victim, *others) = await under_way(told, boxes)
        victim.kill()
        await until(lambda: bool(told.seen))
        (failed,) = told.seen
        assert failed == SendFailed(MESSAGE.id, failed.channel, KILLED)
        assert all(other.is_running() for other in others)
        assert delivering()


async def test_with_the_process_its_children_end_and_each_is_a_failed_send(boxes: dict[str, Mailbox]) -> None:
    async with telling(**urls(boxes)) as told:
        children = await under_way(told, boxes)
        (await child()).kill()
        assert [await told.next(name) for name in NAMES] == [
            SendFailed(MESSAGE.id, name, KILLED) for name in NAMES
        ]
        await until(lambda: not any(map(lives, children)))
        boxes["mail"].answer = boxes["mail"].take
        assert await told.send() == Sent(MESSAGE.id, "mail")


def lives(process: psutil.Process) -> bool:
    """An orphan whom nobody reaps has ended, too."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def test_a_deadline_is_each_message_s_own(boxes: dict[str, Mailbox]) -> None:
    given_up = asyncio.Event()

    async def afterwards() -> str:
        await given_up.wait()
        return "250 taken"

    boxes["chat"].answer = afterwards
    async with telling(6.0, **urls(boxes)) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        await asyncio.sleep(3)
        told.sender.send(Send(MESSAGE, "chat"))
        assert await told.next("mail") == SendFailed(MESSAGE.id, "mail", "no answer within 6 s")
        given_up.set()
        assert await told.next("chat") == Sent(MESSAGE.id, "chat")


async def test_one_that_gives_nothing_up_is_killed_itself(boxes: dict[str, Mailbox]) -> None:
    async with telling(1.0, mail=boxes["mail"].url) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        process = await child()
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert await told.next() == SendFailed(MESSAGE.id, "mail", "no answer within 1 s")
        assert time.monotonic() - began > 3
        assert not lives(process)


async def test_it_ends_when_nothing_is_left_to_send(boxes: dict[str, Mailbox]) -> None:
    boxes["mail"].answer = boxes["mail"].take
    async with telling(mail=boxes["mail"].url) as told:
        for _ in range(2):
            assert await told.send() == Sent(MESSAGE.id, "mail")
            await until(lambda: not delivering())
        assert len(told.sender._offices) <= 2
