"""INSTALL.md is one that a test can work through; that it does is `make test-install`."""

from __future__ import annotations

import plistlib
import re
import tomllib
from pathlib import Path

from install.guide import GUIDE, SHELL, blocks
from sidecar.config.load import load

TEXT = GUIDE.read_text()
BLOCKS = blocks(TEXT)


def test_each_block_is_found() -> None:
    assert len(BLOCKS) == len(re.findall(r"^```\w", TEXT, re.MULTILINE))


def test_each_is_run_or_has_its_reason() -> None:
    """But files that a person may want instead of another, which the machine of the test is not to have."""
    assert {block.mark.partition(":")[0] for block in BLOCKS} == {"", "not run", "network", "file"}
    assert all(block.language == SHELL for block in BLOCKS if block.reason or block.network)
    assert all(
        len(block.reason.split()) > 2 for block in BLOCKS if not block.runs and block.language == SHELL
    )


def test_what_is_installed_needs_the_network_and_nothing_else_does() -> None:
    for block in BLOCKS:
        if block.runs and block.language == SHELL:
            assert block.network == bool(re.search(r"apt-get|pip install", block.text)), block


def test_files_in_it_are_well_formed(tmp_path: Path) -> None:
    """Also those that a command writes; and a sidecar's whole one is one that it takes."""
    for block in BLOCKS:
        files = re.findall(r"^cat > (\S+) <<'END'\n(.*?)^END$", block.text, re.MULTILINE | re.DOTALL)
        for name, text in [(block.path, block.text)] if block.language == "toml" else files:
            if name.endswith(".plist"):
                assert plistlib.loads(text.encode())["Label"] == Path(name).stem
            elif name.endswith(".toml") or block.language == "toml":
                tomllib.loads(text)
            if name.endswith("sidecar.toml"):
                (tmp_path / "sidecar.toml").write_text(text)
                assert load(tmp_path / "sidecar.toml").server.directory == "/opt/fermat-cloud-server"


def test_every_part_that_it_points_to_is_there() -> None:
    """Of this page and of others."""
    for target, anchor in re.findall(r"\]\(((?!http)[^)#]*)(?:#([^)]*))?\)", TEXT):
        page = GUIDE.parent / target if target else GUIDE
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, (
                anchor
            )
