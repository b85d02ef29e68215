"""A run that tells its server's sidecar of itself, before the first client comes."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

from fermatkit.errors import UserError
from loadgen.watch.by_sidecar import LEASE
from loadgen.watch.messages import BySidecar
from loadgen.watch.sidecar_api import Refused, Sidecar, Unanswered


def by_sidecar(url: str, token: str | None, name: str, clients: int, seconds: float) -> BySidecar:
    """Ask it whether it is there; with a token, announce the load. UserError when it is not, or refuses."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    who = f"{name} on {socket.gethostname()}, to {until:%H:%M} UTC at the latest"
    try:
        sidecar = Sidecar(url, token)
        sidecar.state()
        if token is not None:
            sidecar.announce(clients, LEASE, who)
    except ValueError as error:
        raise UserError(f"--sidecar: {error}") from None
    except Refused as error:
        raise UserError(f"--sidecar {url} does not take the announcement of the load: {error}") from None
    except Unanswered as error:
        raise UserError(f"--sidecar {url}: {error}; start it, or leave --sidecar out") from None
    return BySidecar(url=sidecar.url, token=token, clients=clients, who=who)
