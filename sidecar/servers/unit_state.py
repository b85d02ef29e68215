"""What systemd says of a unit, and what that means: pure. Names: org.freedesktop.systemd1(5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sidecar.core.nouns import Ended
from sidecar.core.observations import GaveUp, Rested
from sidecar.core.quantities import Window

_FIELDS = {
    "LoadState": "load",
    "ActiveState": "active",
    "SubState": "sub",
    "Job": "job",
    "MainPID": "main_pid",
    "Result": "result",
    "ExecMainPID": "exec_pid",
    "ExecMainCode": "exec_code",
    "ExecMainStatus": "exec_status",
    "NRestarts": "restarts",
    "Restart": "restart",
    "StartLimitBurst": "burst",
    "StartLimitIntervalUSec": "interval",
}
_EXITED, _DUMPED = 1, 3
"""CLD_EXITED, CLD_DUMPED (sigaction(2)): the status is an exit code; otherwise it is a signal's number."""
_TELLING = {"", "success", "exit-code", "signal", "core-dump"}
"""Results that say no more than code and signal do."""
_NO_JOB = 0
_SLOWEST_LOOP = 10.0
"""Seconds from one start to the next that a limit has to catch: a server with a bad configuration ends after
0.9 to 5."""


class UnitState(msgspec.Struct, frozen=True):
    """A service unit at one moment."""

    load: str = ""
    active: str = ""
    sub: str = ""
    job: tuple[int, str] = (_NO_JOB, "/")
    main_pid: int = 0
    result: str = ""
    exec_pid: int = 0
    exec_code: int = 0
    exec_status: int = 0
    restarts: int = 0
    """Those that systemd has made of its own accord."""
    restart: str = ""
    """``Restart=``."""
    burst: int = 0
    interval: int = 0
    """Microseconds, as ever in systemd."""

    def changed(self, properties: Mapping[str, Any]) -> UnitState:
        """The state with these properties, as PropertiesChanged and GetAll have them."""
        new = {_FIELDS[name]: value for name, value in properties.items() if name in _FIELDS}
        if "job" in new:
            new["job"] = tuple(new["job"])
        return msgspec.structs.replace(self, **new)

    @property
    def has_job(self) -> bool:
        """Whether something is being done to it."""
        return self.job[0] != _NO_JOB

    @property
    def known(self) -> bool:
        """Whether there is such a unit, as far as systemd has said anything of it."""
        return self.load in ("", "loaded")


def being_stopped(state: UnitState) -> bool:
    """Whether a living server is being ended by a job: a crash has none, an OOM kill no success."""
    lives = state.active == "deactivating" and state.main_pid != 0
    return lives and state.has_job and state.result == "success"


def down(state: UnitState) -> GaveUp | Rested | None:
    """Why there is no process, and will be none by itself; None when there is, or will be."""
    if state.main_pid or state.has_job or state.active not in ("failed", "inactive"):
        return None
    if state.active == "inactive" and state.restart == "always":
        return Rested("its unit is inactive")  # only an operator's stop leaves it so
    again = f"Restart={state.restart}, {state.restarts} restarts made, at most {state.burst} starts"
    limit = f"{again} in {state.interval / 1e6:g} s" if state.interval else again
    return GaveUp(f"its unit is {state.active} (result {state.result}; {limit})")


def ended(state: UnitState, pid: int) -> Ended:
    """How the process with this pid ended, if it is the one that systemd speaks of."""
    result = "" if state.result in _TELLING else state.result
    if state.exec_pid != pid or state.exec_code == 0:
        return Ended(result=result)
    if state.exec_code == _EXITED:
        return Ended(code=state.exec_status, result=result)
    return Ended(signal=state.exec_status, dumped=state.exec_code == _DUMPED, result=result)


def limit(state: UnitState) -> Window | None:
    """How many restarts systemd makes. Its limit is one of starts: the first of them is none."""
    if not state.burst or not state.interval:
        return None
    return Window(max(1, state.burst - 1), state.interval / 1e6)


def weak(state: UnitState) -> str:
    """What is wrong with how the unit is restarted; "" if nothing is."""
    if state.restart != "always":
        return f"Restart={state.restart} leaves some deaths to the sidecar, or to nobody if that is away"
    if not state.burst or not state.interval:
        return "StartLimitIntervalSec=0: a server that ends again and again is restarted for ever"
    if state.interval / 1e6 < state.burst * _SLOWEST_LOOP:
        every = state.interval / 1e6 / state.burst
        return f"its start limit never ends a loop in which the server lives for more than {every:g} s"
    return ""
