"""Whether the unit's user can run a program: what is in a home it cannot, and systemd says only 203/EXEC."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
"""What the unit does not see, whatever its mode (ProtectHome, systemd.exec(5))."""
_FIRST_LINE = 256
"""Bytes that the kernel reads of it (execve(2))."""


def out_of_reach(program: Path) -> str:
    """Why it cannot be run by another user in the unit; "" if nothing stands in the way."""
    try:
        return next(_hindrances(program), "")
    except PermissionError as error:  # somebody looks who is not root
        return f"{error.filename}: {error.strerror}"


def _hindrances(program: Path) -> Iterator[str]:
    for path in _parts(program):
        real = path.resolve()
        if not real.exists():  # as after an upgrade of the system's python
            yield f"{real} is not there"
            return
        for home in _HOMES:
            if real.is_relative_to(home):
                yield f"{real} is in a home, of which the unit sees nothing"
        for parent in (*path.absolute().parents, *real.parents):
            mode = stat.S_IMODE(parent.stat().st_mode)
            if not mode & stat.S_IXOTH:
                yield f"{parent} is closed to others (mode {mode:04o})"


def _parts(program: Path) -> Iterator[Path]:
    """The program, and what its first line names: an environment's python is a link to another."""
    yield program
    with program.open("rb") as file:
        first = file.read(_FIRST_LINE).partition(b"\n")[0]
    if first.startswith(b"#!") and (words := first[2:].split()):
        yield Path(words[0].decode(errors="replace"))
