"""A configuration file to settings, or to every mistake in it: file, line, key, what is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec

from fermatkit.errors import ExitCode, UserError
from sidecar.config.convert import Mistake, convert
from sidecar.config.settings import Settings

_TABLE = re.compile(r"\s*\[(\[?)\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


def load(path: Path) -> Settings:
    """Read a file. UserError (exit code 3) lists all its mistakes, a line each."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}: name a readable file with --config", ExitCode.CONFIGURATION
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text ({error.reason})", ExitCode.CONFIGURATION) from None
    settings, mistakes = parse(text)
    if settings is None:
        lines = _lines(text)
        raise UserError(
            "\n".join(_line(path, lines, mistake) for mistake in mistakes), ExitCode.CONFIGURATION
        )
    return resolve(settings, path.parent)


def parse(text: str) -> tuple[Settings | None, list[Mistake]]:
    """Settings, or None and at least one mistake. Reads nothing but the text."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [Mistake("", f"is not TOML: {error}")]
    mistakes: list[Mistake] = []
    settings = convert(table, Settings, "", mistakes)
    if settings is None:
        return None, mistakes
    mistakes += _contradictions(settings)
    return (None, mistakes) if mistakes else (settings, [])


def _contradictions(settings: Settings) -> list[Mistake]:
    mistakes = [Mistake(f"limits.{key}", why) for key, why in settings.limits.contradictions()]
    names = [channel.name for channel in settings.channels]
    mistakes += [
        Mistake(f"channel[{i}].name", f"{name!r} is the name of an earlier channel, too")
        for i, name in enumerate(names)
        if name in names[:i]
    ]
    if (settings.server.host, settings.server.port) == (settings.health.host, settings.health.port):
        mistakes.append(Mistake("health.port", "is the server's own port"))
    return mistakes


def resolve(settings: Settings, base: Path) -> Settings:
    """Relative directories are meant from where the file stands."""
    server = msgspec.structs.replace(
        settings.server, directory=str((base / settings.server.directory).absolute())
    )
    state = msgspec.structs.replace(
        settings.state, directory=str((base / settings.state.directory).absolute())
    )
    return msgspec.structs.replace(settings, server=server, state=state)


def _lines(text: str) -> dict[str, int]:
    """Where each plainly written key stands: path → line. What is written otherwise is not found."""
    lines: dict[str, int] = {}
    prefix, seen = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), 1):
        if table := _TABLE.match(line):
            prefix = table[2]
            if table[1]:
                index = seen.get(prefix, -1) + 1
                seen[prefix] = index
                prefix = f"{prefix}[{index}]"
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{prefix}.{key[1]}" if prefix else key[1], number)
    return lines


def _line(path: Path, lines: dict[str, int], mistake: Mistake) -> str:
    table = mistake.path.rpartition(".")[0]  # a key that is missing is missing there
    number = lines.get(mistake.path) or lines.get(table)
    where = f"{path}:{number}" if number else f"{path}"
    return f"{where}: {mistake.path} {mistake.problem}" if mistake.path else f"{where}: {mistake.problem}"
