"""A load run beside a real sidecar over a stand-in: what of the server is in its result file."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from fermatkit.errors import ExitCode
from fermatkit.measures import Measure
from loadgen import results
from loadgen.results import Run
from loadgen.watch.by_sidecar import LEASE
from loadgen.watched import Kind, Mark, Sample, Server
from support.loading import Ended, end, holding, start
from support.running import Running, running, until

TOKEN = "t0ken" * 5
SECONDS = 1.5
"""How exact a mark has to be."""


@pytest.fixture
async def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("FERMAT_SIDECAR_TOKEN", TOKEN)
    async with running(tmp_path) as one:
        one.configure(health=f"token = '{TOKEN}'\n")
        one.start()
        yield one


class Load:
    """One run against the sidecar's server."""

    def __init__(self, run: Running, *flags: str) -> None:
        self.run = run
        url = f"ws://127.0.0.1:{run.server_port}"
        sidecar = f"http://127.0.0.1:{run.health_port}"
        self.process = start(run.directory, url, "--sidecar", sidecar, "--rate", "20", "--json", *flags)

    async def holds(self) -> None:
        async def there() -> bool:
            return holding(self.run.directory)

        await until(there, lambda: "the run does not hold")

    async def ends(self) -> Ended:
        return await asyncio.to_thread(end, self.process)

    @property
    def lines(self) -> list[results.Line]:
        (path,) = self.run.directory.glob("r/*/run.jsonl")
        return results.read(path)

    @property
    def watcher(self) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(one for one in children if "loadgen.watch" in one.cmdline())


def of(lines: list[results.Line], kind: type[Any]) -> list[Any]:
    return [line for line in lines if type(line) is kind]


async def state(run: Running) -> dict[str, Any]:
    async with run.client.get(f"http://127.0.0.1:{run.health_port}/api/v1/state") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def test_a_server_that_is_killed_in_a_run_leaves_its_marks_at_the_right_second(run: Running) -> None:
    pid = await run.passes()
    load = Load(run, "--connections", "48", "--ramp", "4", "--duration", "3")
    await asyncio.sleep(4)
    assert (await state(run))["load"]["clients"] == 48
    killed = time.time()
    os.kill(pid, signal.SIGKILL)
    other = await run.passes(not_pid=pid)
    proven = time.time()
    ended = await load.ends()
    assert ended.code == ExitCode.UNHEALTHY, ended.err
    (first,) = of(load.lines, Run)
    began = datetime.fromisoformat(first.started).timestamp()
    marks: list[Mark] = of(load.lines, Mark)
    (incident,) = [one for one in marks if one.kind is Kind.INCIDENT]
    assert incident.at == pytest.approx(killed - began, abs=SECONDS)
    assert incident.until == pytest.approx(proven - began, abs=SECONDS)
    assert incident.text.startswith("SERVER: killed by SIGKILL")
    (restart,) = [one for one in marks if one.kind is Kind.RESTART]
    assert killed - began - SECONDS <= restart.at <= proven - began + SECONDS
    assert restart.until == pytest.approx(incident.until, abs=0.01)
    assert restart.text == f"pid {other}: killed by SIGKILL (signal 9)"
    alerts = [one for one in marks if one.kind is Kind.ALERT]
    assert alerts[-1].at == pytest.approx(killed - began, abs=SECONDS)
    assert alerts[-1].text.startswith("mail: DOWN: Cloud Server")

    (server,) = of(load.lines, Server)
    assert server.seen_by == f"http://127.0.0.1:{run.health_port}"
    assert "cloudserver" in server.about["command"]
    assert {"descriptors", "system", "sidecar", "sidecar's clock"} <= server.about.keys()
    samples: list[Sample] = of(load.lines, Sample)
    assert len(samples) >= 10
    assert samples[-1].readings[Measure.THREADS] is not None
    assert TOKEN not in "\n".join(map(str, load.lines))
    assert (await state(run))["load"] is None


async def test_a_load_ends_with_its_generator_that_is_killed(run: Running) -> None:
    await run.passes()
    load = Load(run, "--connections", "4", "--duration", "60")
    await load.holds()
    assert (await state(run))["load"]["clients"] == 4
    load.process.kill()

    async def over() -> bool:
        return (await state(run))["load"] is None

    await until(over, lambda: "it is still announced", 5.0)
    load.process.communicate()


async def test_nobody_says_again_what_a_generator_and_its_watcher_said_that_are_killed(run: Running) -> None:
    await run.passes()
    load = Load(run, "--connections", "4", "--duration", "60")
    await load.holds()
    load.watcher.kill()
    load.process.kill()
    load.process.communicate()
    announced = (await state(run))["load"]
    left = datetime.fromisoformat(announced["until"]).timestamp() - time.time()
    assert 0 < left <= LEASE
    await asyncio.sleep(left / 2)
    assert (await state(run))["load"] == announced


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_sidecar_that_goes_away_costs_the_run_its_samples_and_nothing_else(
    run: Running, number: signal.Signals
) -> None:
    await run.passes()
    load = Load(run, "--connections", "4", "--duration", "8")
    await load.holds()
    await asyncio.sleep(2)
    assert run.sidecar is not None
    run.sidecar.send_signal(number)
    gone = time.time()
    ended = await load.ends()
    assert ended.code in (ExitCode.GOOD, ExitCode.INVALID_RUN), ended.err
    assert (ended.summary["clients"]["open"], ended.summary["messages"]["lost"]) == (4, 0)
    assert ended.err.count("without samples while that is so") == 1
    assert ended.err.count("of this run are missing") == 1
    (first,) = of(load.lines, Run)
    last = max(sample.at for sample in of(load.lines, Sample))
    assert last <= gone - datetime.fromisoformat(first.started).timestamp() + 0.5
    assert of(load.lines, Server)


async def test_without_a_sidecar_the_process_is_found_by_its_port(run: Running) -> None:
    pid = await run.passes()
    url = f"ws://127.0.0.1:{run.server_port}"
    flags = ("--connections", "4", "--duration", "3", "--rate", "20", "--json", "--workers", "2")
    ended = await asyncio.to_thread(end, start(run.directory, url, *flags))
    assert ended.code in (ExitCode.GOOD, ExitCode.INVALID_RUN), ended.err
    (path,) = run.directory.glob("r/*/run.jsonl")
    lines = results.read(path)
    (server,) = of(lines, Server)
    assert server.seen_by == f"pid {pid}"
    samples: list[Sample] = of(lines, Sample)
    assert len(samples) >= 3
    for measure in (Measure.CPU, Measure.MEMORY, Measure.FDS, Measure.ESTABLISHED, Measure.DISK_FREE):
        assert samples[-1].readings[measure] is not None
    assert samples[-1].readings[Measure.ESTABLISHED] >= 1
    assert (await state(run))["load"] is None


async def test_what_its_user_can_put_right_is_one_line(run: Running, tmp_path: Path) -> None:
    await run.passes()
    (tmp_path / "token").write_text("wrong" * 5)
    (tmp_path / "empty").write_text("\n")
    sidecar = f"http://127.0.0.1:{run.health_port}"
    for flags, said in (
        (("--sidecar", "http://127.0.0.1:1"), "Connection refused; start it, or leave --sidecar out"),
        (("--sidecar", "127.0.0.1:9191"), "is no address of a sidecar; write it like http://127.0.0.1:9191"),
        (("--sidecar", f"http://127.0.0.1:{run.server_port}"), "is no sidecar of this version"),
        (
            ("--sidecar", sidecar, "--sidecar-token-file", str(tmp_path / "token")),
            "it says 401: show the token",
        ),
        (("--sidecar", sidecar, "--sidecar-token-file", str(tmp_path / "empty")), "is empty"),
        (("--sidecar", sidecar, "--sidecar-token-file", str(tmp_path / "none")), "No such file or directory"),
        (("--sidecar-token-file", str(tmp_path / "token")), "needs --sidecar"),
        (("--sidecar", sidecar, "--pid", "1"), "leave one of them out"),
        (("--pid", "99999999"), "there is no such process"),
    ):
        url = f"ws://127.0.0.1:{run.server_port}"
        process = start(run.directory, url, "--connections", "4", "--quiet", *flags)
        ended = await asyncio.to_thread(end, process)
        assert (ended.code, ended.out) == (ExitCode.USAGE, ""), flags
        assert said in ended.err
        assert ended.err.count("\n") == 1
    assert not list(run.directory.glob("r/*"))
