"""``fermat-sidecar check``: say whether the configuration is right."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.config.load import load


def check(config: Path) -> ExitCode:
    """Good, in one line; or UserError with every mistake."""
    settings = load(config)
    channels = ", ".join(channel.name for channel in settings.channels) or "nobody (no [[channel]])"
    print(f"{config}: good. Server {settings.server.host}:{settings.server.port}; told: {channels}.")
    return ExitCode.GOOD
