"""The file and its text, as far as it is TOML at all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fermatkit.errors import ExitCode, UserError
from fermatkit.toml.mistakes import Lines, Mistake

_AT = re.compile(r" \(at line (\d+), column \d+\)")


def file_text(path: Path, flag: str, code: ExitCode) -> str:
    """What stands in a file; UserError when it cannot be read as text. `flag` is how it was named."""
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: name a readable file with {flag}", code) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text ({error.reason}): save it as UTF-8", code) from None


def tables(text: str) -> dict[str, Any] | Mistake:
    """The tables of a text, or why it is no TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of 4,301 digits, and a list in a list in …
        why = str(error)
        at = _AT.search(why)
        return Mistake("", f"is not TOML: {_AT.sub('', why)}", int(at[1]) if at else None)


def told(path: Path | str, text: str, mistakes: Iterable[Mistake]) -> str:
    """The mistakes for whoever wrote the text, a line each."""
    where = Lines(text)
    return "\n".join(f"{path}{where.of(mistake)}: {mistake}" for mistake in mistakes)
