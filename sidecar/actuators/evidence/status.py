"""The lines of /proc/PID/status that decide what a process may be asked (proc_pid_status(5))."""

from __future__ import annotations

from pathlib import Path

import msgspec

_STOPPED = "Tt"


class Status(msgspec.Struct, frozen=True):
    """How a process stands."""

    state: str
    """The kernel's letter."""
    uid: int
    """Its effective user."""
    own_pid: int
    """Its pid as it knows it itself: another one than ours if it runs in a container."""
    caught: int
    """The signals it has a handler for, a bit each."""

    @classmethod
    def of(cls, pid: int) -> Status:
        """Read it. OSError when the process is gone."""
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
        values = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        return cls(
            state=values["State"][0],
            uid=int(values["Uid"][1]),
            own_pid=int(values.get("NSpid", [str(pid)])[-1]),
            caught=int(values["SigCgt"][0], 16),
        )

    @property
    def stopped(self) -> bool:
        """Whether it runs only once it is continued: no signal is handled before."""
        return self.state in _STOPPED

    def catches(self, number: int) -> bool:
        """Tell whether it has a handler for a signal."""
        return bool(self.caught & 1 << number - 1)
