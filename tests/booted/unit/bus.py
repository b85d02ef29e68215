"""What the sidecar's user may ask of systemd; and what is said if bus, polkit or unit is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unit.system import (
    CONFIGURATION,
    PROGRAM,
    QUIET,
    SERVER,
    SIDECAR,
    fresh,
    health,
    main_pid,
    passes,
    serve,
    settled,
    show,
    systemctl,
    telling,
    tried,
    wait,
)

_UNIT = Path("/usr/local/lib/systemd/system") / SERVER
_OTHER = "mails.service"
_REFUSED = {
    "StopUnit": ("StopUnit", "ss", SERVER, "replace"),
    "another unit": ("RestartUnit", "ss", _OTHER, "replace"),
    "another unit's processes": ("KillUnit", "ssi", _OTHER, "all", "9"),
    "SetUnitProperties": ("SetUnitProperties", "sba(sv)", SERVER, "true", "1", "TasksMax", "t", "9"),
    "Reload": ("Reload",),
    "EnableUnitFiles": ("EnableUnitFiles", "asbb", "1", SERVER, "false", "true"),
}
_ALLOWED = {
    "RestartUnit": ("RestartUnit", "ss", SERVER, "replace"),
    "KillUnit": ("KillUnit", "ssi", SERVER, "main", "18"),
    "StartUnit": ("StartUnit", "ss", SERVER, "replace"),
    "ResetFailedUnit": ("ResetFailedUnit", "s", SERVER),
}


def rights() -> dict[str, object]:
    """Each call as that user, by busctl: its status and what it said."""
    serve()
    pids = main_pid(SERVER), main_pid(_OTHER)
    refused = {name: _call(*words) for name, words in _REFUSED.items()}
    untouched = pids == (main_pid(SERVER), main_pid(_OTHER))
    return {
        "refused": refused,
        "untouched": untouched,
        "allowed": {n: _call(*w) for n, w in _ALLOWED.items()},
    }


def _call(*words: str) -> tuple[int, str]:
    who = ("setpriv", "--reuid=fermat-sidecar", "--regid=fermat-sidecar", "--init-groups")
    manager = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
    return tried(*who, "busctl", "call", "--allow-interactive-authorization=no", *manager, *words)


def no_polkit() -> dict[str, object]:
    with masked("polkit.service"):
        return _found("polkit")


def no_bus() -> dict[str, object]:
    """And once there is one, the sidecar is well without a new start."""
    with masked("dbus.socket", "dbus.service"):
        seen = _found("systemd cannot be asked")
        sidecar = main_pid(SIDECAR)
    systemctl("start", "dbus.socket", "polkit.service")
    wait(passes, "with the bus it passes")
    return seen | {"same sidecar": main_pid(SIDECAR) == sidecar}


def no_unit() -> dict[str, object]:
    return _found("nothing.service", CONFIGURATION.replace(SERVER, "nothing.service"))


def renamed() -> dict[str, object]:
    """While it runs: that is said, and once it has its name again all is well."""
    server = settled()
    other = _UNIT.with_name("renamed.service")
    _UNIT.rename(other)
    systemctl("daemon-reload")
    try:
        wait(lambda: any(SERVER in note for note in health()[2]), "the unit is named in /health")
        time.sleep(QUIET)
        seen = {"health": health(), "sidecar": show(SIDECAR), "mails": telling()}
    finally:
        other.rename(_UNIT)
        systemctl("daemon-reload")
    wait(passes, "it has its name again and passes")
    return seen | {"same server": main_pid(SERVER) == server}


def second_sidecar() -> dict[str, object]:
    """Under a configuration of its own, over the same unit."""
    settled()
    config = Path("/run/second.toml")
    config.write_text(f'{CONFIGURATION}[health]\nport = 9192\n[state]\ndirectory = "/tmp"\n')
    words = ("-p", "User=fermat-sidecar", "-p", "PrivateTmp=yes", PROGRAM, "run", "--config", str(config))
    return {"second": tried("systemd-run", "-q", "--wait", "--pipe", *words), "first": passes()}


@contextmanager
def masked(*units: str) -> Iterator[None]:
    """For a while they are not there and cannot be started."""
    systemctl("mask", "--runtime", "--now", *units)
    try:
        yield
    finally:
        systemctl("unmask", "--runtime", *units)


def _found(word: str, configuration: str = CONFIGURATION) -> dict[str, object]:
    """What is said of it."""
    fresh(configuration)
    wait(lambda: any(word in note for note in health()[2]), f"{word} is named in /health")
    return {"health": health(), "sidecar": show(SIDECAR)}
