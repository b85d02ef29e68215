"""Without uvloop, without dbus-fast and without what Linux alone has; and, in one line, on Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT_LINUX = """
import asyncio, os, platform, resource, select, signal, socket, sys, urllib.request
import aiohttp, aiohttp.web, apprise, msgspec, psutil, structlog

apprise.Apprise()
sys.modules |= {"uvloop": None, "dbus_fast": None}
sys.platform = "darwin"
psutil.LINUX, psutil.MACOS = False, True
for module, names in {
    os: ("pidfd_open", "P_PIDFD", "sched_getaffinity", "eventfd", "memfd_create", "setns", "splice"),
    select: ("epoll",),
    signal: ("pidfd_send_signal", "sigtimedwait"),
    socket: ("AF_NETLINK", "SO_PEERCRED", "SOCK_NONBLOCK", "SO_INCOMING_CPU", "TCP_USER_TIMEOUT"),
    resource: ("prlimit",),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""
"""What macOS has not, taken away before anything of ours is imported, and after what is others'."""
EVERYTHING = """
import importlib, pkgutil

for name in ("fermatkit", "cloudserver", "sidecar", "loadgen"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            print(module.name, error.name)
"""
WINDOWS = """
import os, sys

for name in ("fcntl", "grp", "pwd", "resource", "termios", "uvloop", "dbus_fast"):
    sys.modules[name] = None
import importlib
program = importlib.import_module(sys.argv.pop(1) + ".__main__").main
os.name = "nt"
program()
"""
OF_A_UNIT = {"sidecar.servers.bus", "sidecar.servers.manager", "sidecar.servers.unit"}
"""What asks systemd over D-Bus; wiring imports it for `[server] unit` alone."""
DASK = "distributed"
"""An extra: who does not want it has not installed it."""


def ran(program: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words], check=False, capture_output=True, text=True
    )


def test_each_module_is_imported_but_those_of_a_unit() -> None:
    done = ran(WITHOUT_LINUX + EVERYTHING)
    assert done.returncode == 0, done.stderr
    lacking = dict(line.split() for line in done.stdout.splitlines())
    assert {name for name, why in lacking.items() if why.startswith("dbus_fast")} <= OF_A_UNIT
    assert {why for why in lacking.values() if not why.startswith("dbus_fast")} <= {DASK}


def test_the_configuration_of_command_mode_is_checked(tmp_path: Path) -> None:
    config = tmp_path / "sidecar.toml"
    config.write_text(f'[server]\ncommand = ["true"]\ndirectory = "{tmp_path}"\n')
    done = ran(
        f"{WITHOUT_LINUX}\nfrom sidecar.__main__ import main\nsys.exit(main())", "check", "--config", config
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("module", "program"), [("sidecar", "fermat-sidecar"), ("loadgen", "fermat-loadgen")]
)
def test_windows_is_told_in_one_line(module: str, program: str) -> None:
    done = ran(WINDOWS, module)
    assert done.returncode == 2
    assert done.stderr == f"{program}: Windows has not what it needs: run it in WSL 2, as INSTALL.md says\n"
