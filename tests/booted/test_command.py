"""The command-mode unit as an operator installs it, on a systemd that has really booted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def seen(boot: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What was seen inside."""
    return boot("command")


def test_it_is_active_only_once_it_watches(seen: dict[str, Any]) -> None:
    assert (seen["at enable"]["ActiveState"], seen["at enable"]["SubState"]) == ("active", "running")
    assert seen["running"]["StatusText"] == "The Cloud Server is up and answers."
    assert seen["running"]["User"] == "fermat"
    assert seen["running"]["NRestarts"] == "0"


def test_a_killed_server_is_back(seen: dict[str, Any]) -> None:
    assert seen["server killed: seconds"] < 20


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_a_sidecar_that_was_killed_or_hung_is_back_and_has_not_touched_the_server(
    seen: dict[str, Any], how: str
) -> None:
    assert seen[f"sidecar {how}: same server"]
    assert seen[f"sidecar {how}"]["NRestarts"] == {"killed": "1", "hung": "2"}[how]


def test_a_reload_is_obeyed_by_the_same_sidecar_over_the_same_server(seen: dict[str, Any]) -> None:
    assert seen["reloaded: same sidecar"]
    assert seen["reloaded: same server"]


def test_a_stop_sees_the_server_off(seen: dict[str, Any]) -> None:
    assert seen["stopped"]["ActiveState"] == "inactive"
    assert seen["stopped"]["Result"] == "success"
    assert seen["stopped: server gone"]
