"""Random histories, recorded and replayed: from the beginning and from the middle, the same actions."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sidecar.core.engine import State, step
from sidecar.core.replay import Step, replay
from sidecar.store.recorded import numbered, read
from sidecar.store.recording import Recorder, RecordingSettings
from support.histories import Histories


class Recorded(Histories):
    """Each life goes through files so small that most begin in its middle."""

    def teardown(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            for life in self.lives:
                recorder = Recorder(
                    RecordingSettings(directory, "0", "host", 3000, 10**9, beat=0.0005), life[0][1]
                )
                state = State()
                for seen, policy, _ in life:
                    recorder.obey(policy)
                    recorder.record(seen, state)
                    state = step(state, seen, policy)[0]
                recorder._open.release()
                recorder._thread.join()
            live = [actions for life in self.lives for _, _, actions in life]
            assert actions_in(directory) == live
            if files := numbered(directory):
                first = random.Random(len(live)).randrange(len(files))
                for file in files[:first]:
                    file.unlink()
                again = actions_in(directory)
                assert again == live[len(live) - len(again) :]


def actions_in(path: Path) -> list[object]:
    steps = replay(read(path, pytest.fail))
    return [one.actions for one in steps if isinstance(one, Step)]


Recorded.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, suppress_health_check=list(HealthCheck)
)
TestRecorded = Recorded.TestCase
