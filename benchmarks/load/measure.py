"""Round after round, every tool in its turn, once from the left, once from the right; what fails is told."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from statistics import median

from benchmarks.health.prepare import MissingError
from benchmarks.load import cloud, compiled
from benchmarks.load.job import Job
from benchmarks.load.rows import CLOUD, CLOUD_SHARE, EACH, HELD, MEASURED, RECORDING, Row, row, rows
from benchmarks.load.tools import OURS, Tool
from benchmarks.load.turn import Turn, take

ROUNDS = 3
_ONCE = 1
"""Turns of a peer where one takes half a minute and 2 GB, or gives the same each time."""
JOBS = {
    "echo": Job(HELD),
    "paced": Job(HELD, paced=True),
    "one": Job(1, echoes=False),
    "hold": Job(15_000, echoes=False, addresses=2),
    "many": Job(19_900, echoes=False, processes=4, addresses=4),
}
Notes = dict[str, str]
"""Of whom → what is missing, or has to be known."""


def prepared(tools: Sequence[Tool]) -> tuple[list[Tool], Notes]:
    """Those that can be had here; of the others, why not. `MissingError`: the C programs cannot."""
    there: list[Tool] = []
    missing: Notes = {}
    for program in ("server", "client"):
        compiled.program(program)
    for tool in tools:
        try:
            tool.prepare()
        except MissingError as error:
            missing[tool.name] = str(error)
        else:
            there.append(tool)
    return there, missing


def everything(tools: Sequence[Tool], numbers: Sequence[int], rounds: int) -> tuple[list[Row], Notes]:
    """The rows with these numbers, in their order."""
    notes: Notes = {}
    wanted = {one.job for one in MEASURED if one.work.number in numbers}
    wanted |= {"one"} if EACH.number in numbers else set()
    turns = {name: _turns(name, job, tools, rounds, notes) for name, job in JOBS.items() if name in wanted}
    taken = [turn for some in turns.values() for each in some.values() for turn in each]
    if neighbours := [turn.neighbours for turn in taken if turn.neighbours is not None]:
        notes["neighbours"] = (
            f"others used {median(neighbours):.2f} of {os.cpu_count()} cores in the median turn, "
            f"{max(neighbours):.2f} in the worst; wall times and lags suffer first"
        )
    found = rows(turns, numbers)
    if OURS in tools:
        found += _recording(notes) if RECORDING.number in numbers else []
        found += _cloud(notes) if CLOUD.number in numbers else []
    return sorted(found, key=lambda one: one.number), notes


def _turns(name: str, job: Job, tools: Sequence[Tool], rounds: int, notes: Notes) -> dict[str, list[Turn]]:
    able = [tool for tool in tools if name in tool.jobs]
    taken: dict[str, list[Turn]] = {tool.name: [] for tool in able}
    for number in range(rounds):
        for tool in able if number % 2 == 0 else reversed(able):
            if len(taken[tool.name]) < _rounds(tool, name, rounds):
                turn = take(tool, job)
                taken[tool.name].append(turn)
                _tell(name, number, tool, turn, notes)
    return taken


def _rounds(tool: Tool, name: str, rounds: int) -> int:
    return rounds if name == "echo" or "many" in tool.jobs else min(rounds, _ONCE)


def _tell(name: str, number: int, tool: Tool, turn: Turn, notes: Notes) -> None:
    """One line while it goes on, and whatever has to stand under the table."""
    seen = turn.figures
    parts = [
        f"{what} {figure:.3g} {unit}"
        for what, figure, unit in (
            ("connect", seen.connect_cpu, "s CPU"),
            ("in", seen.connect_s, "s"),
            ("RSS", seen.held_rss, "MiB"),
            ("echo", seen.echo_cpu, "s CPU"),
            ("server", seen.server_share, "of a core"),
        )
        if figure is not None
    ]
    print(f"  {name:5} {number + 1} {tool.name:10} {', '.join(parts)}{_but(turn.why)}", flush=True)
    if turn.why:
        notes[f"{tool.name}, {name}, turn {number + 1}"] = turn.why
    if turn.told.get("verdict") not in {None, "PASS"}:
        reasons = "; ".join(turn.told.get("reasons", []))
        notes[f"{tool.name}, {name}, turn {number + 1}"] = f"{turn.told['verdict']}: {reasons}"
    if turn.shared:
        notes["network"] = f"this machine's own loopback, for there may be no other: {turn.shared}"


def _but(why: str | None) -> str:
    return f"; {why}" if why else ""


def _recording(notes: Notes) -> list[Row]:
    try:
        measured = importlib.import_module("benchmarks.recording").measure()
    except ImportError as error:
        notes["recording"] = str(error)
        return []
    values = {"ours": [measured["recorded_us"]], "hdrhistogram": [measured.get("hdrhistogram_us")]}
    return [row(RECORDING, values)]


def _cloud(notes: Notes) -> list[Row]:
    client, server, why = cloud.measure()
    if why:
        notes["Cloud Clients"] = why
    share = client / server if client is not None and server else None
    return [
        row(CLOUD, {"ours": [client], "stand-in": [server]}),
        row(CLOUD_SHARE, {"ours": [share]}),
    ]
