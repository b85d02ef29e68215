"""``history`` and ``incidents --since`` as a person runs them, whether a sidecar runs or not."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import aiohttp
import msgspec
import pytest

from fermatkit.errors import ExitCode
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.levels import SERIES
from sidecar.store.history.points import Verdict
from support.memories import INCIDENT
from support.running import running, until
from support.seconds import second, seconds, whole_minute

NOW = whole_minute()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "sidecar.toml"
    path.write_text(f'[server]\ncommand = ["java"]\n[state]\ndirectory = "{tmp_path}"\n')
    return path


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Ten minutes; one second failed, and for a minute nobody watched."""
    path = tmp_path / "history.db"
    over = msgspec.structs.replace(INCIDENT, opened=NOW - 300.0, closed=NOW - 240.0)
    with closing(HistoryFile(path)) as file:
        file.write(seconds(range(NOW - 600, NOW - 120)), [over], [])
        file.write([second(NOW - 60, Verdict.FAIL), *seconds(range(NOW - 59, NOW))], [], [])
    return path


def said(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sidecar", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )


@pytest.mark.usefixtures("history")
def test_a_line_for_each_step_and_what_there_was_in_all(config: Path) -> None:
    ended = said("history", "--since", str(NOW - 600), "--until", str(NOW), "--config", str(config))
    assert (ended.returncode, ended.stderr) == (ExitCode.GOOD, "")
    head, *lines, whole = ended.stdout.splitlines()
    assert head.split() == [
        *("time", "verdict", "available", "CPU", "memory", "threads"),
        *("files", "connections", "clients", "pong", "p99"),
    ]
    assert 20 <= len(lines) <= 25
    assert sum(" pass " in line for line in lines) >= 18
    assert [" fail " in line for line in lines].count(True) == 1
    gaps = [line for line in lines if line.split()[3:] == ["-"] * 9]
    assert gaps, "a time in which nobody watched is no time in which all was well"
    assert "1.0 GiB" in lines[0]
    assert whole == (
        "A line for each 25 s; a verdict is its worst. "
        "In all: available 99.81 % of the time that was watched, and 90.00 % of it was."
    )


@pytest.mark.usefixtures("history")
def test_what_is_asked_for_and_in_spanish(config: Path) -> None:
    config.write_text('language = "es"\n' + config.read_text())
    arguments = ["--measure", "protocol:pong", "--measure", "cpu:utilization", "--measure", "disk:free"]
    ended = said(
        "history", "--since", str(NOW - 600), "--until", str(NOW), *arguments, "--config", str(config)
    )
    head, *_, whole = ended.stdout.splitlines()
    assert head.split() == ["hora", "veredicto", "disponible", "pong", "p99", "CPU", "disk:free"]
    assert whole.startswith("Una línea por cada 25 s; ")
    assert "99,81\xa0%" in whole


@pytest.mark.usefixtures("history")
def test_json_and_csv_are_complete(config: Path) -> None:
    span = ["--since", str(NOW - 600), "--until", str(NOW), "--config", str(config)]
    found = json.loads(said("history", "--json", *span).stdout)
    assert (found["step"], len(found["times"]), set(found["series"])) == (1, 600, set(SERIES))
    rows = list(csv.DictReader(io.StringIO(said("history", "--csv", *span).stdout)))
    assert len(rows) == 600
    assert [float(row["cpu:utilization max"]) for row in rows[:3]] == found["series"]["cpu:utilization"][
        "max"
    ][:3]
    assert [row["status"] for row in rows].count("") == 60
    assert rows[541]["availability"] == "1.0"
    assert rows[540]["availability"] == "0.0"
    assert {"protocol:pong p99", "protocol:list p50"} < set(rows[0])
    one = said("history", "--csv", "--measure", "protocol:pong", *span).stdout.splitlines()[0].split(",")
    assert one[:4] == ["time", "status", "availability", "protocol:pong min"]


def test_where_there_is_no_history_it_is_said(config: Path) -> None:
    for command in (["history"], ["incidents", "--since", "30d"]):
        ended = said(*command, "--config", str(config))
        assert (ended.returncode, ended.stdout) == (ExitCode.UNHEALTHY, "")
        assert ended.stderr == (
            f"fermat-sidecar: {config.parent}/history.db: there is no history yet: "
            "a sidecar with this configuration writes it\n"
        )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["history", "--since", "soon"], "history: --since: 'soon' is no moment: write 2026-11-26T10:00:00Z"),
        (
            ["history", "--measure", "cpu:utilisation"],
            "history: --measure: 'cpu:utilisation' is not measured; did",
        ),
        (["history", "--json", "--csv"], "history: --json or --csv: choose one"),
        (["incidents", "--json"], "incidents --json: shows the history: say how far back, --since 30d"),
        (["incidents", "--since", "soon"], "incidents: --since: 'soon' is no moment"),
    ],
)
def test_a_wrong_question_is_a_line(config: Path, arguments: list[str], why: str) -> None:
    ended = said(*arguments, "--config", str(config))
    assert (ended.returncode, ended.stdout) == (ExitCode.USAGE, "")
    assert ended.stderr.startswith(f"fermat-sidecar: {why}")
    assert ended.stderr.count("\n") == 1


@pytest.mark.usefixtures("history")
def test_incidents_of_the_past_with_their_stories(config: Path) -> None:
    found = json.loads(said("incidents", "--since", "1h", "--json", "--config", str(config)).stdout)
    assert [(one["number"], one["closed"] is None) for one in found] == [(3, False)]
    lines = said("incidents", "--since", "1h", "--config", str(config)).stdout.splitlines()
    assert lines[0].startswith("3  SERVER  since ")
    assert len(lines) == 1 + len(found[0]["story"])
    assert said("incidents", "--since", "1m", "--config", str(config)).stdout == "none\n"


async def test_what_a_sidecar_saw_is_there_when_it_is_dead(tmp_path: Path) -> None:
    """All of it: a real sidecar, a real death, the API, a kill -9, and the commands without it."""
    async with running(tmp_path) as run:
        run.start()
        pid = await run.passes()
        os.kill(pid, signal.SIGKILL)
        await run.passes(not_pid=pid)
        url = f"http://127.0.0.1:{run.health_port}/api/v1"

        async def asked(what: str) -> dict[str, list[dict[str, str]]]:
            async with aiohttp.request("GET", f"{url}/{what}") as answer:
                assert answer.status == 200
                found: dict[str, list[dict[str, str]]] = await answer.json()
                return found

        async def kept() -> bool:
            return len((await asked("incidents"))["restarts"]) == 2

        await until(kept, lambda: "the restarts are not there")
        assert [one["reason"] for one in (await asked("incidents"))["restarts"]] == [
            "killed by SIGKILL (signal 9)",
            None,
        ]

        async def judged() -> bool:
            samples = await asked("samples?since=5m&measures=protocol:pong")
            return {"pass", "fail"} <= set(map(str, samples["status"]))

        await until(judged, lambda: "the seconds in which all was well are not there")
        await run.stop(signal.SIGKILL)
        found = json.loads((await run.asks("incidents", "--since", "5m", "--json")).stdout)
        assert [(one["number"], one["closed"] is None) for one in found] == [(1, False)]
        ended = await run.asks("history", "--since", "5m")
        assert ended.returncode == ExitCode.GOOD
        assert " fail " in ended.stdout
