"""A sidecar that systemd has started reads its file again on SIGHUP, without touching the server."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.running import Running, running, until
from support.spanish import english


@pytest.fixture
async def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        async with running(tmp_path) as run:
            yield run


def said(run: Running, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in run.log.splitlines() if line.startswith("{")]
    return [line for line in lines if event in str(line.get("event", ""))]


async def test_another_language_is_spoken_at_once(run: Running) -> None:
    run.start()
    server = await run.passes()
    assert run.sidecar is not None
    before = await run.health()
    assert before["notes"] == ["The Cloud Server is up and answers."]
    run.config.write_text(f'language = "es"\n{run.config.read_text()}')
    os.kill(run.sidecar.pid, signal.SIGHUP)

    async def spanish() -> bool:
        return bool((await run.health())["notes"] == ["El Cloud Server está en marcha y responde."])

    await until(spanish, lambda: run.log[-2000:])
    assert said(run, "configuration read again")[0]["needs_a_restart"] == []
    os.kill(server, signal.SIGKILL)
    down, back = await run.mails(2)
    assert down.startswith("CAÍDO: Cloud Server en ")
    assert back.startswith("RECUPERADO: Cloud Server en ")
    for mail in run.mailbox.mails:
        assert english(f"{mail['Subject']} {mail.get_content()}") == set()
    assert await run.stop() == 0


async def test_what_can_be_obeyed_is_and_what_cannot_is_named(run: Running) -> None:
    run.start()
    server = await run.passes()
    before = run.config.read_text()
    assert run.sidecar is not None
    pid = run.sidecar.pid

    run.config.write_text(f"{before}\nnonsense = 1\n")
    os.kill(pid, signal.SIGHUP)

    async def refused() -> bool:
        return bool(said(run, "not read again"))

    await until(refused, lambda: run.log[-2000:])
    assert await run.passes() == server

    rule = "[rules.disk-low]\nthreshold = '9000TiB'\nclear = '9999TiB'\nact = 'note'\n"
    run.config.write_text(before.replace(str(run.health_port), "1") + rule)
    os.kill(pid, signal.SIGHUP)

    async def obeyed() -> bool:
        return bool(said(run, "configuration read again")) and await run.status() == "warn"

    await until(obeyed, lambda: run.log[-2000:])
    assert said(run, "configuration read again")[0]["needs_a_restart"] == ["health.port"]
    assert run.servers() == [server]
    assert await run.stop() == 0
