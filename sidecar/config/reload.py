"""What of a file that was changed can be obeyed at once, and what only by another sidecar: pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sidecar.config.settings import Settings
from sidecar.core.policy import Policy

_EDGES = ("server", "state", "health", "deadman")
"""Tables whose settings are at work somewhere: a connection, an open file, a process."""


def reload(old: Settings, new: Settings) -> tuple[Policy, list[str]]:
    """By what is decided from now on; and the keys that need a restart of the sidecar.

    `old` is what the running sidecar was started with. [limits], [rules] and [[maintenance]] take effect, and
    who is told among the channels that it knows, by the urls that it knows. The language does, too: it is the
    faces' own.
    """
    known = {channel.name: channel.url for channel in old.channels}
    channels = tuple(channel.name for channel in new.channels if channel.name in known)
    kept = {"abilities": old.policy.abilities, "deadman": old.policy.deadman}
    policy = msgspec.structs.replace(new.policy, channels=channels, **kept)
    later = [key for table in _EDGES for key in _changed(table, getattr(old, table), getattr(new, table))]
    later += [f"channel {one.name}" for one in new.channels if known.get(one.name) != one.url]
    return policy, later


def _changed(path: str, old: object, new: object) -> Iterator[str]:
    if not (isinstance(old, msgspec.Struct) and type(old) is type(new)):
        if old != new:
            yield path
        return
    for field in msgspec.structs.fields(old):
        yield from _changed(f"{path}.{field.encode_name}", getattr(old, field.name), getattr(new, field.name))
