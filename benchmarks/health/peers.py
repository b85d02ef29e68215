"""The others: each with the settings of its own manual, on loopback, and asked for what it shows at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.health import prepare

_MONIT = """
set daemon 1
set log {here}/monit.log
set pidfile {here}/monit.pid
set idfile {here}/monit.id
set statefile {here}/monit.state
set httpd port {port} and use address 127.0.0.1 allow 127.0.0.1
check process monit with pidfile {here}/monit.pid
check system $HOST
"""


@dataclass(frozen=True)
class Peer:
    """One of them."""

    name: str
    paths: tuple[str, ...]
    command: Callable[[Path, int], list[str]]
    """With a directory of its own and its port. `prepare.MissingError` when it cannot be had."""


def _glances(here: Path, port: int) -> list[str]:
    (here / "glances.conf").touch()
    # Neither multicast nor a question to a registry: this machine alone.
    quiet = ("--disable-webui", "--disable-autodiscover", "--disable-check-update")
    home = ("env", f"HOME={here}")
    return [*home, *prepare.glances(), "-w", "-C", "glances.conf", "-B", "127.0.0.1", "-p", str(port), *quiet]


def _monit(here: Path, port: int) -> list[str]:
    config = here / "monitrc"
    config.touch(0o600)
    config.write_text(_MONIT.format(here=here, port=port))
    return [*prepare.debian("monit"), "-I", "-c", str(config)]


def _node_exporter(_: Path, port: int) -> list[str]:
    return [*prepare.debian("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}"]


PEERS = (
    Peer("Glances", ("/api/4/status", "/api/4/all"), _glances),
    Peer("Monit", ("/_status",), _monit),
    Peer("prometheus-node-exporter", ("/metrics",), _node_exporter),
)
