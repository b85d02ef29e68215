"""Without uvloop, without dbus-fast and without what Linux alone has; and, in one line, on Windows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fermatkit.measures import Measure
from support.linuxless import WITHOUT_LINUX
from support.running import Running, running, until
from support.standin import serving

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


MAIN = f"{WITHOUT_LINUX}\nfrom sidecar.__main__ import main\nsys.exit(main())"
LOAD = f"{WITHOUT_LINUX}\nfrom loadgen.__main__ import main\nsys.exit(main())"


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
    done = ran(MAIN, "check", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        one.program = ("-c", MAIN)
        yield one


async def test_it_watches_restarts_and_says_what_only_linux_tells(one: Running) -> None:
    one.start()
    first = await one.passes()
    os.kill(first, signal.SIGKILL)
    second = await one.passes(not_pid=first)
    os.kill(second, signal.SIGSTOP)

    async def continued() -> bool:
        return f'"Signal pid={second}' in one.log and await one.status() == "pass"

    await until(continued, lambda: one.log[-2000:])
    checks = {name: details for name, details in (await one.health())["checks"].items() if details}
    known = {name for name, details in checks.items() if "observedValue" in details[0]}
    assert {"memory:available", "load:per-core", "connections:established", "disk:free"} <= known
    unknown = {name: str(details[0]["output"]) for name, details in checks.items() if name not in known}
    of_measures = {name: reason for name, reason in unknown.items() if name in set(Measure)}
    assert of_measures["unit:memory"] == "unknown: only Linux has cgroups"
    assert of_measures["pressure:memory-full"] == "unknown: only Linux tells"
    assert "/proc" not in "".join(unknown.values())
    assert "gone" not in "".join(unknown.values())


async def test_one_that_hangs_is_replaced_with_what_evidence_there_is(one: Running) -> None:
    one.configure('hung_after = "1s"')
    one.start()
    first = await one.passes()
    async with one.client.post(f"http://127.0.0.1:{one.server_port}/standin/habits/blocked"):
        pass
    await one.passes(not_pid=first)
    assert "evidence gathered" in one.log
    for mistake in ("Traceback", "mistake of ours", "exception"):
        assert mistake not in one.log


async def test_an_operator_is_obeyed(one: Running) -> None:
    """By the mode of the socket: no kernel but Linux' says here who it is."""
    one.start()
    await one.passes()
    assert (await one.asks("pause", "1m", "a look")).returncode == 0
    assert "as an operator wishes (a look)" in " ".join((await one.health())["notes"])
    assert (await one.asks("resume")).returncode == 0


def test_clients_are_held_and_answered(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0") as server:
        url = server.url.replace("http", "ws")
        done = ran(LOAD, "--url", url, "--connections", "50", "--duration", "2s", "--out", tmp_path)
    assert done.stdout.startswith("PASS: all 50 clients were registered and held"), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "program"), [("sidecar", "fermat-sidecar"), ("loadgen", "fermat-loadgen")]
)
def test_windows_is_told_in_one_line(module: str, program: str) -> None:
    done = ran(WINDOWS, module)
    assert done.returncode == 2
    assert done.stderr == f"{program}: Windows has not what it needs: run it in WSL 2, as INSTALL.md says\n"
