"""Networks of the tests' own: each a namespace with one address, all of them at one bridge."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest


class Place(NamedTuple):
    """One namespace."""

    enter: tuple[str, ...]
    """What runs a command in it."""
    address: str


@contextmanager
def networks(count: int) -> Iterator[list[Place]]:
    """So many machines, as far as the network tells; skips, with the reason, where that is not allowed."""
    names = [f"lg{os.getpid()}-{number}" for number in range(count)]
    bridge = names[0]
    made: list[str] = []
    try:
        try:
            for name in names:
                _ip("netns", "add", name)
                made.append(name)
            _connect(bridge, names)
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            why = getattr(error, "stderr", None) or str(error)
            pytest.skip(f"no network namespace can be made here: {why.strip()}")
        yield [
            Place(("ip", "netns", "exec", name), f"10.199.7.{number + 1}")
            for number, name in enumerate(names)
        ]
    finally:
        for name in made:
            _ip("netns", "del", name)


def _connect(first: str, names: list[str]) -> None:
    """A bridge in the first of them, with a leg into each other; nothing outside has a part in it."""
    _ip("-n", first, "link", "add", "bridge", "type", "bridge")
    _ip("-n", first, "addr", "add", "10.199.7.1/24", "dev", "bridge")
    for link in ("lo", "bridge"):
        _ip("-n", first, "link", "set", link, "up")
    for number, name in enumerate(names[1:], start=2):
        _ip("-n", first, "link", "add", f"leg{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("-n", first, "link", "set", f"leg{number}", "master", "bridge", "up")
        _ip("-n", name, "addr", "add", f"10.199.7.{number}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _ip("-n", name, "link", "set", link, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
