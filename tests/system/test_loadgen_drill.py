"""Whole drills, small ones, as users run them: they pass, and for reasons that a reader can check."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from fermatkit.errors import ExitCode
from loadgen.drills.cases import CASES
from loadgen.record import load
from loadgen.tally import Operation
from loadgen.watched import Kind
from support.drilling import CLIENTS, end, start
from support.running import running


@pytest.mark.parametrize("name", ["kill", "hang", "sidecar-killed"])
def test_a_drill_passes_for_reasons_that_its_lines_show(name: str, tmp_path: Path) -> None:
    code, out, err = end(start(tmp_path, name, "--clients", str(CLIENTS), "--json", "--quiet"))
    (drill,) = json.loads(out)
    assert drill["passed"] is not False, drill
    assert code == (ExitCode.GOOD if drill["passed"] else ExitCode.INVALID_RUN), err
    (place,) = tmp_path.glob(f"r/*/drills/{name}")
    assert json.loads((place / "drill.json").read_text()) == drill
    assert drill["clients"] == CLIENTS
    record = load(place / drill["file"])
    (harm,) = [mark for mark in record.marks if mark.kind is Kind.HARM]
    assert harm.text == CASES[name].harm
    counts = record.tally().accounts[Operation.RECONNECT]
    assert counts.scheduled == counts.unsent + counts.sent
    assert counts.sent == counts.answered + counts.lost
    assert {str(path.relative_to(place / "evidence")) for path in place.glob("evidence/*/*")} == {
        *drill["evidence"]
    }
    if name == "sidecar-killed":
        assert (counts.scheduled, drill["alerts"], drill["back"][-1][1]) == (0, [], 0)
        return
    assert counts.answered == CLIENTS
    assert drill["back"][-1][1] >= 5, "the real client waits 5 s"
    (incident,) = [mark for mark in record.marks if mark.kind is Kind.INCIDENT]
    (restart,) = [mark for mark in record.marks if mark.kind is Kind.RESTART]
    assert incident.until is not None
    assert incident.until - harm.at == pytest.approx(drill["proven"], abs=0.5)
    assert drill["detected"] <= drill["acted"] <= restart.at - harm.at + 0.5
    assert [alert["title"].partition(":")[0] for alert in drill["alerts"]] == ["DOWN", "RECOVERED"]


async def test_another_server_is_broken_when_that_was_asked_for_twice(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.start()
        pid = await run.passes()
        url, sidecar = f"ws://127.0.0.1:{run.server_port}", f"http://127.0.0.1:{run.health_port}"
        named = ("--url", url, "--sidecar", sidecar, "--clients", str(CLIENTS), "--i-may-break-this-server")
        code, _, err = await asyncio.to_thread(end, start(tmp_path, "kill", "--pid", "1", *named))
        assert code == ExitCode.USAGE
        assert f"--pid 1 does not listen on port {run.server_port}: pid {pid} does" in err
        assert run.servers() == [pid]
        drills = ("kill", "hang", "--pid", str(pid), "--json", "--quiet")
        code, out, err = await asyncio.to_thread(end, start(tmp_path, *drills, *named))
        kill, hang = json.loads(out)
        assert (kill["passed"], code) in ((True, ExitCode.GOOD), (None, ExitCode.INVALID_RUN)), (kill, err)
        assert [one["title"].partition(":")[0] for one in kill["alerts"]] == ["DOWN", "RECOVERED"]
        assert hang["reasons"] == ["not done: it is done only to a server that was started for it"]
        assert run.servers() != [pid]
