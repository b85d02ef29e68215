"""Deaths under a whole sidecar: which of them leave evidence, and that a crash report is found."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.jvm import compiled, java
from support.running import Running, running, until


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


def bundles(run: Running) -> list[str]:
    """The labels of those that are finished, the oldest first."""
    directory = run.directory / "state" / "evidence"
    names = sorted(path.name for path in directory.iterdir()) if directory.exists() else []
    return [name.partition("Z-")[2] for name in names if not name.endswith(".partial")]


async def kept(run: Running, *labels: str) -> None:
    async def there() -> bool:
        return bundles(run) == list(labels)

    await until(there, lambda: f"{labels} wanted: {bundles(run)}: {run.log[-3000:]}")


def somebody_starts_a_jvm(run: Running, classes: Path, directory: Path) -> int:
    """In a directory of which the sidecar was told nothing."""
    directory.mkdir()
    jvm = subprocess.Popen(java(classes, "fine", run.server_port), cwd=directory, stdout=subprocess.DEVNULL)
    run.at_end.callback(jvm.wait)
    run.at_end.callback(jvm.kill)
    (run.directory / "cloud.pid").write_text(f"{jvm.pid}\n")
    return jvm.pid


async def test_the_crash_report_of_a_jvm_that_somebody_else_runs_elsewhere(run: Running) -> None:
    classes, place = compiled(run.directory / "classes"), run.directory / "elsewhere"
    way = re.sub(r"(?m)^command = .*$", "pidfile = 'cloud.pid'", run.config.read_text())
    run.config.write_text(way)
    pid = somebody_starts_a_jvm(run, classes, place)
    run.start()
    assert await run.passes() == pid
    os.kill(pid, signal.SIGSEGV)
    await kept(run, "exited")
    (bundle,) = (run.directory / "state" / "evidence").iterdir()
    assert (bundle / "hs-err.txt").read_text().startswith(f"== {place}/hs_err_pid{pid}.log\n")


async def test_a_server_that_the_sidecar_ends_has_one_bundle_and_what_is_meant_has_none(run: Running) -> None:
    run.configure('hung_after = "1s"\n')
    run.start()
    pid = await run.passes()
    await run.habit("blocked")
    pid = await run.passes(not_pid=pid)
    assert bundles(run) == ["hung"]
    os.kill(pid, signal.SIGKILL)
    await run.passes(not_pid=pid)
    await kept(run, "hung", "exited")
    assert await run.stop() == 0
    assert run.servers() == []
    assert bundles(run) == ["hung", "exited"]
