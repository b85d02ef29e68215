"""A whole sidecar records its life, and the life replays to what its log says was decided."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from sidecar.core.brief import brief
from sidecar.core.replay import Step, replay
from sidecar.store.recorded import read
from support.running import running, until


def replayed(recording: Path, notes: list[str]) -> list[tuple[list[str], str]]:
    return [
        ([brief(action) for action in one.actions], brief(one.seen.what))
        for one in replay(read(recording, notes.append))
        if isinstance(one, Step) and one.actions
    ]


async def test_a_life_with_a_killed_server_replays_to_what_was_decided(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.start()
        pid = await run.passes()
        os.kill(pid, signal.SIGKILL)
        await run.passes(not_pid=pid)
        await run.mails(2)
        await run.stop()
        decided = [
            (line["actions"], line["because"])
            for line in map(json.loads, run.log.splitlines())
            if line["event"] == "decided"
        ]
    notes: list[str] = []
    assert replayed(tmp_path / "state" / "recording", notes) == decided
    assert not notes
    starts = [actions for actions, _ in decided if "Start" in actions]
    kinds = [[action.partition(" ")[0] for action in actions] for actions in starts]
    assert kinds == [["Start", "Save"], ["Start", "Watch", "Collect", "Explain", "Save"]]


async def test_after_kill_9_of_the_sidecar_its_recording_is_readable(tmp_path: Path) -> None:
    async def written() -> bool:
        return bool(list((tmp_path / "state").glob("recording/*")))

    async with running(tmp_path) as run:
        run.start()
        await run.passes()
        await run.registers()
        await until(written, lambda: "nothing was recorded")
        await run.stop(signal.SIGKILL)
        before = replayed(tmp_path / "state" / "recording", [])
        run.start()
        await run.passes()
        await run.stop()
        again = replayed(tmp_path / "state" / "recording", [])
    assert again[: len(before)] == before
    assert any(actions == ["Finish"] or "Finish" in actions for actions, _ in again)
