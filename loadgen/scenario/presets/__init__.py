"""Plans with names: TOML files beside this one, each a question to the server."""

from __future__ import annotations

from importlib.resources import files

NAMES = (
    *("smoke", "soak", "spike", "stress", "reconnect-storm", "fanout", "slow-readers", "cold-burst"),
    "echo",
)


def text(name: str) -> str:
    """The TOML of one of the names."""
    return files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
