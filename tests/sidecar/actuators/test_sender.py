"""The sender: real processes, real Apprise, a real mail server."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sidecar.actuators.sender import Sender
from sidecar.core.actions import Send
from sidecar.core.observations import Observation, SendFailed, Sent
from sidecar.core.stories import Message
from sidecar.faces.message import Rendered
from support.smtp import Mailbox, mail_server
from support.telling import MESSAGE, TEXT, child, delivering, telling, until


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with mail_server() as box:
        yield box


async def test_a_mail_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    async with telling(mail=mailbox.url) as told:
        assert await told.send() == Sent(MESSAGE.id, "mail")
    (mail,) = mailbox.mails
    assert mail["subject"] == TEXT.subject
    assert mail["to"] == "operator@localhost"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip().splitlines() == TEXT.body.strip().splitlines()


@asynccontextmanager
async def web_service() -> AsyncIterator[tuple[list[dict[str, str]], int]]:
    """What was posted to it, and its port."""
    posted: list[dict[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        posted.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield posted, server.port or 0
    finally:
        await server.close()


async def test_a_mail_has_the_whole_text_and_a_phone_the_short_one(mailbox: Mailbox) -> None:
    both = Rendered(TEXT.subject, "all of it\n", "the gist\n")
    capitals = mailbox.url.replace("mailto", "MailTo")
    async with web_service() as (posted, port):
        urls = {"mail": mailbox.url, "other": capitals, "phone": f"json://127.0.0.1:{port}/"}
        async with telling(text=both, **urls) as told:
            for name in urls:
                assert await told.send(name) == Sent(MESSAGE.id, name)
        async with telling(phone=urls["phone"]) as told:
            assert await told.send("phone") == Sent(MESSAGE.id, "phone")
    assert [mail.get_content().strip() for mail in mailbox.mails] == ["all of it"] * 2
    short, only = posted
    assert (short["title"], short["message"].strip()) == (TEXT.subject, "the gist")
    assert only["message"].strip() == TEXT.body.strip()  # where there is no short one


async def test_a_refused_connection_says_so() -> None:
    async with mail_server() as box:
        url = box.url
    async with telling(mail=url) as told:
        failed = await told.send()
    assert isinstance(failed, SendFailed)
    assert "Connection refused" in failed.why


@pytest.mark.parametrize("answer", ["451 try again later", "554 not wanted here"])
async def test_a_refusal_is_told_in_the_servers_own_words(mailbox: Mailbox, answer: str) -> None:
    async def refuse() -> str:
        return answer

    mailbox.answer = refuse
    async with telling(mail=mailbox.url) as told:
        failed = await told.send()
    assert isinstance(failed, SendFailed)
    assert answer[4:] in failed.why


async def test_a_hang_ends_at_the_deadline(mailbox: Mailbox) -> None:
    mailbox.answer = forever
    async with telling(deadline=2.0, mail=mailbox.url) as told:
        failed = await told.send()
        assert failed == SendFailed(MESSAGE.id, "mail", "no answer within 2 s")
        await until(lambda: not delivering())


async def forever() -> str:
    await asyncio.sleep(60)
    return "250 too late"


async def test_a_slow_channel_is_waited_for_and_delays_no_other(mailbox: Mailbox) -> None:
    release = asyncio.Event()

    async def slowly() -> str:
        await release.wait()
        return "250 at last"

    mailbox.answer = slowly
    async with mail_server() as other, telling(mail=mailbox.url, other=other.url) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        assert await told.send("other") == Sent(MESSAGE.id, "other")
        assert not mailbox.mails
        release.set()
        assert await told.next() == Sent(MESSAGE.id, "mail")


async def test_one_process_at_a_time_for_each_channel(mailbox: Mailbox) -> None:
    under_way, most = 0, 0

    async def count() -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1
        return "250 taken"

    mailbox.answer = count
    async with telling(mail=mailbox.url) as told:
        for _ in range(3):
            told.sender.send(Send(MESSAGE, "mail"))
        for _ in range(3):
            assert await told.next() == Sent(MESSAGE.id, "mail")
    assert most == 1
    assert len(mailbox.mails) == 3


async def test_a_killed_sender_is_a_failed_send(mailbox: Mailbox) -> None:
    async with telling(mail=mailbox.url) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        (await child()).kill()
        failed = await told.next()
        assert failed == SendFailed(
            MESSAGE.id, "mail", "the sending process was killed by signal 9 (Killed) before it answered"
        )
        assert await told.send() == Sent(MESSAGE.id, "mail")


async def test_closing_kills_what_is_under_way(mailbox: Mailbox) -> None:
    mailbox.answer = forever
    async with telling(mail=mailbox.url) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        process = await child()
    assert not process.is_running()
    assert not told.seen


SESAM = "sesam-open-1234567890"


@pytest.mark.parametrize(
    "url",
    [
        "json://user:{secret}@127.0.0.1:{port}/{secret}?+X-Token={secret}",
        "mailto://user:{secret}@127.0.0.1:{port}?from=a@localhost&to=b@localhost&mode=insecure",
        "nonsense-{secret}://127.0.0.1:{port}/{secret}",
        "not a url {secret}",
    ],
)
async def test_nothing_secret_is_seen_anywhere(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with mail_server() as box:
        port = box.port  # nobody listens there any more
    async with telling(mail=url.format(secret=SESAM, port=port)) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        process = await child()
        argv, environment = process.cmdline(), process.environ()
        failed = await told.next()
        assert SESAM not in repr(told.sender._urls)
    assert isinstance(failed, SendFailed)
    assert SESAM not in failed.why
    assert SESAM not in " ".join(argv)
    assert SESAM not in repr(environment)
    assert SESAM not in caplog.text


async def test_a_mistake_of_ours_is_no_failed_send() -> None:
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["exception"]))
    mistake = ValueError("no words")

    def render(_: Message) -> Rendered:
        raise mistake

    reported: list[Observation] = []
    sender = Sender([], render, reported.append)
    sender.send(Send(MESSAGE, "mail"))
    await until(lambda: bool(heard))
    assert heard == [mistake]
    assert not reported


async def test_a_terminals_interrupt_does_not_reach_it(mailbox: Mailbox) -> None:
    async with telling(mail=mailbox.url) as told:
        told.sender.send(Send(MESSAGE, "mail"))
        process = await child()
        assert os.getsid(process.pid) == process.pid != os.getsid(0)
        assert await told.next() == Sent(MESSAGE.id, "mail")


async def test_it_ends_with_its_parent(mailbox: Mailbox) -> None:
    mailbox.answer = forever
    program = f"""
import asyncio
from sidecar.actuators.forks import Order
from sidecar.actuators.office import COMMAND
import msgspec, subprocess
child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
child.stdin.write(msgspec.json.encode(Order(1, {mailbox.url!r}, "s", "b")) + b"\\n")
child.stdin.flush()
print(child.pid, flush=True)
child.wait()
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    orphan = psutil.Process(int(await parent.stdout.readline()))
    await until(lambda: len(mailbox.connected_at) == 1)  # in the middle of sending
    parent.kill()
    await parent.wait()
    await until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


def test_nothing_of_apprise_is_loaded_by_the_sidecar_itself() -> None:
    program = "import sys, sidecar.actuators.sender; print([m for m in sys.modules if 'apprise' in m])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_loop_is_not_held_up(mailbox: Mailbox) -> None:
    """Starting the process is all that the loop itself does; the bound is generous for a busy machine."""
    worst = 0.0
    running = True

    async def watch() -> None:
        nonlocal worst
        while running:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            worst = max(worst, time.monotonic() - before - 0.005)

    async with telling(mail=mailbox.url) as told:
        watcher = asyncio.create_task(watch())
        began = time.monotonic()
        assert await told.send() == Sent(MESSAGE.id, "mail")
        running = False
        await watcher
    print(f"decision → mail server's accept {mailbox.connected_at[0] - began:.3f} s, loop lag {worst:.3f} s")
    assert worst < 0.5
    assert mailbox.connected_at[0] - began < 10
