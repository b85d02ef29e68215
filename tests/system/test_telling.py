"""Who is told what, and when: a whole sidecar, its mail, and its operator at a terminal."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.others import BY_PIDFILE, named, somebody_starts_it
from support.running import Running, running, until
from support.spanish import english


def to(run: Running, who: str) -> list[str]:
    """The subjects of what one of the two has got."""
    return [str(mail["Subject"]) for mail in run.mailbox.mails if mail["to"].startswith(who)]


def channels(run: Running, after: str) -> dict[str, str]:
    """An operator, and a phone that rings only for what nobody acknowledges."""
    phone = run.mailbox.url.replace("operator@", "phone@")
    return {"mail": run.mailbox.url, "phone": f"{phone}\nafter = '{after}'"}


async def heard(run: Running, who: str, *beginnings: str) -> None:
    """Wait until somebody has got these."""

    async def all_of_them() -> bool:
        subjects = to(run, who)
        return all(any(subject.startswith(one) for subject in subjects) for one in beginnings)

    await until(all_of_them, lambda: f"{who} wants {beginnings}: {run.subjects}: {run.log[-3000:]}")


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    (tmp_path / "en").mkdir()
    async with running(tmp_path / "en") as one:
        named(one, BY_PIDFILE, 'remind_first = "1s"\nremind_max = "1s"\n', channels=channels(one, "1s"))
        yield one


@pytest.fixture
async def spanish(tmp_path: Path) -> AsyncIterator[Running]:
    (tmp_path / "es").mkdir()
    async with running(tmp_path / "es") as one:
        named(one, BY_PIDFILE, channels=channels(one, "1h"), language="es")
        yield one


async def test_two_outages(run: Running, spanish: Running) -> None:
    """At the same time, for both wait most of it."""
    await asyncio.gather(nobody_acknowledges_and_then_somebody_does(run), silenced_and_not(spanish))


async def nobody_acknowledges_and_then_somebody_does(run: Running) -> None:
    server = somebody_starts_it(run)
    run.start()
    assert await run.passes() == server
    os.kill(server, signal.SIGKILL)
    await heard(run, "operator", "DOWN: ", "STILL DOWN, for ")
    await heard(run, "phone", "DOWN: ")
    body = next(mail.get_content() for mail in run.mailbox.mails if mail["to"].startswith("phone"))
    assert "You are told because nobody has acknowledged this yet." in body
    assert "fermat-sidecar ack 1" in body

    said = (await run.asks("incidents")).stdout
    assert re.search(r"(?m)^  1  SERVER  since .+ UTC, for \d", said), said
    assert "    told: mail, phone\n" in said
    assert re.search(r"-opened  phone: sent, for nobody has acknowledged it\n", said)
    assert re.search(r"-opened  phone: held back: only if nobody acknowledges it\n", said)

    unknown = await run.asks("ack", "7")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "no incident 7 is open; open now: 1 (server)" in unknown.stderr
    acked = await run.asks("ack", "1", "on it")
    assert acked.stdout.startswith("Incident 1 (server) is yours: no reminders"), acked.stderr
    said = (await run.asks("incidents")).stdout
    assert re.search(r"    \S+ has had this in hand since .+ \(on it\): no reminders are sent\.\n", said)
    await until(run.settled, lambda: run.log)
    before = len(run.mailbox.mails)
    await asyncio.sleep(2.5)
    assert len(run.mailbox.mails) == before, run.subjects

    second = somebody_starts_it(run)
    assert await run.passes() == second
    await heard(run, "operator", "RECOVERED: ")
    await heard(run, "phone", "RECOVERED: ")
    assert (to(run, "operator")[0][:6], to(run, "operator")[-1][:10]) == ("DOWN: ", "RECOVERED:")
    assert (await run.asks("incidents")).stdout.startswith("Open:\n  none\n")
    assert "Traceback" not in run.log


async def silenced_and_not(run: Running) -> None:
    server = somebody_starts_it(run)
    run.start()
    assert await run.passes() == server
    wrong = await run.asks("silence", "servr", "1h")
    assert "there are no messages about 'servr'; did you mean 'server'?" in wrong.stderr
    silenced = await run.asks("silence", "server", "1h", "obras")
    assert silenced.stdout.startswith("Nothing about server is sent until 20"), silenced.stderr
    os.kill(server, signal.SIGKILL)

    async def held_back() -> bool:
        return len((await run.health())["checks"]["alerts:held"]) == 2

    await until(held_back, lambda: run.log[-3000:])
    said = (await run.asks("incidents")).stdout
    assert re.search(r"(?m)^  1  SERVIDOR  desde .+ UTC, hace \d", said), said
    why = "retenido: silenciado o en pausa"
    assert f"    avisados: nadie\n    mail: {why}\n    phone: {why}\n" in said
    assert re.search(r"Silenciados:\n  server hasta .+, por deseo de \S+ \(«obras»\)\n", said)
    assert english(re.sub(r"(?m)^  server|\S+-opened", "", said)) == set()
    await asyncio.sleep(1)
    assert run.subjects == []

    heard_again = await run.asks("unsilence", "server")
    assert heard_again.stdout.startswith("Messages about server are sent again"), heard_again.stderr
    await heard(run, "operator", "CAÍDO: ")
    assert to(run, "phone") == []
    said = (await run.asks("incidents")).stdout
    assert "    avisados: mail\n    phone: retenido: solo si nadie se hace cargo\n" in said
    second = somebody_starts_it(run)
    assert await run.passes() == second
    await heard(run, "operator", "RECUPERADO: ")
    assert to(run, "phone") == []
    assert "Traceback" not in run.log
