"""Texts that must be more than texts: read as they stand, or a ValueError that says what to write instead."""

from __future__ import annotations

import re

from fermatkit.toml.texts import host, line, shown
from sidecar.core.maintenance import WEEK, Day

_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,200}\.service")
"""systemd.unit(5)."""
_LONGEST_NAME = 200
"""Bytes: a file's name may have 255, and ours become longer (``….1``)."""
_OURS = ("sidecar.db", "memory.json", "probe-keys.json", "server.lock", "sidecar.lock", "control.sock")
"""What the sidecar itself keeps in the state directory, or once kept; also as ``….new``, ``…-wal`` …"""
_OUR_DIRECTORIES = ("evidence", "recording")


def hosts(value: object) -> tuple[str, ...]:
    """Several of them."""
    if not isinstance(value, list):
        raise ValueError(f'must be a list of names, like ["status.example.org"], is {shown(value)}')  # noqa: TRY004 - one kind of error for all mistakes
    return tuple(map(host, value))


def unit(text: object) -> str:
    """The name of a service unit."""
    name = line(text)
    if not _UNIT.fullmatch(name):
        raise ValueError(
            f"must be the name of a service unit, like 'fermat-cloud-server.service', is {shown(text)}"
        )
    return name


def output(text: object) -> str:
    """The name of a file in the state directory that is none of the sidecar's own."""
    name = line(text)
    if "/" in name or name in (".", "..") or len(name.encode()) > _LONGEST_NAME:
        raise ValueError(
            f"must be the name of a file in the state directory, like 'server-output.log', is {shown(text)}"
        )
    if name.casefold().startswith(_OURS) or name.casefold() in _OUR_DIRECTORIES:
        raise ValueError(
            f"{shown(text)} is, or may become, the name of one of the sidecar's own files; "
            "write another, like 'server-output.log'"
        )
    return name


def days(value: object) -> tuple[Day, ...]:
    """Days of the week, by the beginnings of their names."""
    known = ", ".join(WEEK)
    if not isinstance(value, list) or not value:
        raise ValueError(f'must be a list of days, like ["sat", "sun"], of {known}, is {shown(value)}')
    if wrong := [one for one in value if one not in WEEK]:
        raise ValueError(f"{shown(wrong[0])} is no day: write {known}")
    return tuple(map(Day, value))
