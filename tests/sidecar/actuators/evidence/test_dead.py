"""A bundle of a process that is dead: what it left behind, and one line for what only a living one has."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sidecar.actuators.evidence.collector import EvidenceSettings
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Collected
from support.patient import living, patient

KILLED = Ended(signal=9)
LEFT = {
    "machine.txt",
    "samples.jsonl",
    "server-configuration.txt",
    "server-log.txt",
    "server-output.txt",
    "sidecar-configuration.json",
    "summary.json",
}
BULK = 100_000


@pytest.fixture
def dead(tmp_path: Path) -> Identity:
    with living(["sh", "-c", "echo ready"], tmp_path, says=b"ready\n") as who:
        pass
    return who


def contents(collected: Collected) -> dict[str, str]:
    return {path.name: path.read_text() for path in Path(collected.bundle).iterdir()}


def summary(collected: Collected) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(contents(collected)["summary.json"])
    return loaded


async def test_what_it_left_behind_is_there_and_the_rest_is_one_line(dead: Identity, gather) -> None:
    collected = await gather(dead, "exited", recent=lambda: b'{"at":1}\n', ended=KILLED)
    assert contents(collected).keys() == LEFT
    (line,) = collected.missing
    assert line.endswith("threads.txt, descriptors.txt, cgroup.txt, sockets.txt: the process is gone")
    assert line.startswith("jvm-threads.txt, jvm-heap.txt, jvm-histogram.txt, status.txt, ")
    index = summary(collected)
    assert (index["label"], index["ended"]["signal"]) == ("exited", 9)
    assert index["none"] == ["hs-err.txt"], "no JVM, and nothing wrong with that"


async def test_of_a_living_one_the_index_names_no_end(dead: Identity, gather) -> None:
    assert summary(await gather(dead))["ended"] is None


@pytest.mark.parametrize(("number", "tells"), [(signal.SIGSEGV, True), (signal.SIGABRT, False)])
async def test_a_jvms_crash_report_is_found_where_it_worked(
    classes: Path, tmp_path: Path, settings: EvidenceSettings, gather, number: signal.Signals, tells: bool
) -> None:
    """It makes one when it crashes; of a signal that it does not catch it makes none."""
    (elsewhere := tmp_path / "elsewhere").mkdir()
    with patient(classes, elsewhere, "idle") as who:
        os.kill(who.pid, number)
        await asyncio.to_thread(os.waitid, os.P_PID, who.pid, os.WEXITED | os.WNOWAIT)
    server = msgspec.structs.replace(
        settings.server, works_in=lambda identity: elsewhere if identity == who else None
    )
    collected = await gather(who, "exited", ended=Ended(signal=6), server=server)
    kept = contents(collected).get("hs-err.txt", "")
    assert bool(kept) is tells
    assert kept.startswith(f"== {elsewhere}/hs_err_pid{who.pid}.log\n" if tells else "")
    assert ("SIGSEGV" in kept) is tells


async def test_many_dead_push_out_none_of_the_living(
    dead: Identity, settings: EvidenceSettings, gather
) -> None:
    """A quarter of the room is theirs."""
    old = ("2020-01-01T000000Z-hung", "2020-01-02T000000Z-exited", "2020-01-02T000000Z-exited-2")
    for name in (*old, "2020-01-03T000000Z-exited.partial"):
        (settings.directory / name).mkdir(parents=True)
        (settings.directory / name / "file").write_bytes(b"x" * BULK)
    collected = await gather(dead, "exited", ended=KILLED, total_limit=8 * BULK)
    async with asyncio.timeout(20):
        while len(left := sorted(path.name for path in settings.directory.iterdir())) > 3:
            await asyncio.sleep(0.01)
    assert left == [old[0], "2020-01-03T000000Z-exited.partial", Path(collected.bundle).name]
