"""What systemd hears, on a socket like its own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.actuators.systemd import Systemd


@pytest.fixture
def notify(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "notify"))
        one.setblocking(False)
        yield one


def heard(notify: socket.socket) -> list[str]:
    lines = []
    while True:
        try:
            lines.append(notify.recv(4096).decode())
        except BlockingIOError:
            return lines


async def test_it_hears_that_we_are_ready_how_things_are_and_that_we_are_about_to_end(
    notify: socket.socket, tmp_path: Path
) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "HOME": "/"}
    systemd = Systemd(environment)
    assert environment == {"HOME": "/"}, "the server does not inherit what is said to us"
    systemd.ready()
    systemd.status("The server is\nup.")
    systemd.status("The server is\nup.")
    systemd.stopping()
    await systemd.close()
    assert heard(notify) == ["READY=1", "STATUS=The server is up.", "STOPPING=1"]


@pytest.mark.parametrize("whose", [{}, {"WATCHDOG_PID": str(os.getpid())}])
async def test_its_watchdog_is_fed_twice_in_the_time_it_waits(
    notify: socket.socket, tmp_path: Path, whose: dict[str, str]
) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000", **whose})
    systemd.ready()
    await asyncio.sleep(0.3)
    await systemd.close()
    ready, *beats = heard(notify)
    assert ready == "READY=1"
    assert set(beats) == {"WATCHDOG=1"}
    assert 2 <= len(beats) <= 7


@pytest.mark.parametrize(
    "wanted", [{}, {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "0"}]
)
async def test_no_watchdog_is_fed_that_does_not_wait_for_us(
    notify: socket.socket, tmp_path: Path, wanted: dict[str, str]
) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify"), **wanted})
    systemd.ready()
    await asyncio.sleep(0.1)
    await systemd.close()
    assert heard(notify) == ["READY=1"]


async def test_an_abstract_socket_is_written_with_an_at() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(f"\0fermat-{os.getpid()}")
        Systemd({"NOTIFY_SOCKET": f"@fermat-{os.getpid()}"}).ready()
        assert one.recv(100) == b"READY=1"


async def test_without_systemd_or_when_it_is_deaf_nothing_happens(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        systemd = Systemd(environment)
        systemd.ready()
        systemd.status("up")
        systemd.stopping()
        await systemd.close()
