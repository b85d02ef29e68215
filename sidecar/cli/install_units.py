"""``fermat-sidecar install-units``: units, users, rules and a first configuration, put in place."""

from __future__ import annotations

import os
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from sidecar.cli import shipped
from sidecar.cli.reach import out_of_reach

_ROOT = Path("/")
_PROGRAM = "opt/fermat-sidecar/bin/fermat-sidecar"
_CONFIG = "etc/fermat-sidecar/sidecar.toml"
_FIRST = f"C /{_CONFIG} 0640 root fermat-sidecar - /{shipped.EXAMPLE}\n"
"""A channel's url holds its password: for root, and for the sidecar to read. This is not in tmpfiles.d, where
systemd 252 would set the mode of an existing file, too, at each boot."""


def install_units(*, dry_run: bool) -> ExitCode:
    """Say each file that is written, and each that is not and why."""
    if not dry_run:
        shipped.only_root("install-units")
        os.umask(0o022)  # the new directories are for all to read, whatever root's own are
    try:
        install(_ROOT, dry_run=dry_run)
    except OSError as error:
        raise UserError(f"install-units: {error.filename}: {error.strerror}", ExitCode.UNHEALTHY) from None
    return ExitCode.GOOD


def install(root: Path, *, dry_run: bool) -> None:
    """Put everything under `root`; where systemd runs from there, have it read its units again."""
    installed = shipped.Installed(root)
    for place, name in shipped.PLACES.items():
        _file(installed, place, shipped.content(name), dry_run=dry_run)
    new = not installed.exists(_CONFIG)
    if not dry_run:
        _act(root, _FIRST if new else "")
    print(f"write  /{_CONFIG}" if new else f"keep   /{_CONFIG}: it is yours")
    _notes(installed)
    print("Nothing was done." if dry_run else _NEXT)


_NEXT = f"Next: edit /{_CONFIG}, then systemctl enable --now fermat-cloud-server fermat-sidecar"


def _file(installed: shipped.Installed, place: str, data: bytes, *, dry_run: bool) -> None:
    """A file that is not as it was put is the operator's."""
    if installed.same(place, data):
        print(f"same   /{place}")
        if not dry_run:
            installed.note(place, data)
        return
    if installed.exists(place) and not installed.ours(place):
        print(f"keep   /{place}: it was changed; delete it to have the shipped one")
        return
    if not dry_run:
        installed.put(place, data)
    print(f"write  /{place}")


def _notes(installed: shipped.Installed) -> None:
    """What would make it another service than the one that was installed, or none."""
    for unit in shipped.UNITS:
        if installed.exists(f"etc/systemd/system/{unit}"):
            print(f"Note: /etc/systemd/system/{unit} takes the place of the shipped one")
    if not installed.exists(_PROGRAM):
        print(f"Note: the unit starts /{_PROGRAM}, and there is none")
    elif why := out_of_reach(installed.root / _PROGRAM):
        print(f"Note: the unit cannot run /{_PROGRAM}: {why}. Make it anew, by the system's own python3")


def _act(root: Path, first: str) -> None:
    """Make the users, then what belongs to them."""
    shipped.call("systemd-sysusers", f"--root={root}", str(root / shipped.SYSUSERS))
    shipped.call("systemd-tmpfiles", f"--root={root}", "--create", str(root / shipped.TMPFILES))
    shipped.call("systemd-tmpfiles", f"--root={root}", "--create", "-", lines=first)
    if root == _ROOT and shipped.booted():
        shipped.call("systemctl", "daemon-reload")
