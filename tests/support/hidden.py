"""A program of nobody's, in a mount namespace whose /proc shows it nobody else's processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_BECOME = (
    "import os\nos.setgroups([])\nos.setresgid(65534, 65534, 65534)\nos.setresuid(65534, 65534, 65534)\n"
)
"""Of no group either: the mount excepts one, root's."""


def printed(program: str, hidepid: int, *arguments: object) -> dict[str, str]:
    """The lines ``name: text`` that it prints; skips the test where no such /proc can be mounted.

    What it imports stands before its first empty line, and is imported as root: nobody may read a home.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount another /proc")
    mount = f"mount -t proc -o hidepid={hidepid} proc /proc"
    ready = subprocess.run(["unshare", "--mount", "sh", "-c", mount], check=False, capture_output=True)
    if ready.returncode:
        pytest.skip(f"another /proc cannot be mounted: {ready.stderr.decode().strip()}")
    imports, _, rest = program.strip().partition("\n\n")
    command = [sys.executable, "-c", f"{imports}\n{_BECOME}{rest}", *map(str, arguments)]
    inside = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh", *command]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(inside, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())
