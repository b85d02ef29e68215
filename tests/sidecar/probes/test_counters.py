"""The server's own counters: a real stand-in, and servers that answer as the real one does on a bad day."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from cloudserver.session import Session, make_keys
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import started
from sidecar.config.secrets import Secret
from sidecar.core.nouns import Identity
from sidecar.core.observations import Counted
from sidecar.probes.counters import MEASURES, Admin, CountersProbe, CountersSettings
from support.cloud_client import CloudClient
from support.reports import Reports
from support.standin import StandinProcess, serving

LOGIN, DATA = "/fermat/api/user/login", "/fermat/api/admin/monitoring/current/data"
NUMBERS = {
    "pendingClientConnection": 1,
    "registeredClientConnection": 2,
    "registeredNetworkServiceTotal": 3,
    "registeredNetworkServiceDetail": '{"CHAT":3}',
    "vpnTotal": 4,
}
FOUND = dict(zip(MEASURES, (1.0, 2.0, 3.0, 4.0), strict=True))


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandinProcess]:
    with serving(tmp_path) as process:
        yield process


def settings(url: str, word: str | None = "fermat", *, pause: float = 60.0) -> CountersSettings:
    return CountersSettings(
        port=int(url.rpartition(":")[2]),
        user="fermat",
        password=None if word is None else Secret(word),
        interval=0.05,
        patience=1.0,
        pause=pause,
    )


@asynccontextmanager
async def watching(settings: CountersSettings, identity: Identity, reports: Reports) -> AsyncIterator[None]:
    probe = CountersProbe(settings, reports)
    probe.watch(identity)
    try:
        yield
    finally:
        await probe.close()


@asynccontextmanager
async def admin(settings: CountersSettings) -> AsyncIterator[Admin]:
    assert settings.password is not None
    timeout = aiohttp.ClientTimeout(total=settings.patience)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        yield Admin(http, settings, settings.password)


def identity_of(standin: StandinProcess) -> Identity:
    return Identity(standin.process.pid, started(standin.process.pid) or 0)


def unknown(why: str) -> dict[Measure, Reading]:
    return dict.fromkeys(MEASURES, Unknown(why))


async def test_clients_are_counted_and_no_log_line_is_written(
    standin: StandinProcess, reports: Reports
) -> None:
    async with watching(settings(standin.url), identity_of(standin), reports):
        first = await reports.until(Counted)
        assert first == Counted(identity_of(standin), dict.fromkeys(MEASURES, 0.0))
        await reports.until(Counted, 4)
        assert "HTTP 401" not in standin.stdout
        size = len(standin.stdout)
        await reports.until(Counted, 6)
        assert len(standin.stdout) == size
        async with aiohttp.ClientSession(standin.url) as http:
            kept = await CloudClient.register(http, Session(make_keys(os.urandom), lambda: str(uuid4())))
            seen = await reports.until(Counted, len(reports.all) + 2)
            assert seen.readings[Measure.CLIENTS_REGISTERED] == 1
            del kept


async def test_a_restarted_server_is_logged_in_to_again(reports: Reports, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(tmp_path, "--port", str(port)) as standin:
        probe = CountersProbe(settings(standin.url), reports)
        probe.watch(identity_of(standin))
        await reports.until(Counted, 2)
    await reports.until(Counted, readings=unknown("Connection refused"))
    (tmp_path / "again").mkdir()
    with serving(tmp_path / "again", "--port", str(port)) as standin:
        probe.watch(identity_of(standin))
        again = await reports.until(Counted, identity=identity_of(standin))
        assert again.readings == dict.fromkeys(MEASURES, 0.0)
        assert "Unauthorized" not in standin.stdout
    await probe.close()


async def test_a_token_of_another_process_or_none_at_all_is_replaced(standin: StandinProcess) -> None:
    """The first is answered with 401; the second with 500, as one that has expired is."""
    async with admin(settings(standin.url)) as somebody:
        good = await somebody.counters()
        head, body, _ = somebody.token.split(".")
        for token in (f"{head}.{body}.{'A' * 43}", "nodots"):
            somebody.token = token
            assert await somebody.counters() == good == dict.fromkeys(MEASURES, 0.0)
            assert somebody.token not in ("", token)


async def test_a_wrong_password_is_unknown_and_not_tried_at_once_again(standin: StandinProcess) -> None:
    async with admin(settings(standin.url, "wrong", pause=0.3)) as somebody:
        refused = unknown("the server refuses the login of [server.admin]: Login process fail")
        assert await somebody.counters() == refused
        standin.process.kill()
        standin.process.wait()
        assert await somebody.counters() == refused  # said without asking
        await asyncio.sleep(0.3)
        assert await somebody.counters() == unknown("Connection refused")


async def test_without_a_login_nothing_is_asked(reports: Reports, another: Identity) -> None:
    async with watching(settings("http://127.0.0.1:1", None), another, reports):
        await reports.until(Counted)
        await asyncio.sleep(0.2)
    assert reports.all == [Counted(another, unknown("no [server.admin] login is configured"))]


async def test_a_stopped_server_is_unknown_and_asked_again(standin: StandinProcess, reports: Reports) -> None:
    async with watching(settings(standin.url), identity_of(standin), reports):
        await reports.until(Counted)
        standin.process.send_signal(signal.SIGSTOP)
        await reports.until(Counted, readings=unknown("no answer within 1 s"))
        standin.process.send_signal(signal.SIGCONT)
        good = len(reports.of(Counted, readings=dict.fromkeys(MEASURES, 0.0)))
        await reports.until(Counted, good + 1, readings=dict.fromkeys(MEASURES, 0.0))


class Moody:
    """Answers current/data with what it was told, one after another, then well."""

    def __init__(self, *moods: web.Response) -> None:
        self.moods = list(moods)
        self.tail = ""
        """What every token ends in."""
        self.logins = 0
        self.naked = 0

    async def login(self, request: web.Request) -> web.Response:
        assert request.headers["Content-Type"] == "application/json"
        self.logins += 1
        return web.json_response(
            {"success": True, "message": "", "authToken": f"a.b.{self.logins}{self.tail}"}
        )

    async def data(self, request: web.Request) -> web.Response:
        self.naked += not request.headers.get("Authorization", "").startswith("Bearer a.b.")
        return self.moods.pop(0) if self.moods else web.json_response(NUMBERS)


@asynccontextmanager
async def moody(*moods: web.Response, pause: float = 60.0) -> AsyncIterator[tuple[Moody, Admin]]:
    server = Moody(*moods)
    app = web.Application()
    app.add_routes([web.post(LOGIN, server.login), web.get(DATA, server.data)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with admin(settings(f"http://127.0.0.1:{port}", pause=pause)) as somebody:
            yield server, somebody
    finally:
        await runner.cleanup()
    assert server.naked == 0


@pytest.mark.parametrize("mood", [{"status": 401}, {"status": 500}, {}])
async def test_a_token_that_has_lost_its_value_is_renewed_in_the_same_beat(mood: dict[str, int]) -> None:
    async with moody(web.json_response(NUMBERS), web.Response(**mood)) as (server, somebody):
        assert [await somebody.counters() for _ in range(4)] == [FOUND] * 4
        assert server.logins == 2


@pytest.mark.parametrize("mood", [{"status": 401}, {"status": 500}, {}])
async def test_logins_that_do_not_help_are_not_repeated_at_once(mood: dict[str, int]) -> None:
    refusing = [web.Response(**mood) for _ in range(2)]
    async with moody(*refusing, pause=0.3) as (server, somebody):
        why = f"the token of a good login was answered with HTTP {mood.get('status', 200)}"
        assert [await somebody.counters() for _ in range(3)] == [unknown(why)] * 3
        assert server.logins == 1
        await asyncio.sleep(0.3)
        assert await somebody.counters() == unknown(why)
        await asyncio.sleep(0.3)
        assert await somebody.counters() == FOUND
        assert server.logins == 3


@pytest.mark.parametrize(
    "body", [b"[]", b"nonsense", b"\xff", b"[" * 200_000, json.dumps(NUMBERS | {"vpnTotal": "x"}).encode()]
)
async def test_an_answer_that_is_none_is_unknown(body: bytes) -> None:
    async with moody(web.json_response(NUMBERS), web.Response(body=body)) as (server, somebody):
        assert await somebody.counters() == FOUND
        assert await somebody.counters() == unknown("current/data is not answered as a Cloud Server does")
        assert await somebody.counters() == FOUND
        assert server.logins == 1


@pytest.mark.parametrize("tail", ["a\r\nb: c", "\0", "é", "\u2028"])
async def test_a_token_that_no_header_may_hold_is_none(tail: str) -> None:
    async with moody() as (server, somebody):
        server.tail = tail
        assert await somebody.counters() == unknown("the login is not answered as a Cloud Server does")


async def test_an_endless_answer_is_cut() -> None:
    body = b" " * 2**20 + json.dumps(NUMBERS).encode()
    async with moody(web.Response(body=body)) as (_, somebody):
        assert await somebody.counters() == unknown("current/data is not answered as a Cloud Server does")


async def test_the_password_is_in_no_report(standin: StandinProcess, reports: Reports) -> None:
    async with watching(settings(standin.url, "tiger-tiger"), identity_of(standin), reports):
        await reports.until(Counted)
    assert "tiger" not in repr(reports.all)
