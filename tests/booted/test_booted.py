"""The unit as an operator installs it, on a systemd that has really booted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
UNIT = CHECKOUT / "systemd" / "fermat-sidecar.service"
PYTHON = "/usr/bin/python3"
_NEEDED = (PYTHON, "unshare", "setpriv", "ip", "systemctl", "systemd-analyze")
_LACKING = [name for name in _NEEDED if shutil.which(name) is None]

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root can boot a system"),
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed: {', '.join(_LACKING)}"),
]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and all that it needs, for the Python that Debian has."""
    if not works("unshare", "--mount", "--pid", "--fork", "--net", "--cgroup", "true"):
        pytest.skip("this root may not make namespaces: no system can be booted")
    if not works(PYTHON, "-c", "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"):
        pytest.skip(f"{PYTHON} is older than 3.11, or has no venv")
    directory = tmp_path_factory.mktemp("wheels")
    run(PYTHON, "-m", "venv", directory / "venv")
    pip = (directory / "venv" / "bin" / "pip", "wheel", "-q", "--disable-pip-version-check")
    run(*pip, "-w", directory / "wheels", f"{CHECKOUT}[standin]")
    return directory / "wheels"


@pytest.fixture(scope="module")
def seen(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen inside."""
    results = tmp_path_factory.mktemp("results")
    output = results / "output"
    output.touch()
    environment = {**os.environ, "WHEELS": str(wheels), "CHECKOUT": str(CHECKOUT)}
    run(HERE / "boot.sh", HERE / "prepare.sh", results, environment=environment, output=output)
    found: dict[str, Any] = json.loads((results / "seen.json").read_text())
    return found


def works(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def run(*command: str | Path, environment: dict[str, str] | None = None, output: Path | None = None) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    said = output.read_text() if output else ""
    assert done.returncode == 0, f"{said}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_the_unit_is_right() -> None:
    done = subprocess.run(["systemd-analyze", "verify", UNIT], check=False, capture_output=True, text=True)
    about_us = [
        line for line in done.stderr.splitlines() if "fermat" in line and "not executable" not in line
    ]
    assert about_us == []


def test_it_is_active_only_once_it_watches(seen: dict[str, Any]) -> None:
    assert (seen["at enable"]["ActiveState"], seen["at enable"]["SubState"]) == ("active", "running")
    assert seen["running"]["StatusText"] == "The Cloud Server is up and answers."
    assert seen["running"]["User"] == "fermat"
    assert seen["running"]["NRestarts"] == "0"


def test_a_killed_server_is_back(seen: dict[str, Any]) -> None:
    assert seen["server killed: seconds"] < 20


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_a_sidecar_that_was_killed_or_hung_is_back_and_has_not_touched_the_server(
    seen: dict[str, Any], how: str
) -> None:
    assert seen[f"sidecar {how}: same server"]
    assert seen[f"sidecar {how}"]["NRestarts"] == {"killed": "1", "hung": "2"}[how]


def test_a_stop_sees_the_server_off(seen: dict[str, Any]) -> None:
    assert seen["stopped"]["ActiveState"] == "inactive"
    assert seen["stopped"]["Result"] == "success"
    assert seen["stopped: server gone"]
