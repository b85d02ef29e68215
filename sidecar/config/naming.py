"""How the server is named: by the command that starts it, or by where one that others run is found."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fermatkit.toml.mistakes import Mistake

_WAYS = ("command", "unit", "pidfile", "match")
_OF_COMMAND = {
    "on_stop": "the sidecar never ends a server that it did not start",
    "output": "the sidecar keeps only what a server prints that it started",
    "output_limit": "the sidecar keeps only what a server prints that it started",
}
"""What only a server of the sidecar's own has, and why."""


def naming(written: Collection[str]) -> Iterator[Mistake]:
    """What contradicts itself among the keys that are written in ``[server]``."""
    first, *others = [way for way in _WAYS if way in written] or [""]
    for way in others:
        yield Mistake(f"server.{way}", f"cannot stand beside {first}: write only one of {', '.join(_WAYS)}")
    if "command" not in written:
        for key, why in _OF_COMMAND.items():
            if key in written:
                yield Mistake(f"server.{key}", f"belongs to command, and there is none: {why}")
