"""A wish of the operator's to the running sidecar, over the socket in its state directory."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fermatkit.errors import ExitCode, UserError
from fermatkit.units import parse_duration
from sidecar.config.load import load
from sidecar.web.control import NAME
from sidecar.web.wishes import Answer

_PATIENCE = 10.0
"""Seconds for the answer."""


def ask(config: Path, request: dict[str, object]) -> Answer:
    """What the sidecar answers. UserError when there is none, or when it refuses."""
    path = Path(load(config).state.directory) / NAME
    try:
        with socket.socket(socket.AF_UNIX) as sidecar:
            sidecar.settimeout(_PATIENCE)
            sidecar.connect(str(path))
            sidecar.sendall(msgspec.json.encode(request) + b"\n")
            with sidecar.makefile("rb") as lines:
                answer = msgspec.json.decode(lines.readline(), type=Answer)
    except (FileNotFoundError, ConnectionRefusedError):
        raise UserError(f"{path}: no sidecar with this configuration runs", ExitCode.UNHEALTHY) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(
            f"{path}: {why}: ask as root or as the sidecar's own user", ExitCode.UNHEALTHY
        ) from None
    except msgspec.DecodeError:
        raise UserError(f"{path}: the sidecar gave no answer: see its log", ExitCode.UNHEALTHY) from None
    if answer.error:
        raise UserError(f"the sidecar refuses: {answer.error}", ExitCode.UNHEALTHY)
    return answer


def seconds(command: str, duration: str) -> float:
    """A duration as it was written. UserError (exit code 2) when it is none."""
    try:
        return parse_duration(duration)
    except ValueError as error:
        raise UserError(f"{command}: {error}", ExitCode.USAGE) from None


def shown(until: float | None) -> str:
    """A moment for people."""
    return f"{datetime.fromtimestamp(until or 0.0, UTC):%Y-%m-%d %H:%M:%S} UTC"
