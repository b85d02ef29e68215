"""What was, over HTTP: a real file behind a real server."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity, Trouble
from sidecar.core.observations import Appeared, LoadAnnounced, Sent
from sidecar.core.stories import Cause, Deed, Done
from sidecar.faces.check import iso
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.levels import SERIES
from sidecar.store.history.moments import Start
from sidecar.store.history.points import Verdict
from support.memories import INCIDENT
from support.seconds import second, seconds, whole_minute
from support.site import Site, serving

A, B = Identity(100, 1), Identity(101, 2)
NOW = whole_minute()
BEGUN = NOW - 300
OVER = msgspec.structs.replace(
    INCIDENT,
    opened=BEGUN + 0.25,
    closed=BEGUN + 60.5,
    done=(Done(Deed.COLLECTED, BEGUN + 1.0, 7, why="/evidence/3-hung"),),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Five minutes of which one second failed and ten were not watched."""
    path = tmp_path / "history.db"
    with closing(HistoryFile(path)) as file:
        file.write(seconds(range(BEGUN, NOW - 20)), [], [])
        file.write([second(NOW - 20, Verdict.FAIL, float("inf")), *seconds(range(NOW - 9, NOW))], [OVER], [])
        cause = Cause(Trouble.EXITED, BEGUN + 4.0, 6)
        starts = [(5, A, False, None), (6, B, False, cause), (7, Identity(102, 3), True, None)]
        file.write([], [], [Start(BEGUN + at, who, adopted, why) for at, who, adopted, why in starts])
    return path


@pytest.fixture
async def site(path: Path) -> AsyncIterator[Site]:
    async with serving(history=path) as one:
        yield one


async def get(client: aiohttp.ClientSession, site: Site, what: str, **query: object) -> tuple[int, Any]:
    url = f"{site.url}/api/v1/{what}"
    async with client.get(url, params={name: str(value) for name, value in query.items()}) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json()


async def test_seconds_as_columns(site: Site, client: aiohttp.ClientSession) -> None:
    status, found = await get(
        client, site, "samples", since=NOW - 22, until=NOW - 7, measures="cpu:utilization,protocol:pong"
    )
    assert status == 200
    assert list(found) == ["since", "until", "step", "times", "series", "status"]
    assert (found["since"], found["until"], found["step"]) == (NOW - 22, NOW - 7, 1)
    assert found["times"] == list(range(NOW - 22, NOW - 7))
    assert found["status"] == ["pass", "pass", "fail", *[None] * 10, "pass", "pass"]
    assert list(found["series"]) == ["cpu:utilization", "protocol:pong"]
    cpu, pong = found["series"].values()
    assert list(cpu) == ["unit", "min", "mean", "max", "last"]
    assert list(pong) == ["unit", "min", "mean", "max", "last", "p50", "p99"]
    assert (cpu["unit"], pong["unit"]) == ("percent", "ms")
    first = [float((NOW - 22) % 100), float((NOW - 21) % 100)]
    assert cpu["last"][:3] == [*first, None], "what is infinite is null"
    assert cpu["last"][3:13] == [None] * 10
    assert pong["p99"][0] == pong["max"][0] == first[0]


async def test_a_longer_range_has_a_coarser_step_and_keeps_the_extremes(
    site: Site, client: aiohttp.ClientSession
) -> None:
    status, found = await get(client, site, "samples", since="1h", measures="cpu:utilization")
    assert (status, found["step"], len(found["times"])) == (200, 60, 61)
    cpu = found["series"]["cpu:utilization"]
    index = found["times"].index(BEGUN)
    values = [at % 100 for at in range(BEGUN, BEGUN + 60)]
    figures = [cpu[name][index] for name in ("min", "max", "last")]
    assert figures == [min(values), max(values), values[-1]]
    assert cpu["mean"][index] == pytest.approx(sum(values) / 60, abs=0.001)
    assert found["status"][index - 1 : index + 5] == [None, "pass", "pass", "pass", "pass", "fail"]


async def test_without_a_word_all_of_the_last_hour(site: Site, client: aiohttp.ClientSession) -> None:
    status, found = await get(client, site, "samples")
    assert (status, set(found["series"])) == (200, set(SERIES))
    never = found["series"][Measure.THREADS]
    assert set(never["mean"]) == {None}
    assert all(time % found["step"] == 0 for time in found["times"])


async def test_incidents_and_restarts(site: Site, client: aiohttp.ClientSession) -> None:
    site.book.dies(A)
    status, found = await get(client, site, "incidents", until=2_000_000_000)
    assert status == 200
    opened, over = found["incidents"]
    assert (opened["number"], opened["closed"], opened["name"]) == (1, None, "SERVER")
    assert opened["story"][0]["text"].startswith("The Cloud Server (pid 100) ended: killed by SIGKILL")
    assert list(over) == [
        "number",
        "topic",
        "name",
        "severity",
        "opened",
        "closed",
        "brief",
        "story",
        "evidence",
        "load",
    ]
    assert (over["number"], over["topic"], over["severity"]) == (3, "server", "fail")
    assert over["evidence"] == ["/evidence/3-hung"]
    assert over["story"][-1]["time"] == over["closed"]
    assert [bool(one["reason"]) for one in found["restarts"]] == [True, False]
    assert found["alerts"] == []


async def test_a_restart_that_the_file_has_not_yet_is_told_with_its_proof_and_an_alert_when_taken(
    site: Site, client: aiohttp.ClientSession
) -> None:
    book = site.book
    book.wall = time.time()
    book.sees(LoadAnnounced(book.wall + 60, 5000, "loadgen on b"))
    book.dies(A)
    (owed,) = (entry.owed for entry in book.state.outbox.entries)
    book.sees(Sent(owed.message.id, "mail"), after=0.5)
    appeared = book.wall + 1
    book.sees(Appeared(B, adopted=False), after=1.0)
    book.proves(B)
    status, found = await get(client, site, "incidents", since=int(book.wall - 3), until=2_000_000_000)
    assert status == 200, found
    (restart,) = found["restarts"]
    assert (restart["time"], restart["pid"], restart["proven"]) == (iso(appeared), B.pid, iso(book.wall))
    (alert,) = found["alerts"]
    assert (alert["time"], alert["channel"], alert["topic"]) == (iso(appeared - 1), "mail", "server")
    assert alert["title"].startswith("DOWN: Cloud Server on fermat-1")
    newest = found["incidents"][0]
    assert newest["load"]["clients"] == 5000
    assert [one["text"] for one in newest["story"] if "announced load" in one["text"]]


async def test_what_is_over_and_not_in_the_file_yet_is_told_once(
    site: Site, client: aiohttp.ClientSession, path: Path
) -> None:
    site.book.dies(A)
    opened = site.book.state.incidents.known
    with closing(HistoryFile(path)) as file:
        file.write([], opened, [])
    site.book.sees(Appeared(B, adopted=False), after=1.0)
    site.book.proves(B)
    _, found = await get(client, site, "incidents", until=2_000_000_000)
    assert [(one["number"], one["closed"] is None) for one in found["incidents"]] == [(1, False), (3, False)]
    _, found = await get(client, site, "incidents", until=2_000_000_000, limit=1)
    assert [one["number"] for one in found["incidents"]] == [1]
    _, found = await get(client, site, "incidents", since=BEGUN, until=NOW)
    assert [one["number"] for one in found["incidents"]] == [3]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("samples?since=yesterday", "since: 'yesterday' is no moment: write 2026-11-26T10:00:00Z, 24h"),
        ("samples?since=1h&until=2h", "since: has to be earlier than until"),
        ("samples?points=0", "points: '0' is no number from 1 to 2000"),
        ("samples?points=%C2%B2", "points: '²' is no number"),
        ("samples?measures=cpu:utilisation", "measures: 'cpu:utilisation' is not measured; did you mean"),
        ("samples?measure=x", "'measure' is not understood; there are: since, until, points, measures"),
        ("samples?since=1h&since=2h", "since: is given more than once"),
        ("incidents?limit=1001", "limit: '1001' is no number from 1 to 1000"),
        ("incidents?points=1", "'points' is not understood; there are: since, until, limit"),
    ],
)
async def test_a_wrong_question_is_answered_with_what_to_do(
    site: Site, client: aiohttp.ClientSession, what: str, why: str
) -> None:
    async with client.get(f"{site.url}/api/v1/{what}") as answer:
        assert answer.status == 400
        assert (await answer.json())["error"].startswith(why)


async def test_whatever_is_asked_no_bug_shows(path: Path) -> None:
    asked = st.dictionaries(
        st.sampled_from(["since", "until", "points", "measures", "limit", "x"]), st.text()
    )

    async with serving(history=path) as site, aiohttp.ClientSession() as client:
        loop = asyncio.get_running_loop()

        async def status(what: str, query: dict[str, str]) -> int:
            async with client.get(f"{site.url}/api/v1/{what}", params=query) as answer:
                await answer.read()
                return answer.status

        @settings(max_examples=200)
        @given(st.sampled_from(["samples", "incidents"]), asked)
        def check(what: str, query: dict[str, str]) -> None:
            future = asyncio.run_coroutine_threadsafe(status(what, query), loop)
            assert future.result(20) in (200, 400)

        await asyncio.to_thread(check)


async def test_where_there_is_no_history_it_is_said(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with serving(history=tmp_path / "history.db") as site:
        for what in ("samples", "incidents"):
            status, found = await get(client, site, what)
            assert status == 503
            assert "there is no history yet" in found["error"]


async def test_the_loop_does_not_wait_for_the_file_and_only_a_few_are_let_in(
    site: Site, client: aiohttp.ClientSession, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        asked = [asyncio.create_task(get(client, site, "samples")) for _ in range(6)]
        while len(refused := [one for one in asked if one.done()]) < 2:
            await asyncio.wait(set(asked) - set(refused), return_when=asyncio.FIRST_COMPLETED)
        async with client.get(f"{site.url}/health") as answer:
            assert answer.status == 200
        writer.execute("ROLLBACK")
    for one in asked:
        status, found = await one
        assert status == (503 if one in refused else 200)
        assert one not in refused or "others are asking: ask again" in found["error"]
    assert "past" in {thread.name for thread in threading.enumerate()}
