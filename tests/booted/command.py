"""Run as root in the booted system, by Debian's own Python: lives through things, writes down what it saw."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

UNIT = "fermat-sidecar.service"
CONFIG = Path("/etc/fermat-sidecar/sidecar.toml")
OUTPUT = Path("/var/lib/fermat-sidecar/server-output.log")
PATIENCE = 40.0


def systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True).stdout.strip()


def unit() -> dict[str, str]:
    """What systemd knows of it."""
    names = "ActiveState,SubState,MainPID,StatusText,NRestarts,Result,User"
    return dict(line.split("=", 1) for line in systemctl("show", UNIT, "-p", names).splitlines())


def health() -> tuple[str, int]:
    """The status, and the server's pid."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:9191/health", timeout=2) as answer:
            body = json.load(answer)
    except (OSError, urllib.error.URLError):
        return "", 0
    return body["status"], int(body["checks"]["process:state"][0].get("componentId", 0))


def wait(true: Callable[[], bool], what: str) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > PATIENCE:
            printed = OUTPUT.read_text()[-2000:] if OUTPUT.exists() else ""
            raise SystemExit(f"not within {PATIENCE:g} s: {what}; {unit()}; {health()}; {printed}")
        time.sleep(0.02)
    return time.monotonic() - began


def passes(*, not_pid: int = 0) -> bool:
    status, pid = health()
    return status == "pass" and pid != not_pid


def back(before: dict[str, str]) -> bool:
    """Whether another sidecar is active."""
    now = unit()
    return now["ActiveState"] == "active" and now["MainPID"] != before["MainPID"]


def main() -> None:
    seen: dict[str, object] = {}
    systemctl("enable", "--now", UNIT)
    seen["at enable"] = unit()
    wait(passes, "enabled, it passes")
    seen["running"] = unit()
    _, server = health()

    os.kill(server, signal.SIGKILL)
    seen["server killed: seconds"] = wait(lambda: passes(not_pid=server), "the server is back")
    _, server = health()

    for name, number in (("killed", signal.SIGKILL), ("hung", signal.SIGSTOP)):
        before = unit()
        os.kill(int(before["MainPID"]), number)
        seen[f"sidecar {name}: seconds"] = wait(lambda before=before: back(before), f"{name}, it is back")
        wait(passes, f"{name}, it passes")
        seen[f"sidecar {name}: same server"] = health()[1] == server
        seen[f"sidecar {name}"] = unit()

    before = unit()
    CONFIG.write_text(
        CONFIG.read_text() + '[rules.disk-low]\nthreshold = "9000TiB"\nclear = "9999TiB"\nact = "note"\n'
    )
    systemctl("reload", UNIT)
    wait(lambda: health()[0] == "warn", "the new rule is in force")
    seen["reloaded: same sidecar"] = unit()["MainPID"] == before["MainPID"]
    seen["reloaded: same server"] = health()[1] == server

    systemctl("stop", UNIT)
    seen["stopped"] = unit()
    seen["stopped: server gone"] = not Path(f"/proc/{server}").exists()
    Path(sys.argv[1]).write_text(json.dumps(seen))


main()
