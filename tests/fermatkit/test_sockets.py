"""Sockets counted against a known number of real ones, and read from any batch the kernel may send."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit import sockets
from fermatkit.measures import Unknown
from fermatkit.sockets import TcpState, connections, count, listening_ports, owner
from support.users import another_user

V4, DUAL = (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::")
LISTENER = """
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(60)
"""


@contextmanager
def listening(family: int, host: str) -> Iterator[socket.socket]:
    with socket.create_server((host, 0), family=family, dualstack_ipv6=host == "::", backlog=200) as server:
        yield server


def port_of(server: socket.socket) -> int:
    return int(server.getsockname()[1])


@pytest.mark.parametrize(("family", "host"), [V4, DUAL])
def test_known_sockets_are_counted_by_state(family: int, host: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(listening(family, host))
        port = port_of(server)
        assert count(port) == {TcpState.LISTEN: 1}
        hosts = ["127.0.0.1"] * 120 + (["::1"] * 80 if host == "::" else [])
        clients = [stack.enter_context(socket.create_connection((host, port))) for host in hosts]
        accepted = [stack.enter_context(server.accept()[0]) for _ in hosts]
        assert count(port) == {TcpState.LISTEN: 1, TcpState.ESTABLISHED: len(hosts)}
        for client in clients[:7]:
            client.shutdown(socket.SHUT_WR)
        for one in accepted[-3:]:  # the last clients: on the other side of the count
            one.shutdown(socket.SHUT_WR)
        found = count(port)
        assert not isinstance(found, Unknown)
        finishing = found.pop(TcpState.FIN_WAIT1, 0) + found.pop(TcpState.FIN_WAIT2, 0)
        assert finishing == 3
        assert found == {
            TcpState.LISTEN: 1,
            TcpState.ESTABLISHED: len(hosts) - 10,
            TcpState.CLOSE_WAIT: 7,
        }


def test_a_backlog_that_nobody_accepts_is_counted_too() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(listening(*V4))
        for _ in range(5):
            stack.enter_context(socket.create_connection(server.getsockname()))
        assert count(port_of(server)) == {TcpState.LISTEN: 1, TcpState.ESTABLISHED: 5}


@pytest.mark.parametrize(("family", "host"), [V4, DUAL])
def test_one_dump_tells_the_accept_queue_and_who_was_left_open(family: int, host: str) -> None:
    with ExitStack() as stack:
        dual = host == "::"
        server = socket.create_server((host, 0), family=family, backlog=3, dualstack_ipv6=dual)
        stack.enter_context(server)
        stack.enter_context(listening(*V4))  # somebody else's
        port = port_of(server)
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(4)]
        full = connections(port)
        assert not isinstance(full, Unknown)
        assert (full.waiting, full.limit) == (4, 3)
        assert full.states == {TcpState.LISTEN: 1, TcpState.ESTABLISHED: 4}
        accepted = [stack.enter_context(server.accept()[0]) for _ in clients]
        clients[0].close()
        clients[1].close()
        later = connections(port)
        assert not isinstance(later, Unknown)
        assert (later.waiting, later.limit, later.states[TcpState.CLOSE_WAIT]) == (0, 3, 2)
        assert count(port) == later.states
        some = connections(port, (TcpState.LISTEN, TcpState.CLOSE_WAIT))
        assert not isinstance(some, Unknown)
        assert (some.states, some.limit) == ({TcpState.LISTEN: 1, TcpState.CLOSE_WAIT: 2}, 3)
        assert len(accepted) == 4


def test_of_several_listeners_the_fullest_queue_counts() -> None:
    with ExitStack() as stack:
        one = stack.enter_context(listening(*V4))
        other = stack.enter_context(socket.socket(socket.AF_INET6))
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind(("::1", port_of(one)))
        other.listen(1)
        for _ in range(2):
            stack.enter_context(socket.create_connection(("::1", port_of(one))))
        found = connections(port_of(one))
        assert not isinstance(found, Unknown)
        assert (found.waiting, found.limit, found.states[TcpState.LISTEN]) == (2, 1, 2)


def test_where_nobody_listens_there_is_no_queue() -> None:
    found = connections(port_of_nobody())
    assert not isinstance(found, Unknown)
    assert found.waiting == found.limit == Unknown("nobody listens on the port")
    assert found.states == {}


def test_the_ports_of_a_process() -> None:
    before = listening_ports(os.getpid())
    assert not isinstance(before, Unknown)
    with listening(*V4) as one, listening(*DUAL) as other, other_listening() as (port, pid):
        assert listening_ports(os.getpid()) == before | {port_of(one), port_of(other)}
        assert listening_ports(pid) == {port}
    assert listening_ports(pid) == Unknown("the process is gone")


def test_the_ports_of_another_users_process_are_unknown() -> None:
    with other_listening() as (_, pid), another_user():
        assert listening_ports(pid) == Unknown("permission denied")


def test_many_sockets_take_several_batches() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(listening(*DUAL))
        for number in range(1000):
            stack.enter_context(socket.create_connection((("127.0.0.1", "::1")[number % 2], port_of(server))))
            stack.enter_context(server.accept()[0])
        assert count(port_of(server)) == {TcpState.LISTEN: 1, TcpState.ESTABLISHED: 1000}


@pytest.mark.parametrize(("family", "host"), [V4, DUAL])
def test_the_owner_is_who_listens(family: int, host: str) -> None:
    with listening(family, host) as server:
        assert owner(port_of(server), os.getpid()) == os.getpid()
        assert owner(port_of(server), 1) == os.getpid()
    assert owner(port_of_nobody(), os.getpid()) is None


def port_of_nobody() -> int:
    with listening(*V4) as server:
        return port_of(server)


@contextmanager
def other_listening() -> Iterator[tuple[int, int]]:
    with subprocess.Popen([sys.executable, "-c", LISTENER], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        yield int(other.stdout.readline()), other.pid
        other.kill()


def test_another_process_on_the_port_is_named() -> None:
    with other_listening() as (port, pid):
        assert owner(port, os.getpid()) == pid
        assert sockets._owner_by_psutil(port, os.getpid()) == pid


def test_without_sock_diag_psutil_tells() -> None:
    with listening(*V4) as server:
        assert sockets._owner_by_psutil(port_of(server), os.getpid()) == os.getpid()
        assert sockets._owner_by_psutil(port_of(server), 1) == os.getpid()
    assert sockets._owner_by_psutil(port_of_nobody(), os.getpid()) is None


def test_another_users_listener_is_unknown_not_nobody() -> None:
    with other_listening() as (port, pid), another_user():
        assert owner(port, pid) == Unknown("it belongs to a process that we may not look into")


def test_a_kernel_that_refuses_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_TCPDIAG_GETSOCK", 99)  # a request that no kernel knows
    assert isinstance(count(1), Unknown)
    assert isinstance(listening_ports(os.getpid()), Unknown)


def test_a_kernel_that_keeps_silent_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_PATIENCE", 0.05)
    monkeypatch.setattr(sockets, "_NLM_F_REQUEST_DUMP", 0)  # no request: no answer
    assert isinstance(count(1), Unknown)


def message(state: int, extra: int) -> bytes:
    body = bytes([socket.AF_INET6, state]) + bytes(66 + 4 + 4 * extra)
    return sockets._HEADER.pack(16 + len(body), sockets._TCPDIAG_GETSOCK, 2, 0, 0) + body


DONE = sockets._HEADER.pack(20, 3, 2, 0, 0) + bytes(4)
EVEN = st.builds(
    lambda states, extra: [(one, extra) for one in states],
    st.lists(st.sampled_from(TcpState)),
    st.integers(0, 80),
)
MIXED = st.lists(st.tuples(st.sampled_from(TcpState), st.integers(0, 80)))


@given(EVEN | MIXED, st.booleans())
def test_any_batch_is_read_right(content: list[tuple[TcpState, int]], last: bool) -> None:
    batch = b"".join(message(*one) for one in content) + (DONE if last or not content else b"")
    places, ends = sockets._split(batch)
    assert ends is (last or not content)
    assert Counter(sockets._states(batch, places)) == Counter(state for state, _ in content)
