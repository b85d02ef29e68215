"""``fermat-sidecar test-alert`` as a person runs it: a real process, a real mail server, nobody on a port."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from fermatkit.errors import ExitCode
from support.running import free_port
from support.smtp import Mailbox, mail_server

SERVER = '[server]\ncommand = ["java"]\nport = 9090\n'
PART = "hunter2hunter2"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with mail_server() as box:
        yield box


def channel(name: str, url: str) -> str:
    return f'[[channel]]\nname = "{name}"\nurl = "{url}"\n'


async def start(tmp_path: Path, text: str, *arguments: str) -> asyncio.subprocess.Process:
    path = tmp_path / "sidecar.toml"
    path.write_text(text)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sidecar", "test-alert", "--config", str(path), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, list[str], str]:
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, out.decode().splitlines(), err.decode()


async def test_the_message_arrives_and_says_what_it_is(tmp_path: Path, mailbox: Mailbox) -> None:
    code, lines, errors = await ended(await start(tmp_path, SERVER + channel("mail", mailbox.url)))
    assert (code, errors) == (ExitCode.GOOD, "")
    (line,) = lines
    assert re.fullmatch(r"mail: taken by its service after [\d.]+ ?m?s", line)
    (mail,) = mailbox.mails
    assert mail["subject"].startswith("TEST: ")
    text = " ".join(mail.get_content().split())
    assert "Nothing is wrong" in text
    assert "127.0.0.1:9090" in text
    assert re.search(r"Message test-\d+ from the sidecar on ", text)


async def test_it_speaks_the_language_of_the_configuration(tmp_path: Path, mailbox: Mailbox) -> None:
    text = 'language = "es"\n' + SERVER + channel("mail", mailbox.url)
    code, (line,), _ = await ended(await start(tmp_path, text))
    assert code == ExitCode.GOOD
    assert line.startswith("mail: aceptado por su servicio tras ")
    (mail,) = mailbox.mails
    assert mail["subject"].startswith("PRUEBA: ")
    assert "No pasa nada" in mail.get_content()


async def test_each_channel_gives_its_own_answer_and_one_refusal_is_a_failure(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    nobody = f"mailto://op:{PART}@127.0.0.1:{free_port()}?from=a@localhost&to=b@localhost&mode=insecure"
    text = SERVER + channel("pager", nobody) + channel("mail", mailbox.url)
    code, lines, errors = await ended(await start(tmp_path, text))
    assert (code, errors) == (ExitCode.UNHEALTHY, "")
    taken, refused = sorted(lines)
    assert taken.startswith("mail: taken ")
    assert refused.startswith("pager: not taken: ")
    assert "Connection refused" in refused
    assert PART not in refused
    assert len(mailbox.mails) == 1


async def test_only_the_named_one_is_asked(tmp_path: Path, mailbox: Mailbox) -> None:
    text = SERVER + channel("pager", "json://127.0.0.1:1/") + channel("mail", mailbox.url)
    code, lines, _ = await ended(await start(tmp_path, text, "--channel", "mail"))
    assert code == ExitCode.GOOD
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("channels", "arguments", "said"),
    [
        (
            ("mail", "chat"),
            ("--channel", "mial"),
            "'mial' is the name of no [[channel]]; did you mean 'mail'?",
        ),
        (("mail", "chat"), ("--channel", "x"), "'x' is the name of no [[channel]]; known here: mail, chat"),
        ((), (), "has no [[channel]], so nobody is told: write one"),
    ],
)
async def test_nobody_to_be_told_is_a_mistake_in_one_line(
    tmp_path: Path, channels: tuple[str, ...], arguments: tuple[str, ...], said: str
) -> None:
    text = SERVER + "".join(channel(name, "json://127.0.0.1:1/") for name in channels)
    code, lines, errors = await ended(await start(tmp_path, text, *arguments))
    assert code == ExitCode.CONFIGURATION
    assert lines == []
    assert errors == f"fermat-sidecar: {tmp_path}/sidecar.toml: {said}\n"


async def test_a_credential_that_is_not_there_is_told_before_anything_is_sent(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    chat = '[[channel]]\nname = "chat"\nurl = { credential = "chat" }\n'
    code, lines, errors = await ended(await start(tmp_path, SERVER + channel("mail", mailbox.url) + chat))
    assert code == ExitCode.CONFIGURATION
    assert lines == []
    assert errors.startswith("fermat-sidecar: credential chat: ")
    assert not mailbox.mails


async def test_ctrl_c_ends_it_without_a_traceback_and_leaves_no_process(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    waits = asyncio.Event()

    async def hang() -> str:
        waits.set()
        await asyncio.sleep(3600)
        return ""

    mailbox.answer = hang
    process = await start(tmp_path, SERVER + channel("mail", mailbox.url))
    async with asyncio.timeout(60):
        await waits.wait()
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert await ended(process) == (ExitCode.INTERRUPTED, [], "")
    assert children
    assert psutil.wait_procs(children, timeout=5)[1] == []
