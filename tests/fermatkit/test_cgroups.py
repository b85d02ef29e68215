"""Whose a port is, told by cgroups: real ones, processes and sockets, seen as a user who may do little."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE

import pytest

from fermatkit.cgroups import Other, above, holder, of, ports, root
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


@contextmanager
def shell() -> Iterator[subprocess.Popen[bytes]]:
    """A process of this user's that has begun its own life: at its exec it is for nobody to look into."""
    with subprocess.Popen(["sh", "-c", "echo; read line"], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


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


def test_a_process_among_several_may_have_the_port_or_not() -> None:
    """Neither it nor the other says more: both are in the cgroup where the socket was made."""
    with group("server.service") as (_, start):
        pid, port = start(listens=True)
        helper, _ = start()
        with another_user():
            found = holder(port, pid), holder(port, helper)
    why = "it belongs to a process that we may not look into"
    assert set(found) == {Unknown(f"{why}; its socket was made in server.service, which has 2 processes")}


def test_of_two_sockets_one_that_is_its_own_for_certain_is_enough() -> None:
    with group("ours.service") as (_, start), group("theirs.service") as (_, start_theirs):
        pid, port = start(listens=True)
        start_theirs(listens=True, port=port, address="127.0.0.2")
        with another_user():
            assert holder(port, pid) == pid


def test_of_two_sockets_one_that_may_be_its_own_is_not_somebody_else_s() -> None:
    with group("theirs.service") as (_, start_theirs), group("ours.service") as (_, start):
        pid, port = start(listens=True)
        start()
        start_theirs(listens=True, port=port, address="127.0.0.2")
        with another_user():
            found = holder(port, pid)
    assert isinstance(found, Unknown)
    assert "ours.service, which has 2 processes" in found.why


def test_who_can_be_looked_into_and_has_not_the_port_has_it_for_certain_not() -> None:
    """A server of our own user beside a listener of another's: not of a cgroup alone, either."""
    with group("server.service") as (_, start):
        _, port = start(listens=True)
        _, beside = start(listens=True)
        with another_user(), shell() as ours:
            found = holder(port, ours.pid), holder(beside, ours.pid)
    assert set(found) == {Other("server.service")}
    with subprocess.Popen([sys.executable, "-c", LISTENER], stdin=PIPE, stdout=PIPE) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with another_user(), shell() as ours:
            nameless = holder(port, ours.pid)
        other.kill()
    assert isinstance(nameless, Other)


def test_who_made_a_socket_may_have_left_its_cgroup() -> None:
    with group("server.service") as (_, start), group("session.scope") as (before, start_before):
        pid, _ = start()
        moved, port = start_before(listens=True)
        (before.folder.parent / "cgroup.procs").write_text(str(moved))
        with another_user():
            found = holder(port, pid)
    assert isinstance(found, Unknown)
    assert "made in session.scope, by somebody who has left it" in found.why


def test_the_ports_of_a_process_that_is_alone_in_its_cgroup() -> None:
    with group("server.service") as (_, start), group("theirs.service") as (_, start_theirs):
        pid, port = start(listens=True)
        start_theirs(listens=True)
        with another_user():
            assert ports(pid) == {port}
        assert ports(pid) == {port}
        start()
        with another_user():
            assert ports(pid) == Unknown("permission denied; server.service has 2 processes")
    assert ports(pid) == Unknown("the process is gone")


def test_who_is_in_no_cgroup_of_its_own_has_ports_that_nobody_knows() -> None:
    with another_user():
        found = ports(1)
    assert isinstance(found, Unknown)
    assert found.why.startswith("permission denied; ")


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
