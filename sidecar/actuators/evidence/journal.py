"""What a unit printed, by ``journalctl``: whoever asks has to be in the group systemd-journal."""

from __future__ import annotations

import os
import subprocess
import time

from fermatkit import masking
from sidecar.actuators.evidence.files import LINES

_NOTHING = b"-- No entries --\n"
_LONGEST_REASON = 300


class Journal:
    """One unit's lines. Each call is a process that ends in time; OSError says why there is no answer."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def since(self, wall: float, deadline: float) -> bytes:
        """All from a moment on, in epoch seconds; `deadline` in monotonic ones."""
        return self._read(f"--since=@{wall:.6f}", deadline)

    def last(self, deadline: float) -> bytes:
        """The last lines, without their secrets."""
        lines = self._read(f"--lines={LINES}", deadline).decode(errors="replace")
        return f"== journal of {self._unit}\n{masking.text(lines)}".encode()

    def _read(self, which: str, deadline: float) -> bytes:
        command = ("journalctl", f"--unit={self._unit}", "--output=cat", "--no-pager", which)
        left = max(0.0, deadline - time.monotonic())
        try:
            done = subprocess.run(  # noqa: S603 - our own words, and a unit's name from our configuration
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=left,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"journalctl: no answer within {left:.1f} s") from None
        content = b"" if done.stdout == _NOTHING else done.stdout
        said = " ".join(done.stderr.decode(errors="replace").split())[:_LONGEST_REASON]
        if done.returncode or (said and not content):  # who may not read is told so, with status 0
            raise OSError(f"journalctl: {said or f'exit code {done.returncode}'}")
        return content
