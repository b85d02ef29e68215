"""Whose a port is, told by cgroups: real folders, processes and sockets, seen as a user who may do little."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fermatkit import cgroups
from fermatkit.cgroups import Other, folder, holder
from fermatkit.measures import Unknown
from support.users import another_user

LISTENER = """
import socket, sys
with open(sys.argv[1], "w") as procs:
    procs.write("0")
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def group(name: str) -> Iterator[Path]:
    """A cgroup of the test's own, below the machine's root."""
    root = next((place for place in cgroups._PLACES if (place / "cgroup.controllers").exists()), None)
    if root is None:
        pytest.skip("cgroup v2 is not mounted")
    place = root / f"fermat-test-{os.getpid()}-{name}"
    try:
        place.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made: {error.strerror}")
    try:
        yield place
    finally:
        with suppress(OSError):
            place.rmdir()


@contextmanager
def listening_in(place: Path) -> Iterator[tuple[int, int]]:
    """A process of that cgroup which listens: its port and its pid."""
    command = [sys.executable, "-c", LISTENER, str(place / "cgroup.procs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
        process.kill()


def test_a_process_of_another_user_has_the_port_if_its_cgroup_has() -> None:
    with group("server.service") as place, listening_in(place) as (port, pid):
        assert folder(pid) == place
        with another_user():
            assert holder(port, pid) == pid


def test_somebody_else_s_cgroup_is_named() -> None:
    with (
        group("ours.service") as ours,
        group("theirs.service") as theirs,
        listening_in(ours) as (_, pid),
        listening_in(theirs) as (port, _),
        another_user(),
    ):
        assert holder(port, pid) == Other(theirs.name)


def test_who_is_in_no_cgroup_of_its_own_has_no_proof() -> None:
    with group("server.service") as place, listening_in(place) as (port, _), another_user():
        found = holder(port, 1)
    assert isinstance(found, Unknown)
    assert "cgroup" in found.why


def test_where_descriptors_can_be_read_they_tell() -> None:
    with group("server.service") as place, listening_in(place) as (port, pid):
        assert holder(port, os.getpid()) == pid
    assert holder(port, os.getpid()) is None


def test_a_process_that_is_gone_is_unknown() -> None:
    with group("gone") as place, listening_in(place) as (_, pid):
        pass
    assert folder(pid) == Unknown("the process is gone")
