"""The test's own process as somebody who may do little."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_NOBODY = 65534


@contextmanager
def another_user() -> Iterator[None]:
    """Be nobody for a moment; skips the test where that cannot be."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
