"""What follows from what systemd says of a unit: the properties as they were seen on a running one."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.core.nouns import Ended
from sidecar.core.observations import GaveUp, Rested
from sidecar.core.quantities import Window
from sidecar.servers.unit_state import UnitState, being_stopped, down, ended, limit, weak

JOB = [7, "/org/freedesktop/systemd1/job/7"]
NO_JOB = [0, "/"]
RUNS: dict[str, Any] = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "SubState": "running",
    "Job": NO_JOB,
    "MainPID": 83,
    "ExecMainPID": 83,
    "Result": "success",
    "Restart": "always",
    "StartLimitBurst": 5,
    "StartLimitIntervalUSec": 600_000_000,
    "NRestarts": 2,
    "Description": "not looked at",
}


def seen(**changed: object) -> UnitState:
    return UnitState().changed(RUNS).changed(changed)


def test_signals_change_what_they_name() -> None:
    state = seen(ActiveState="failed", MainPID=0)
    assert (state.active, state.main_pid, state.sub) == ("failed", 0, "running")


@pytest.mark.parametrize(
    ("result", "code", "status", "how"),
    [
        ("signal", 2, 9, Ended(signal=9)),
        ("core-dump", 3, 11, Ended(signal=11, dumped=True)),
        ("exit-code", 1, 143, Ended(code=143)),
        ("success", 1, 0, Ended(code=0)),
        ("oom-kill", 2, 9, Ended(signal=9, result="oom-kill")),
        ("oom-kill", 2, 15, Ended(signal=15, result="oom-kill")),
    ],
)
def test_how_the_main_process_ended(result: str, code: int, status: int, how: Ended) -> None:
    state = seen(Result=result, ExecMainCode=code, ExecMainStatus=status, MainPID=0)
    assert ended(state, 83) == how


def test_what_is_said_of_another_process_is_not_taken_for_this_one_s() -> None:
    state = seen(ExecMainPID=84, ExecMainCode=2, ExecMainStatus=9)
    assert ended(state, 83) == Ended()


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({}, None),
        ({"ActiveState": "failed", "MainPID": 0, "Job": JOB}, None),
        ({"ActiveState": "activating", "SubState": "auto-restart", "MainPID": 0}, None),
        ({"ActiveState": "failed", "MainPID": 0}, GaveUp),
        ({"ActiveState": "inactive", "MainPID": 0}, Rested),
        ({"ActiveState": "inactive", "MainPID": 0, "Restart": "on-failure"}, GaveUp),
    ],
)
def test_who_is_down(changed: dict[str, object], what: type | None) -> None:
    found = down(seen(**changed))
    assert (None if found is None else type(found)) == what


def test_why_it_was_given_up_names_the_limit() -> None:
    what = down(seen(ActiveState="failed", MainPID=0, Result="exit-code"))
    assert isinstance(what, GaveUp)
    assert what.why == (
        "its unit is failed (result exit-code; Restart=always, 2 restarts made, at most 5 starts in 600 s)"
    )


@pytest.mark.parametrize(
    ("changed", "stopped"),
    [
        ({"ActiveState": "deactivating", "Job": JOB}, True),
        ({"ActiveState": "deactivating", "Job": NO_JOB}, False),  # a service's own end
        ({"ActiveState": "deactivating", "Job": JOB, "Result": "oom-kill"}, False),
        ({"ActiveState": "deactivating", "Job": JOB, "MainPID": 0}, False),
        ({"ActiveState": "active", "Job": JOB}, False),
    ],
)
def test_a_job_that_ends_a_living_server_is_an_operator_s(changed: dict[str, object], stopped: bool) -> None:
    assert being_stopped(seen(**changed)) is stopped


def test_its_limit_is_one_of_starts_of_which_the_first_is_no_restart() -> None:
    assert limit(seen()) == Window(4, 600.0)
    assert limit(seen(StartLimitBurst=1)) == Window(1, 600.0)
    assert limit(seen(StartLimitIntervalUSec=0)) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"Restart": "no"}, "Restart=no"),
        ({"StartLimitIntervalUSec": 0}, "for ever"),
        ({"StartLimitIntervalUSec": 10_000_000}, "for more than 2 s"),
    ],
)
def test_a_unit_that_would_not_catch_a_loop_is_weak(changed: dict[str, object], words: str) -> None:
    said = weak(seen(**changed))
    assert words in said
    assert bool(said) is bool(words)


@pytest.mark.parametrize(("load", "known"), [("loaded", True), ("not-found", False), ("masked", False)])
def test_whether_there_is_such_a_unit(load: str, known: bool) -> None:
    assert seen(LoadState=load).known is known
