"""``GET /metrics`` as it is asked for by real clients."""

from __future__ import annotations

import os

import aiohttp
import psutil
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_new
from prometheus_client.parser import text_string_to_metric_families as read

from sidecar.core.nouns import Identity
from sidecar.web.metrics import OPENMETRICS, TEXT, prefers_openmetrics
from support.site import Site

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
"""What Prometheus 2.42 sends."""


async def scrape(site: Site, accept: str = "*/*") -> tuple[str, str]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{site.url}/metrics", headers={"Accept": accept}) as answer,
    ):
        assert answer.status == 200
        return answer.headers["Content-Type"], await answer.text()


async def test_each_reader_gets_its_format(site: Site) -> None:
    kind, text = await scrape(site)
    assert kind == TEXT
    old = {one.name for family in read(text) for one in family.samples}
    kind, text = await scrape(site, PROMETHEUS)
    assert kind == OPENMETRICS
    assert {one.name for family in read_new(text) for one in family.samples} == old
    assert {"fermat_server_up", "fermat_restarts_total", "process_cpu_seconds_total"} <= old


async def test_it_is_of_now(site: Site) -> None:
    assert "fermat_server_up 1\n" in (await scrape(site))[1]
    site.book.dies(Identity(100, 1))
    assert "fermat_server_up 0\n" in (await scrape(site))[1]


async def test_the_sidecar_s_own_process_is_told(site: Site) -> None:
    found = {family.name: family.samples[0].value for family in read((await scrape(site))[1])}
    assert found["process_start_time_seconds"] == pytest.approx(psutil.Process().create_time())
    assert found["process_resident_memory_bytes"] > 2**20
    assert 3 < found["process_open_fds"] <= found.get("process_max_fds", float("inf"))
    times = os.times()
    assert 0 < found["process_cpu_seconds"] <= times.user + times.system


@pytest.mark.parametrize(
    ("accept", "new"),
    [
        (PROMETHEUS, True),
        ("application/openmetrics-text", True),
        ("APPLICATION/OPENMETRICS-TEXT; version=1.0.0; q=0.5, */*; q=0.9", True),
        ("", False),
        ("*/*", False),
        ("text/html", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=0.3,text/plain", False),
        ("application/openmetrics-text;q=1.2.3", False),
    ],
)
def test_the_format_is_the_reader_s_choice(accept: str, *, new: bool) -> None:
    assert prefers_openmetrics(accept) is new
