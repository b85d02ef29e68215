"""A system that is booted: the package and all that it needs as wheels, and what was seen inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.wheels import CHECKOUT, PYTHON, run
from support.wheels import wheels as build

HERE = Path(__file__).parent
_NEEDED = (PYTHON, "unshare", "setpriv", "ip", "systemctl", "dbus-daemon", "pkaction")

Seen = dict[str, Any]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and all that it needs, for the Python that Debian has."""
    if os.getuid() != 0:
        pytest.skip("only root can boot a system")
    if lacking := [name for name in _NEEDED if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    if not works("unshare", "--mount", "--pid", "--fork", "--net", "--cgroup", "true"):
        pytest.skip("this root may not make namespaces: no system can be booted")
    if not works(PYTHON, "-c", "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"):
        pytest.skip(f"{PYTHON} is older than 3.11, or has no venv")
    return build(tmp_path_factory.mktemp("wheels"), "standin,demo")


@pytest.fixture(scope="session")
def boot(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Seen]:
    """What a module of this directory sees when it is run inside."""
    installed = tmp_path_factory.mktemp("installed") / "fermat-sidecar"

    def boot(inside: str, **environment: str) -> Seen:
        results = tmp_path_factory.mktemp("results")
        output = results / "output"
        output.touch()
        environment |= {
            "WHEELS": str(wheels),
            "INSTALLED": str(installed),
            "CHECKOUT": str(CHECKOUT),
            "INSIDE": inside,
        }
        run(
            HERE / "boot.sh",
            HERE / "prepare.sh",
            results,
            environment=os.environ | environment,
            output=output,
        )
        found: Seen = json.loads((results / "seen.json").read_text())
        return found

    return boot


def works(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
