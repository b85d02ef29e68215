"""What the faces call things: names that the core does not know."""

from __future__ import annotations

import msgspec

from sidecar.config.settings import Settings

_ANYWHERE = ("0.0.0.0", "::")


class Label(msgspec.Struct, frozen=True):
    """Names and addresses for people to recognise things by; no secret among them."""

    host: str
    """The machine, as its people call it."""
    server: str
    """Where the Cloud Server is: ``host:port``."""
    page: str
    """The URL of the status page."""
    output: str
    """The file that holds what the server printed; "" when that is not for the sidecar to know."""
    version: str
    """The sidecar's own."""


def label(settings: Settings, machine: str, version: str) -> Label:
    """What a sidecar with these settings is known by, on this machine."""
    server, page = settings.server, settings.health
    host = machine if page.host in _ANYWHERE else page.host
    return Label(
        host=machine,
        server=_address(server.host, server.port),
        page=f"http://{_address(host, page.port)}/",
        output=f"journalctl -u {server.unit}" if server.unit else str(settings.output or ""),
        version=version,
    )


def _address(host: str, port: int) -> str:
    """As it is written in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
