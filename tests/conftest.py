"""How `make test` deals the tests to its lines: the long ones first, and nothing long behind another.

Where they share the cores an example's time says nothing about the code.
"""

from __future__ import annotations

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

hypothesis.settings.register_profile("beside others", deadline=None)
hypothesis.settings.load_profile("beside others")

LONG = ("tests/booted/", "tests/system/")
"""They wait most of the time, a boot for minutes: the others take the cores beside them."""
APART = ("tests/system/test_loadgen", "tests/system/test_sidecar", "tests/system/test_standin")
"""Files of minutes, whose tests each start what they need."""


class Dealt(LoadFileScheduling):
    """By files, which share what their module has started, but for those that lie apart."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(APART) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Dealt | None:
    return Dealt(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(LONG))
