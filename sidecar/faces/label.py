"""What the faces call things: names that the core does not know."""

from __future__ import annotations

import msgspec


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
