"""The files that unit mode needs: what is shipped, where each belongs, and what was put there.

Where: systemd's own files under /usr/local/lib, as a package has them under /usr/lib. What the operator
changes (``systemctl edit``) is in /etc, outranks them and is never touched. The rules of polkit and logrotate
are read in /etc only. The record of what was put is of the form that ``sha256sum -c`` reads.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from fermatkit.errors import ExitCode, UserError

_SHARE = "usr/local/share/fermat-sidecar"
_UNITS = "usr/local/lib/systemd/system"
_RECORD = f"{_SHARE}/installed.sha256"
SYSUSERS = "usr/local/lib/sysusers.d/fermat-sidecar.conf"
TMPFILES = "usr/local/lib/tmpfiles.d/fermat-sidecar.conf"
EXAMPLE = f"{_SHARE}/sidecar.toml"
UNITS = ("fermat-sidecar.service", "fermat-cloud-server.service")
PLACES = {
    f"{_UNITS}/fermat-sidecar.service": "fermat-sidecar.service",
    f"{_UNITS}/fermat-cloud-server.service": "fermat-cloud-server.service",
    SYSUSERS: "sysusers.d/fermat-sidecar.conf",
    TMPFILES: "tmpfiles.d/fermat-sidecar.conf",
    "etc/polkit-1/rules.d/50-fermat-sidecar.rules": "polkit-1/50-fermat-sidecar.rules",
    "etc/logrotate.d/fermat-cloud-server": "logrotate.d/fermat-cloud-server",
    "etc/fermat-cloud-server/log4j.properties": "log4j.properties",
    EXAMPLE: "sidecar.toml",
    f"{_SHARE}/details.conf": "details.conf",
    f"{_SHARE}/command-mode/fermat-sidecar.service": "command-mode/fermat-sidecar.service",
}
"""Each file, from the root on, and which of the shipped ones it is."""
_KEPT = ("usr/local/lib", "usr/local/share", "etc", "etc/polkit-1/rules.d", "etc/logrotate.d")
"""Directories that are others', even if nothing is in them."""


def content(name: str) -> bytes:
    """What is shipped: beside the package in a wheel, in the checkout otherwise."""
    package = Path(__file__).parents[1]
    inside = package / "systemd"
    return ((inside if inside.is_dir() else package.parent / "systemd") / name).read_bytes()


class Installed:
    """The files under a root directory ("/", but for the tests), as they are and as they were put there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._record = root / _RECORD
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        self._hashes = {
            place.lstrip("/"): digest for digest, place in (line.split("  ", 1) for line in lines)
        }

    def recorded(self) -> list[str]:
        """All that was put."""
        return list(self._hashes)

    def exists(self, place: str) -> bool:
        """Whether there is anything at all."""
        return os.path.lexists(self.root / place)

    def ours(self, place: str) -> bool:
        """Whether what is there is what was put."""
        data = self._read(place)
        return data is not None and _hash(data) == self._hashes.get(place)

    def same(self, place: str, data: bytes) -> bool:
        """Whether exactly this is there."""
        return self._read(place) == data

    def put(self, place: str, data: bytes) -> None:
        """Write a file, whole or not at all, for all to read; and record it."""
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(data)
        new.chmod(0o644)
        new.replace(path)
        self.note(place, data)

    def note(self, place: str, data: bytes) -> None:
        """Record a file as put."""
        self._hashes[place] = _hash(data)
        self._record.parent.mkdir(parents=True, exist_ok=True)
        self._record.write_text("".join(f"{digest}  /{path}\n" for path, digest in self._hashes.items()))

    def take(self, place: str) -> None:
        """Delete a file, and the directories that nothing is in any more."""
        (self.root / place).unlink()
        kept = {self.root / name for name in _KEPT}
        for parent in (self.root / place).parents:
            if parent in kept or any(parent.iterdir()):
                break
            parent.rmdir()

    def forget(self) -> None:
        """Delete the record."""
        self.take(_RECORD)

    def _read(self, place: str) -> bytes | None:
        """A file's content; None for what is none, as it was not put by us."""
        path = self.root / place
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def only_root(command: str) -> None:
    """Refuse early, before half of it is done."""
    if os.geteuid() != 0:
        raise UserError(f"{command}: writes to /etc and /usr/local: run it as root", ExitCode.USAGE)


def call(*command: str, lines: str = "") -> None:
    """One of systemd's own programs; UserError if it fails."""
    if shutil.which(command[0]) is None:
        raise UserError(f"{command[0]}: is not there: unit mode needs systemd", ExitCode.UNHEALTHY)
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=lines)  # noqa: S603 - our names
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"status {done.returncode}"
        raise UserError(f"{' '.join(command)}: {said}", ExitCode.UNHEALTHY)


def booted() -> bool:
    """Whether systemd runs here (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
