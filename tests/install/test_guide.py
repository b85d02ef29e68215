"""INSTALL.md and INSTALL.es.md can be worked through by a test; that the first is: `make test-install`."""

from __future__ import annotations

import plistlib
import re
import tomllib
from pathlib import Path

import pytest

from install.guide import GUIDE, SHELL, SPANISH, Block, blocks
from sidecar.config.load import load


@pytest.fixture(params=[GUIDE, SPANISH], ids=lambda page: str(page.name))
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def found(page: Path) -> list[Block]:
    return blocks(page.read_text())


def test_each_block_is_found(page: Path, found: list[Block]) -> None:
    assert len(found) == len(re.findall(r"^```\w", page.read_text(), re.MULTILINE))


def test_each_is_run_or_has_its_reason(found: list[Block]) -> None:
    """But files that a person may want instead of another, which the machine of the test is not to have."""
    assert {block.mark.partition(":")[0] for block in found} == {"", "not run", "network", "file"}
    assert all(block.language == SHELL for block in found if block.reason or block.network)
    assert all(len(block.reason.split()) > 2 for block in found if not block.runs and block.language == SHELL)


def test_what_is_installed_needs_the_network_and_nothing_else_does(found: list[Block]) -> None:
    for block in found:
        if block.runs and block.language == SHELL:
            assert block.network == bool(re.search(r"apt-get|pip install", block.text)), block


def test_files_in_it_are_well_formed(found: list[Block], tmp_path: Path) -> None:
    """Also those that a command writes; and a sidecar's whole one is one that it takes."""
    for block in found:
        files = re.findall(r"^cat > (\S+) <<'END'\n(.*?)^END$", block.text, re.MULTILINE | re.DOTALL)
        for name, text in [(block.path, block.text)] if block.language == "toml" else files:
            if name.endswith(".plist"):
                assert plistlib.loads(text.encode())["Label"] == Path(name).stem
            elif name.endswith(".toml") or block.language == "toml":
                tomllib.loads(text)
            if name.endswith("sidecar.toml"):
                (tmp_path / "sidecar.toml").write_text(text)
                assert load(tmp_path / "sidecar.toml").server.directory == "/opt/fermat-cloud-server"
