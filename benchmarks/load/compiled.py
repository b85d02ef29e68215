"""The C programs, compiled when their source is newer."""

from __future__ import annotations

from pathlib import Path

from benchmarks.health.prepare import MissingError, run

_SOURCES = Path(__file__).parent / "c"
_PLACE = Path("build/load").absolute()


def program(name: str) -> str:
    """The path of `server` or `client`; `MissingError`: no gcc, or OpenSSL's headers are not there."""
    source, made = _SOURCES / f"{name}.c", _PLACE / name
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        _PLACE.mkdir(parents=True, exist_ok=True)
        try:
            run("gcc", "-O2", "-Wall", "-Wextra", str(source), "-o", str(made), "-lcrypto")
        except MissingError as error:
            raise MissingError(f"{error}; on Debian: apt-get install gcc libc6-dev libssl-dev") from None
    return str(made)
