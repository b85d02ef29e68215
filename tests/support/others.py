"""A server that somebody else than the sidecar starts."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

from support.running import Running

BY_PIDFILE = "pidfile = 'cloud.pid'"


def named(run: Running, way: str, limits: str = "", **more: Any) -> None:
    """Configure the sidecar for a server that it does not start."""
    run.configure(limits, **more)
    config, changed = re.subn(r"(?m)^command = .*$", lambda _: way, run.config.read_text())
    assert changed
    run.config.write_text(config)


def somebody_starts_it(run: Running) -> int:
    """As a script would: with a pidfile."""
    server = subprocess.Popen(
        [sys.executable, "-m", "cloudserver", "--port", str(run.server_port)],
        cwd=run.directory / "server",
        stdout=subprocess.DEVNULL,
    )
    run.at_end.callback(server.wait)
    (run.directory / "cloud.pid").write_text(f"{server.pid}\n")
    return server.pid
