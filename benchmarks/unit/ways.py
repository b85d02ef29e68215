"""The ways to keep a server running that are compared, each as the units and files that it needs.

All are as quick as they can be set, and none may ever give up: the bench kills more than any limit allows.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.restart import LIMITS, SERVER

PLACE = Path("/run/bench")
"""Files of the bench; gone with the boot."""
_UNITS = Path("/run/systemd/system")
_PYTHON = "/opt/fermat-sidecar/bin/python"
STANDIN_PORT, STANDIN_ALONE_PORT = 9106, 9107
STANDIN_HEALTH = 9206


@dataclass(frozen=True)
class Way:
    """One supervisor with its server."""

    name: str
    port: int
    units: tuple[str, ...]
    """To start, in this order."""
    tells: tuple[str, str] = ("", "")
    """A field of the journal and its value …"""
    words: str = ""
    """… and what the message of a death has in it. (The sidecar's own stamps are in its recording.)"""
    recording: Path | None = None
    every: int = 1
    """Its turn comes in every so many rounds."""


def _systemd(name: str, port: int) -> Way:
    unit = f"server-{port}.service"
    return Way(name, port, (unit,), ("UNIT", unit), "Main process exited")


SIDECAR = Way(
    "sidecar over RestartSec=0",
    9101,
    ("server-9101.service", "sidecar-9101.service"),
    recording=PLACE / "9101/recording",
)
ALONE = _systemd("RestartSec=0 alone", 9102)
WAYS = (
    SIDECAR,
    ALONE,
    _systemd("RestartSec=100ms alone", 9103),
    Way(
        "supervisord",
        9104,
        ("bench-supervisord.service",),
        ("SYSLOG_IDENTIFIER", "supervisord"),
        "exited: server",
    ),
    Way(
        "monit, 1 s cycle",
        9105,
        ("bench-monit.service",),
        ("SYSLOG_IDENTIFIER", "monit"),
        "process is not running",
        every=2,
    ),
)
STANDIN = Way(
    "sidecar over RestartSec=0",
    STANDIN_PORT,
    (f"server-{STANDIN_PORT}.service", f"sidecar-{STANDIN_PORT}.service"),
    recording=PLACE / f"{STANDIN_PORT}/recording",
)
STANDIN_ALONE = _systemd("RestartSec=0 alone", STANDIN_ALONE_PORT)

_SUPERVISORD = """
[supervisord]
nodaemon=true
user=root
logfile=syslog
pidfile=/run/bench/supervisord.pid
[program:server]
command={command}
autorestart=true
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
"""
_MONIT = """
set daemon 1
set log syslog
set pidfile /run/bench/monit.own.pid
set idfile /run/bench/monit.id
set statefile /run/bench/monit.state
check process server with pidfile /run/bench/monit.pid
  start program = "/bin/sh -c '{command} & echo $! > /run/bench/monit.pid'"
"""


def write() -> None:
    """All units and configurations; none is started."""
    PLACE.mkdir()
    _UNITS.mkdir(parents=True, exist_ok=True)
    for way in WAYS:
        (PLACE / f"{way.port}.pl").write_text(SERVER.format(port=way.port))
    perl = {way.port: f"/usr/bin/perl {PLACE}/{way.port}.pl" for way in WAYS}
    for port in (9101, 9102):
        _unit(f"server-{port}", perl[port], "RestartSec=0")
    _unit("server-9103", perl[9103], "RestartSec=100ms")
    for port in (STANDIN_PORT, STANDIN_ALONE_PORT):
        _unit(f"server-{port}", f"{_PYTHON} -m cloudserver --port {port}", "RestartSec=0", directory=port)
    _sidecar(9101, 9201)
    _sidecar(STANDIN_PORT, STANDIN_HEALTH)
    _file("supervisord.conf", _SUPERVISORD.format(command=perl[9104]))
    _unit("bench-supervisord", f"/usr/bin/supervisord -c {PLACE}/supervisord.conf")
    _file("monitrc", _MONIT.format(command=perl[9105]))
    _unit("bench-monit", f"/usr/bin/monit -I -c {PLACE}/monitrc")
    systemctl("daemon-reload")


def systemctl(*words: str) -> str:
    """What it prints."""
    return subprocess.run(["systemctl", *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _file(name: str, text: str) -> None:
    path = PLACE / name
    path.write_text(text)
    path.chmod(0o600)


def _unit(name: str, command: str, restart: str = "", directory: int | None = None) -> None:
    lines = ["[Unit]", "StartLimitIntervalSec=0", "[Service]", f"ExecStart={command}"]
    if restart:
        lines += ["Restart=always", restart]
    if directory:
        place = PLACE / f"server-{directory}"
        place.mkdir()
        lines += [f"WorkingDirectory={place}"]
    (_UNITS / f"{name}.service").write_text("\n".join(lines) + "\n")


def _sidecar(port: int, health: int) -> None:
    """As root and without a sandbox, so that it may see whose the port is."""
    _file(
        f"{port}.toml",
        f'[server]\nunit = "server-{port}.service"\ndirectory = "{PLACE}"\nport = {port}\n'
        f'[state]\ndirectory = "{PLACE}/{port}"\n[health]\nport = {health}\n[limits]\n{LIMITS}\n',
    )
    _unit(f"sidecar-{port}", f"{_PYTHON} -m sidecar run --config {PLACE}/{port}.toml")
