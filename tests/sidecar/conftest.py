"""What every edge's tests need."""

from __future__ import annotations

import pytest

from support.reports import Reports


@pytest.fixture
def reports() -> Reports:
    return Reports()
