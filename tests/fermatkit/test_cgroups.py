"""Whose a port is, told by cgroups: real ones, processes and sockets, seen as a user who may do little."""

from __future__ import annotations

import os
import subprocess
import sys
from subprocess import PIPE

import pytest

from fermatkit.cgroups import Other, above, holder, of, root
from fermatkit.measures import Unknown
from support.groups import group
from support.users import another_user


def test_a_process_of_another_user_has_the_port_if_its_cgroup_has() -> None:
    with group("server.service") as (ours, start):
        pid, port = start(listens=True)
        assert of(pid) == ours
        with another_user():
            assert holder(port, pid) == pid


def test_somebody_else_s_cgroup_is_named() -> None:
    with group("ours.service") as (_, start), group("theirs.service") as (theirs, start_theirs):
        pid, _ = start()
        _, port = start_theirs(listens=True)
        with another_user():
            assert holder(port, pid) == Other(theirs.folder.name)


LISTENER = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


def test_a_socket_of_the_root_cgroup_is_nobody_s() -> None:
    if not isinstance(of(os.getpid()), Unknown):
        pytest.skip("this test itself runs in a cgroup of its own")
    command = [sys.executable, "-c", LISTENER]
    with group("server.service") as (_, start), subprocess.Popen(command, stdin=PIPE, stdout=PIPE) as other:
        assert other.stdout is not None
        port, (pid, _) = int(other.stdout.readline()), start()
        with another_user():
            found = holder(port, pid)
        other.kill()
    assert isinstance(found, Unknown)
    assert "root cgroup" in found.why


def test_who_is_in_no_cgroup_of_its_own_has_no_proof() -> None:
    with group("server.service") as (_, start):
        _, port = start(listens=True)
        with another_user():
            found = holder(port, 1)
    assert isinstance(found, Unknown)
    assert "cgroup" in found.why


def test_where_descriptors_can_be_read_they_tell() -> None:
    with group("server.service") as (_, start):
        pid, port = start(listens=True)
        assert holder(port, os.getpid()) == pid
    assert holder(port, os.getpid()) is None


def test_a_process_that_is_gone_is_unknown() -> None:
    with group("gone") as (_, start):
        pid, _ = start()
    assert of(pid) == Unknown("the process is gone")


def test_the_cgroups_above_begin_with_the_nearest_and_end_with_the_root() -> None:
    with group("server.service") as (ours, start):
        pid, _ = start()
        assert above(pid) == [ours.folder.parent, root()]


def test_above_who_is_in_the_root_is_the_root_alone() -> None:
    """Of a container it has a limit."""
    if not isinstance(of(os.getpid()), Unknown) or root() is None:
        pytest.skip("this test itself runs in a cgroup of its own, or there is none")
    assert above(os.getpid()) == [root()]
