"""A configuration file to settings, or to every mistake in it: file, line, key, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fermatkit.errors import ExitCode, UserError
from fermatkit.toml.convert import values
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.read import file_text, tables, told
from fermatkit.toml.texts import shown
from sidecar.config.naming import naming
from sidecar.config.overlap import local, overlap
from sidecar.config.secrets import Secret
from sidecar.config.settings import ChannelSettings, DeadmanSettings, HealthSettings, ServerSettings, Settings
from sidecar.core.policy import Limits

_HTTP = re.compile(r"https?://[^/]", re.IGNORECASE)
SHORTEST_TOKEN = 16
"""Characters: less could be guessed."""
Usable = Callable[[Secret], bool]


def load(path: Path, usable: Usable = bool) -> Settings:
    """Read a file. UserError (exit code 3) lists all its mistakes, a line each.

    `usable` says whether messages can be sent to a channel's url; by itself, nothing here knows.
    """
    text = file_text(path, "--config", ExitCode.CONFIGURATION)
    settings, mistakes = parse(text, usable)
    if settings is None:
        raise UserError(told(path, text, mistakes), ExitCode.CONFIGURATION)
    return resolve(settings, path.parent)


def parse(text: str, usable: Usable = bool) -> tuple[Settings | None, list[Mistake]]:
    """Settings, or None and at least one mistake. Reads nothing but the text."""
    table = tables(text)
    if isinstance(table, Mistake):
        return None, [table]
    mistakes: list[Mistake] = []
    found = values(table, Settings, "", mistakes)
    mistakes += _contradictions(found, usable)
    if found.get("server") is not None:
        mistakes += naming(table["server"])
    return (None, mistakes) if mistakes else (Settings(**found), [])


def _contradictions(found: dict[str, Any], usable: Usable) -> Iterator[Mistake]:
    """What is wrong between values that are right, as far as they are."""
    limits: Limits | None = found.get("limits")
    if limits is not None:
        yield from (Mistake(f"limits.{key}", why) for key, why in limits.contradictions())
    names = {channel.name for channel in found.get("channels") or () if channel}
    for trouble, rule in (found.get("rules") or {}).items():
        for name in rule.channels or ():
            if name not in names:
                yield Mistake(f"rules.{trouble}.channels", f"{shown(name)} is the name of no [[channel]]")
    deadman: DeadmanSettings | None = found.get("deadman")
    if deadman and not deadman.url.credential and not _HTTP.match(deadman.url.reveal()):
        yield Mistake("deadman.url", "must begin with https:// or http://, as the service gives it")
    yield from _short(found.get("health") or HealthSettings())
    yield from _channels(found.get("channels") or (), usable)
    for i, window in enumerate(found.get("maintenance") or ()):
        if window is not None and window.begin == window.end:
            yield Mistake(f"maintenance[{i}].to", "is the same as from; write another time of day")
    health: HealthSettings | None = found.get("health", HealthSettings())
    if health:
        yield from _health(health, found.get("server"))


def _health(health: HealthSettings, server: ServerSettings | None) -> Iterator[Mistake]:
    token = health.token
    if token is None and not local(health.host):
        yield Mistake(
            "health.host",
            f"{shown(health.host)} can be reached from the network, and there is no health.token: write one "
            "(openssl rand -hex 16), or leave the host at 127.0.0.1 and put a reverse proxy before it",
        )
    if token and not token.credential and len(token.reveal()) < SHORTEST_TOKEN:
        yield Mistake(
            "health.token", f"is too short: write at least {SHORTEST_TOKEN} characters (openssl rand -hex 16)"
        )
    if server and server.port == health.port and overlap(server.host, health.host):
        yield Mistake("health.port", f"{health.port} is the server's own port; write another")


def _short(health: HealthSettings) -> Iterator[Mistake]:
    """Secrets that could be guessed."""
    for key, secret in (("token", health.token), ("monit_password", health.monit_password)):
        if secret and not secret.credential and len(secret.reveal()) < SHORTEST_TOKEN:
            why = f"is too short: write at least {SHORTEST_TOKEN} characters (openssl rand -hex 16)"
            yield Mistake(f"health.{key}", why)


def _channels(channels: Sequence[ChannelSettings | None], usable: Usable) -> Iterator[Mistake]:
    if channels and all(channel is not None and channel.after for channel in channels):
        yield Mistake(
            "channel[0].after", "every channel has it, so nobody is told at once; leave it out of one of them"
        )
    names = set[str]()
    for i, channel in enumerate(channels):
        if channel is None:
            continue
        if channel.name in names:
            yield Mistake(
                f"channel[{i}].name",
                f"{shown(channel.name)} is an earlier channel's name, too; write another",
            )
        names.add(channel.name)
        if not usable(channel.url):
            yield Mistake(
                f"channel[{i}].url",
                "is none that Apprise can use (an unknown service before ://, or parts that are missing or "
                "wrong); write it as https://github.com/caronc/apprise/wiki says for that service",
            )


def resolve(settings: Settings, base: Path) -> Settings:
    """Relative paths are meant from where the file stands."""
    server = msgspec.structs.replace(
        settings.server,
        directory=str((base / settings.server.directory).absolute()),
        pidfile=str((base / settings.server.pidfile).absolute()) if settings.server.pidfile else "",
    )
    state = msgspec.structs.replace(
        settings.state, directory=str((base / settings.state.directory).absolute())
    )
    return msgspec.structs.replace(settings, server=server, state=state)
