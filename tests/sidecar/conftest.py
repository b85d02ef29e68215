"""What every edge's tests need."""

from __future__ import annotations

import os

import pytest

from fermatkit.process import started
from sidecar.core.nouns import Identity
from support.reports import Reports


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def ourselves() -> Identity:
    """The test's own process, which is the server when that is a scripted one."""
    start = started(os.getpid())
    assert start is not None
    return Identity(os.getpid(), start)
