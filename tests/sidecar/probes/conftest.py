"""What the probes' tests share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from fermatkit.process import started
from sidecar.core.nouns import Identity


@pytest.fixture
def another() -> Iterator[Identity]:
    """Some other process, which serves nothing."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield Identity(process.pid, started(process.pid) or 0)
        process.kill()
