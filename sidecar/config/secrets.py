"""A text that must not be seen: written in the file, or handed over by systemd as a credential."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fermatkit.errors import ExitCode, UserError

FOLDER = "CREDENTIALS_DIRECTORY"
"""The variable with which systemd says where they are (systemd.exec(5), LoadCredential=)."""
_PREFIX = "secret_"
"""What the shipped unit's ``LoadCredential=secret:FOLDER`` puts before the name of each file in it."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_WRITTEN = 'a text that is not empty and has no NUL in it, or { credential = "NAME" }'


class Secret:
    """Prints as ``***`` wherever it is shown; ``reveal`` is for the one place that needs it."""

    __slots__ = ("_text", "credential")

    def __init__(self, written: object) -> None:
        """Take it as a file has it: a text, or ``{ credential = "NAME" }``. ValueError for anything else."""
        name = written.get("credential") if isinstance(written, dict) and len(written) == 1 else None
        self.credential = name if isinstance(name, str) and _NAME.fullmatch(name) else ""
        """Its name, where it is one."""
        self._text = written if isinstance(written, str) else ""
        if not self.credential and (not self._text.strip() or "\0" in self._text):
            raise ValueError(f"must be {_WRITTEN}")

    def reveal(self) -> str:
        """The text itself. UserError when there is no such credential."""
        return _read(self.credential) if self.credential else self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (other._text, other.credential) == (self._text, self.credential)

    def __hash__(self) -> int:
        return hash((self._text, self.credential))


def _read(name: str) -> str:
    folder = os.environ.get(FOLDER)
    if folder is None:
        raise _missing(name, "only systemd hands credentials over, and it has not started this program")
    try:
        text = (Path(folder) / f"{_PREFIX}{name}").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(name, str(getattr(error, "strerror", None) or "it is no UTF-8 text")) from None
    if not text or "\0" in text:
        raise _missing(name, "it is empty, or has a NUL in it")
    return text


def _missing(name: str, why: str) -> UserError:
    place = f"/etc/fermat-sidecar/credentials/{name}"
    return UserError(
        f"credential {name}: {why}: put it into {place} and restart the sidecar", ExitCode.CONFIGURATION
    )
