"""A run that tells its server's sidecar of itself, before the first client comes."""

from __future__ import annotations

import argparse
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fermatkit.errors import UserError
from loadgen.cli.watching import TOKEN, note
from loadgen.watch.by_sidecar import LEASE
from loadgen.watch.messages import BySidecar
from loadgen.watch.sidecar_api import Refused, Sidecar, Unanswered


def by_sidecar(args: argparse.Namespace, name: str, clients: int, seconds: float) -> BySidecar:
    """Ask it whether it is there, and announce the load. UserError when it is not, or refuses."""
    token = _token(args.sidecar_token_file)
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    who = f"{name} on {socket.gethostname()}, to {until:%H:%M} UTC at the latest"
    try:
        sidecar = Sidecar(args.sidecar, token)
        sidecar.state()
        if token is not None:
            sidecar.announce(clients, LEASE, who)
    except ValueError as error:
        raise UserError(f"--sidecar: {error}") from None
    except Refused as error:
        raise UserError(
            f"--sidecar {args.sidecar} does not take the announcement of the load: {error}"
        ) from None
    except Unanswered as error:
        raise UserError(f"--sidecar {args.sidecar}: {error}; start it, or leave --sidecar out") from None
    if token is None:
        note(f"without a token (${TOKEN}) the load is not announced: people are told of what it causes", args)
    return BySidecar(url=sidecar.url, token=token, clients=clients, who=who)


def _token(path: Path | None) -> str | None:
    if path is None:
        found = os.environ.get(TOKEN, "").strip()
    else:
        try:
            found = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", "is no text")
            raise UserError(f"--sidecar-token-file {path}: {why}") from error
        if not found:
            raise UserError(f"--sidecar-token-file {path}: is empty; write the [health] token into it")
    if not found.isascii() or not found.isprintable():
        raise UserError("the sidecar's token has characters in it that no token has")
    return found or None
