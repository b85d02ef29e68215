"""Two lines of tests beside each other, where there are two workers: most of the time is spent in waiting."""

from __future__ import annotations

import pytest

WAITING = (
    "tests/booted/",
    "tests/channels/",
    "tests/system/test_chaos.py",
    "tests/system/test_deadman.py",
    "tests/system/test_default_waits.py",
    "tests/system/test_drills.py",
    "tests/system/test_sidecar.py",
    "tests/system/test_telling.py",
)
"""Half of all the time, and little of a processor. Never two of them at once: each starts many programs."""


@pytest.hookimpl(tryfirst=True)  # before the workers read the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which line each test stands in."""
    for item in items:
        line = "waiting" if item.nodeid.startswith(WAITING) else "working"
        item.add_marker(pytest.mark.xdist_group(line))
