"""The configuration in README.md is one that works."""

from __future__ import annotations

import re
from pathlib import Path

from sidecar.config.load import parse

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_its_configuration_is_good() -> None:
    (text,) = re.findall(r"^cat > \S+telegram.toml <<'END'.*?\n(.*?)^END$", README, re.MULTILINE | re.DOTALL)
    settings, mistakes = parse(text)
    assert mistakes == []
    assert settings is not None
    assert [channel.name for channel in settings.channels] == ["telegram"]
    assert (settings.server.port, settings.server.command, settings.server.unit) == (9090, (), "")
