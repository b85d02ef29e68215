"""What a part of a plan takes of this machine: looked for before the first connect, refused in one line."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing

from fermatkit.errors import UserError
from loadgen import limits
from loadgen.dialling import sources
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.sockets import sockets
from loadgen.ws.dial import bind


def provide(plan: Plan, part: Shard) -> tuple[limits.Item, ...]:
    """The budget, with the limit of open files raised as far as needed. UserError for what is not there."""
    _read(plan.ca)
    for source in plan.sources:
        _try_out(source)
    return limits.make_room(sockets(plan, part), len(sources(plan)) or 1)


def _read(ca: str | None) -> None:
    try:
        if ca is not None:
            ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl's own errors are, too
        raise UserError(
            f"ca: {ca} is no file of certificates in PEM form: {error.strerror or error}"
        ) from error


def _try_out(source: str) -> None:
    try:
        with closing(socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)) as sock:
            bind(sock, source)
    except OSError as error:
        why = error.strerror or error
        raise UserError(f"source: {source} must be an address of this machine: {why}") from error
