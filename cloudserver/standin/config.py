"""`configuration/server_conf.properties` in the working directory, as the server keeps it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

FILE = Path("configuration/server_conf.properties")
DEFAULT_PORT = 9090
_LINE = re.compile(r"(?m)^[ \t]*([^#!\s=:]+)[ \t]*[=: \t][ \t]*(.*?)\r?$")
MAX_PORT = 65535


class Config(msgspec.Struct, frozen=True):
    """The server's settings; `password` is the lower-case hex SHA-256 of the word itself (here: fermat)."""

    port: int = DEFAULT_PORT
    """TCP port; 0 lets the system choose (the log's `Server URI` tells which)."""
    user: str = "fermat"
    password: str = "5e494e695571ede182fb62299373678158c752fb8d3c04104a46b7de139dab5e"  # noqa: S105 - the shipped default
    monit_installed: bool = False
    monit_url: str = "http://localhost:2812/"
    monit_user: str | None = None
    monit_password: str | None = None
    """In clear. Both are absent until an administrator saves them."""


_DEFAULTS = msgspec.structs.asdict(Config())


class BadConfig(Exception):
    """The file cannot be used; the text is the Java error, for a stack trace."""


class BadPort(BadConfig):
    """The port is not a number, or none of a port."""


def load(port: int, path: Path = FILE) -> Config:
    """Read the file, or write one of defaults with `port` when it is missing: the file's port wins.

    On a full disk a missing file is left behind empty, and every later start fails on that (seen).
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_text(Config(port=port)))
        text = path.read_text(errors="replace")
    except OSError as error:
        raise BadConfig(f"java.io.IOException: {path}: {error.strerror}") from None
    return parse(text)


def parse(text: str) -> Config:
    """Read the text of a properties file. A missing key, or a value of another kind, is a `BadConfig`."""
    values = dict(_LINE.findall(text))
    try:
        config = msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        kind = BadPort if str(error).endswith("`$.port`") else BadConfig
        raise kind(f"org.apache.commons.configuration.ConversionException: {error}") from None
    missing = [name for name, default in _DEFAULTS.items() if default is not None and name not in values]
    if missing:
        raise BadConfig(f"java.util.NoSuchElementException: '{missing[0]}' doesn't map to an existing object")
    if not 0 <= config.port <= MAX_PORT:
        raise BadPort(f"java.lang.IllegalArgumentException: port out of range: {config.port}")
    return config


def _text(config: Config) -> str:
    values = msgspec.to_builtins(config)
    return "".join(
        f"{key} = {str(value).lower() if value is False else value}\n"
        for key, value in values.items()
        if value is not None
    )
