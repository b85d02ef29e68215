"""A recorder, and the fold beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sidecar.core.engine import State, step
from sidecar.core.observations import Absent, Observation, Restored, Seen, StartFailed
from sidecar.core.policy import Policy
from sidecar.store.recording import Recorder, RecordingSettings

POLICY = Policy(rules={})
"""An opening holds the policy: a small one, for small files."""


class Life:
    """A recorder, and the fold beside it."""

    def __init__(self, directory: Path, **changes: float) -> None:
        settings = RecordingSettings(directory, "0", "host", **{"beat": 0.01, **changes})  # type: ignore[arg-type]
        self.recorder = Recorder(settings, POLICY)
        self.policy = POLICY
        self.state = State()
        self.at = 100.0
        self.actions: list[object] = []

    def sees(self, what: Observation) -> None:
        self.at += 1.0
        seen = Seen(self.at, 1e9 + self.at, what)
        self.recorder.record(seen, self.state)
        self.state, actions = step(self.state, seen, self.policy)
        self.actions.append(actions)

    def obeys(self, policy: Policy) -> None:
        self.policy = policy
        self.recorder.obey(policy)

    def sees_much(self, number: int) -> None:
        self.sees(Restored(None, 1))
        self.sees(Absent())
        for _ in range(number):
            self.sees(StartFailed("no such file"))

    async def written(self) -> None:
        async with asyncio.timeout(10):
            while self.recorder._waiting:
                await asyncio.sleep(0.005)
