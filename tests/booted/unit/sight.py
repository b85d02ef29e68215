"""What the sidecar's user can see of a server of another user, and what is said where it sees nothing."""

from __future__ import annotations

import json
import time
import urllib.request
from urllib.error import HTTPError

from unit.bus import masked
from unit.system import (
    MAILS,
    QUIET,
    SERVER,
    SIDECAR,
    drop_in,
    health,
    main_pid,
    passes,
    settled,
    subjects,
    systemctl,
    told,
    wait,
)

_HELPER = """[Service]
ExecStartPost=/bin/sh -c 'sleep 600 & exit 0'
"""
_HIDDEN = """[Service]
ProtectProc=invisible
"""


def owned() -> dict[str, object]:
    """Alone in its unit it has the port for certain; beside a helper that cannot be told."""
    settled()
    seen: dict[str, object] = {"alone": _check("port:owner"), "configuration": _check("configuration:port")}
    drop_in(SERVER, "helper", _HELPER)
    try:
        settled()
        return seen | {"among several": _check("port:owner"), "notes": health()[2]}
    finally:
        drop_in(SERVER, "helper", "")


def hidden() -> dict[str, object]:
    """By ProtectProc=, for a sidecar that knew it before; and seen again once that is gone."""
    server = settled()
    drop_in(SIDECAR, "hidden", _HIDDEN)
    try:
        seen = _out_of_sight()
    finally:
        drop_in(SIDECAR, "hidden", "")
    systemctl("restart", SIDECAR)
    wait(passes, "it passes when it sees the server")
    return seen | {"same server": main_pid(SERVER) == server}


def no_bus_after_a_restart() -> dict[str, object]:
    """The sidecar before knew the server, and this one cannot ask for it."""
    server = settled()
    systemctl("stop", SIDECAR)
    with masked("dbus.socket", "dbus.service"):
        seen = _out_of_sight()
    systemctl("start", "dbus.socket", "polkit.service")
    wait(passes, "with the bus it passes")
    return seen | {"same server": main_pid(SERVER) == server}


def _out_of_sight() -> dict[str, object]:
    MAILS.unlink(missing_ok=True)
    systemctl("restart", SIDECAR)
    wait(lambda: told("NOT FOUND"), "it is told that it was not found")
    time.sleep(QUIET)
    return {"health": health(), "mails": subjects()}


def _check(key: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen("http://127.0.0.1:9191/health", timeout=2) as answer:
            body = json.load(answer)
    except HTTPError as answer:
        body = json.load(answer)
    found: dict[str, object] = body["checks"][key][0]
    return found
