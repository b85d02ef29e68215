"""A Debian that has just been installed, and somebody who has worked through INSTALL.md up to its removal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from install.guide import GUIDE, REMOVAL, blocks
from install.machine import booted
from install.story import ROOT, Guided, work_through

_NEEDED = ("mmdebstrap", "systemd-nspawn", "nsenter", "pip")


SUITES = ("bookworm", "trixie")
"""Debian 12 and 13."""


@pytest.fixture(scope="session", params=SUITES)
def guided(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guided]:
    if os.getuid() != 0:
        pytest.skip("only root can boot a machine")
    if lacking := [name for name in _NEEDED if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    directory = tmp_path_factory.mktemp("machine")
    (wheel,) = (ROOT / "dist").glob("*.whl")
    tree = ROOT / "build" / "install" / request.param
    subprocess.run([Path(__file__).parent / "tree.sh", tree.name, tree], check=True)
    with booted(tree, wheel, directory) as machine:
        guided = Guided(machine, set(), {})
        work_through(guided, [block for block in blocks(GUIDE.read_text()) if block.heading != REMOVAL])
        yield guided
