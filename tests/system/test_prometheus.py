"""A real Prometheus and a real Alertmanager over a whole sidecar: an outage arrives there, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.running import Running, free_port, running, until

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"


class Fleet:
    """Prometheus and Alertmanager as shipped, but with ports of the test's own and a beat of a second."""

    def __init__(self, run: Running) -> None:
        self.run = run
        self.folder = run.directory / "prometheus"
        self.prometheus, self.alertmanager = free_port(), free_port()
        (self.folder / "targets").mkdir(parents=True)
        (self.folder / "fermat.rules.yml").write_text((SHIPPED / "fermat.rules.yml").read_text())
        text = (SHIPPED / "prometheus.yml").read_text()
        for said, instead in {
            "_interval: 5s": "_interval: 1s",
            "scrape_timeout: 4s": "scrape_timeout: 1s",
            "127.0.0.1:9093": f"127.0.0.1:{self.alertmanager}",
        }.items():
            assert said in text
            text = text.replace(said, instead)
        (self.folder / "prometheus.yml").write_text(text)
        target = (SHIPPED / "targets" / "example.yml").read_text()
        assert "127.0.0.1:9191" in target
        target = target.replace("127.0.0.1:9191", f"127.0.0.1:{run.health_port}")
        (self.folder / "targets" / "one.yml").write_text(target)

    def start(self) -> None:
        self._start(
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.prometheus}",
        )
        self._start(
            "prometheus-alertmanager",
            f"--config.file={SHIPPED / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'alerts'}",
            f"--web.listen-address=127.0.0.1:{self.alertmanager}",
            "--cluster.listen-address=",
        )

    def _start(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.run.at_end.callback(process.wait)
        self.run.at_end.callback(process.kill)

    async def _get(self, url: str, **query: str) -> Any:
        try:
            async with self.run.client.get(url, params=query) as answer:
                return json.loads(await answer.read()) if answer.status == 200 else None
        except aiohttp.ClientError:
            return None

    async def value(self, query: str) -> float | None:
        """What Prometheus answers; None if nothing."""
        answer = await self._get(f"http://127.0.0.1:{self.prometheus}/api/v1/query", query=query)
        found = answer["data"]["result"] if answer else []
        return float(found[0]["value"][1]) if found else None

    async def alerts(self) -> dict[str, dict[str, Any]]:
        """Those that Alertmanager would tell now, by their names."""
        url = f"http://127.0.0.1:{self.alertmanager}/api/v2/alerts"
        got = await self._get(url, active="true", inhibited="false", silenced="false")
        return {one["labels"]["alertname"]: one for one in got or []}

    async def sees(self, query: str, value: float) -> None:
        async def so() -> bool:
            return await self.value(query) == value

        await until(so, lambda: f"{query} is not {value}: {self.logs}")

    async def has(self, *names: str) -> dict[str, dict[str, Any]]:
        """Wait until just these are told."""
        found: dict[str, dict[str, Any]] = {}

        async def so() -> bool:
            nonlocal found
            found = await self.alerts()
            return set(found) == set(names)

        await until(so, lambda: f"{names} wanted: {list(found)}: {self.logs}")
        return found

    @property
    def logs(self) -> str:
        return "".join(path.read_text()[-1500:] for path in self.folder.glob("*.log"))


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with running(tmp_path) as run:
        # Left to the back-off after the second death for longer than the alert needs.
        run.configure(limits='backoff_first = "12s"\nbackoff_max = "12s"\njitter = "0%"\n')
        fleet = Fleet(run)
        fleet.start()
        run.start()
        yield fleet


async def test_an_outage_arrives_and_resolves(fleet: Fleet) -> None:
    run = fleet.run
    pid = await run.passes()
    await fleet.sees('fermat_server_ready{server="fermat-1"}', 1)
    assert await fleet.alerts() == {}
    os.kill(pid, signal.SIGKILL)  # answered at once
    pid = await run.passes(not_pid=pid)
    await fleet.sees("fermat_restarts_total", 1)
    os.kill(pid, signal.SIGKILL)  # answered after the back-off
    down = (await fleet.has("FermatServerDown"))["FermatServerDown"]
    assert down["labels"]["server"] == "fermat-1"
    assert down["annotations"]["summary"] == "The Cloud Server fermat-1 does not run"
    await run.passes(not_pid=pid)
    await fleet.sees("fermat_restarts_total", 2)
    await fleet.has()
    assert await fleet.value("scrape_samples_scraped") == await fleet.value(
        "scrape_samples_post_metric_relabeling"
    )


async def test_a_sidecar_that_is_gone_is_told_and_nothing_else_of_its_server(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.configure(limits='budget = [{ restarts = 1, within = "1h" }]\n')
        fleet = Fleet(run)
        rules = fleet.folder / "fermat.rules.yml"
        rules.write_text(rules.read_text().replace("for: 30s", "for: 2s"))  # as shipped it is surer, later
        fleet.start()
        run.start()
        pid = await run.passes()
        os.kill(pid, signal.SIGKILL)
        await run.passes(not_pid=pid)
        await fleet.has("FermatRestartBudgetSpent")
        await run.stop(signal.SIGKILL)
        await fleet.has("FermatSidecarGone")
