"""Run as root in the booted system, by the package's own Python: lives through it all, and writes it down."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sidecar.core.nouns import Trouble
from sidecar.core.stories import SERVER

UNIT = "fermat-cloud-server.service"
DROP_IN = Path("/etc/systemd/system") / f"{UNIT}.d" / "case.conf"
CGROUP = Path("/sys/fs/cgroup/system.slice") / UNIT
PATIENCE = 45.0
SETTLED = 5.0
"""Seconds after which what has not happened is not going to."""

CASES = {
    "main eats": ("OOMPolicy=stop", "USR1"),
    "child eats, stop": ("OOMPolicy=stop", "USR2"),
    "child eats, kill": ("OOMPolicy=kill", "USR2"),
    "child eats, continue": ("OOMPolicy=continue", "USR2"),
    "tasks": ("TasksMax=24", "RTMIN"),
}
TELLS = {"child eats, continue": ("memory.events", "oom_kill"), "tasks": ("pids.events", "max")}
"""Where the main process lives on at first, the kernel's counter that tells …"""
FOUND = {"child eats, continue": Trouble.OOM_KILLED, "tasks": Trouble.TASK_LIMIT}
"""… and what the sidecar finds."""
LEFT = "child eats, continue"
"""Whose server is not replaced."""


def systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True).stdout.strip()


def health() -> dict[str, Any]:
    """The body; empty when there is none."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:9191/health", timeout=5) as answer:
            body: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:  # 503: it fails, and says why
        body = json.load(error)
    except OSError:
        return {}
    return body


def server(body: dict[str, Any]) -> int:
    """The pid of a server that is proven; 0 when there is none."""
    if not body or body["status"] == "fail":
        return 0
    checks = body["checks"]
    if any(one["observedValue"] == SERVER for one in checks["incidents:open"]):
        return 0
    return int(checks["process:state"][0].get("componentId", 0))


def main_pid() -> int:
    return int(systemctl("show", UNIT, "-p", "MainPID", "--value"))


def counter(file: str, name: str) -> int:
    """A number of the unit's cgroup, which a restart makes anew."""
    try:
        lines = (CGROUP / file).read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def wait(true: Callable[[], bool], what: str) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"not within {PATIENCE:g} s: {what}; {health()}")
        time.sleep(0.5)  # asking is not cheap in emulation
    return time.monotonic() - began


def proven() -> bool:
    """Whether the one that runs is proven."""
    return server(health()) == main_pid() != 0


def found(trouble: str) -> bool:
    return any(one["observedValue"] == trouble for one in health().get("checks", {}).get("findings:open", ()))


def live_through(case: str, setting: str, order: str) -> dict[str, object]:
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text(f"[Service]\n{setting}\n")
    systemctl("daemon-reload")
    systemctl("restart", UNIT)
    seen: dict[str, object] = {"proven: seconds": wait(proven, f"{case}: before it, the server is proven")}
    before = seen["pid before"] = main_pid()
    restarts = systemctl("show", UNIT, "-p", "NRestarts", "--value")
    systemctl("kill", "--kill-who=main", f"--signal={order}", UNIT)
    if case in TELLS:
        seen["seconds"] = wait(lambda: counter(*TELLS[case]) > 0, f"{case}: the kernel says so")
        seen["found: seconds"] = wait(lambda: found(FOUND[case]), f"{case}: it is found")
    if case == LEFT:
        time.sleep(SETTLED)
    else:
        wait(lambda: main_pid() not in (0, before), f"{case}: systemd has started another")
        seen["seconds"] = wait(lambda: server(health()) not in (0, before), f"{case}: another is proven")
    after = systemctl("show", UNIT, "-p", "NRestarts", "--value")
    return seen | {
        "pid after": main_pid(),
        "restarts": int(after) - int(restarts),
        "health": health(),
        "counters": {name: counter(*name.split()) for name in ("memory.events oom_kill", "pids.events max")},
    }


def main() -> None:
    seen: dict[str, object] = {
        "controllers": Path("/sys/fs/cgroup/cgroup.controllers").read_text().split(),
        "booted: seconds": time.monotonic(),
    }
    systemctl("start", UNIT, "fermat-sidecar.service")
    for case, (setting, order) in CASES.items():
        try:
            seen[case] = live_through(case, setting, order)
        except Exception as error:  # noqa: BLE001 - what fails is told, and the other cases are lived through
            seen[case] = {"failed": repr(error)}
        print(f"{time.monotonic():6.1f}", case, flush=True)
        Path(sys.argv[1]).write_text(json.dumps(seen))
    journal = subprocess.run(
        ["journalctl", "-o", "short-monotonic", "--no-pager"], check=True, capture_output=True, text=True
    )
    Path(sys.argv[1]).with_name("journal").write_text(journal.stdout)


main()
