"""Each first-class channel, as INSTALL.md has it, through real Apprise to its service over verified TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sidecar.core.observations import SendFailed, Sent
from support.examples import INSTALL, SECRETS, channels
from support.outside import Outside, outside
from support.services import SLACK, TELEGRAM, Post
from support.smtp import Mailbox
from support.telling import MESSAGE, TEXT, telling

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
    url = there.urls["mail"].replace("staple", "sesam-open-1234567890")
    async with telling(mail=url) as told:
        failed = await told.send()
    assert isinstance(failed, SendFailed)
    assert "535" in failed.why
    assert "sesam" not in failed.why
    assert not there.mailbox.mails


def test_the_shipped_file_has_the_same_examples() -> None:
    shipped = (INSTALL.parent / "systemd" / "sidecar.toml").read_text()
    lines = [
        line.removeprefix("# ")
        for line in shipped.partition("[deadman]")[0].splitlines()  # that has a url, too
        if line.startswith(("# [[", "# name", "# url"))
    ]
    assert channels("\n".join(["```toml", *lines, "```"])) == channels(INSTALL.read_text())


def leaked(text: str) -> list[str]:
    return [name for name, value in SECRETS.items() if value in text]
