"""Each first-class channel, as INSTALL.md has it, through real Apprise to its service over verified TLS."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from sidecar.core.observations import Observation, SendFailed, Sent
from support.examples import SECRETS
from support.outside import Outside, outside
from support.services import SLACK, TELEGRAM, Habit, Post, broken, dripping, reset, silent, too_many
from support.smtp import Mailbox
from support.telling import MESSAGE, TEXT, Told, telling

CHANNELS = ("telegram", "mail", "slack")


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Outside]:
    async with outside(tmp_path) as there:
        yield there


async def test_all_three_take_the_message_over_verified_tls(there: Outside) -> None:
    async with telling(**there.urls) as told:
        outcomes = await asyncio.gather(*(told.send(name) for name in CHANNELS))
    assert outcomes == [Sent(MESSAGE.id, name) for name in CHANNELS]
    assert sorted(there.services.tunnels) == [TELEGRAM, SLACK]
    telegram, slack = sorted(there.services.taken, key=lambda post: post.path)
    is_for_telegram(telegram)
    assert slack.path == "/services/{TOKEN_A}/{TOKEN_B}/{TOKEN_C}".format(**SECRETS)
    assert "<" not in slack.text, "Slack takes it for a link"
    for post in (telegram, slack):
        assert TEXT.subject in post.text
        assert "Ümläuts, &lt;b&gt;no markup&lt;/b&gt; &amp; a second line:" in post.text
    is_taken_by_mail(there.mailbox)


def is_for_telegram(post: Post) -> None:
    assert post.path == f"/bot{SECRETS['BOT_TOKEN']}/sendMessage"
    assert str(post.content["chat_id"]) == SECRETS["CHAT_ID"]
    assert post.content["parse_mode"] == "HTML"


def is_taken_by_mail(mailbox: Mailbox) -> None:
    (mail,) = mailbox.mails
    assert mailbox.secured == [True]
    assert (mail["subject"], mail["to"]) == (TEXT.subject, "operator@example.org")
    assert mail["from"] == "sidecar@example.org"


async def test_without_the_authority_nothing_is_sent_and_the_reason_is_told(tmp_path: Path) -> None:
    async with outside(tmp_path, trusted=False) as there, telling(**there.urls) as told:
        outcomes = await asyncio.gather(*(told.send(name) for name in CHANNELS))
        assert not there.services.asked
        assert not there.mailbox.mails
    for outcome in outcomes:
        assert isinstance(outcome, SendFailed)
        assert "certificate verify failed: unable to get local issuer certificate" in outcome.why
        assert not leaked(outcome.why)


async def test_a_wrong_login_is_told_in_the_mail_servers_own_words(there: Outside) -> None:
    url = there.urls["mail"].replace(SECRETS["PASSWORD"], "sesam-open-1234567890")
    async with telling(mail=url) as told:
        failed = await told.send()
    assert isinstance(failed, SendFailed)
    assert "535" in failed.why
    assert "sesam" not in failed.why
    assert not there.mailbox.mails


RESET = "Connection reset by peer|Remote end closed connection"
"""Python's TLS takes a reset for an end, with some versions of OpenSSL."""
HABITS: dict[str, tuple[Habit, str, str]] = {
    "too-many": (too_many, "Too Many Requests: retry after 7, error=429", "error=429"),
    "broken": (broken, "Internal Server Error, error=500", "error=500"),
    "reset": (reset, RESET, RESET),
    "silent": (silent, "Read timed out", "Read timed out"),
    "dripping": (dripping, "no answer within 12 s", "no answer within 12 s"),
}
"""What the service does, and what is said of it: of Slack's own words Apprise passes few on."""
DEADLINE = 12.0
"""Above Apprise's own limit on a read, which ends the silent one, and soon enough for the dripping one."""


async def test_whatever_a_service_answers_is_one_failed_send_with_its_reason(there: Outside) -> None:
    """All at once, for most of it is waiting: each service with each habit, and a mail server's silence."""
    urls, wanted = {}, {}
    for number, (name, (habit, *whys)) in enumerate(HABITS.items()):
        bot, hook = f"{SECRETS['BOT_TOKEN']}{number}", f"{SECRETS['TOKEN_C']}{number}"
        urls[f"telegram-{name}"] = there.urls["telegram"].replace(SECRETS["BOT_TOKEN"], bot)
        urls[f"slack-{name}"] = there.urls["slack"].replace(SECRETS["TOKEN_C"], hook)
        there.services.habits[bot] = [habit]
        there.services.habits[hook] = [habit]
        wanted |= {f"telegram-{name}": whys[0], f"slack-{name}": whys[1]}
    there.mailbox.answer = forever
    began = time.monotonic()
    async with telling(DEADLINE, **urls, mail=there.urls["mail"]) as told:
        outcomes = await all_of(told, *wanted, "mail")
    assert time.monotonic() - began < DEADLINE + 8  # … of starting and ending eleven processes
    for (name, why), outcome in zip((wanted | {"mail": "timed out"}).items(), outcomes, strict=True):
        assert isinstance(outcome, SendFailed), name
        assert re.search(why, outcome.why), name
        assert not leaked(outcome.why)
    assert len(there.services.asked) == len(wanted), "a service was asked twice"


async def all_of(told: Told, *names: str) -> list[Observation]:
    sends: list[Awaitable[Observation]] = [told.send(name) for name in names]
    return [*await asyncio.gather(*sends)]


async def forever() -> str:
    await asyncio.sleep(3600)
    return "250 too late"


def leaked(text: str) -> list[str]:
    return [name for name, value in SECRETS.items() if value in text]
