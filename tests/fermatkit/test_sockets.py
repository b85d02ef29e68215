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
from fermatkit.sockets import TcpState, count, owner
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
