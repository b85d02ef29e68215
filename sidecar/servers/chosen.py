"""Which way to the server the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.config.settings import ServerSettings
from sidecar.core.observations import Report
from sidecar.servers.command import CommandServer, CommandSettings
from sidecar.servers.found import FoundServer, FoundSettings

if TYPE_CHECKING:
    from sidecar.servers.unit import UnitServer


def chosen(
    settings: ServerSettings, directory: Path, report: Report
) -> UnitServer | CommandServer | FoundServer:
    """Run by systemd, ours to start, or somebody else's to be found."""
    if settings.unit:
        from sidecar.servers.unit import UnitServer  # noqa: PLC0415 - 5 MiB for D-Bus, for who needs it

        return UnitServer(settings.unit, report)
    if not settings.command:
        pidfile = Path(settings.pidfile) if settings.pidfile else None
        return FoundServer(FoundSettings(settings.port, pidfile, settings.match), report)
    return CommandServer(
        CommandSettings(
            settings.command,
            Path(settings.directory),
            directory / settings.output,
            directory / "server.lock",
            settings.output_limit,
        ),
        report,
    )
