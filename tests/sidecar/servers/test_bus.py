"""Where there is no system bus: what is said of it names the place and what to do. Real sockets."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.core.nouns import Identity
from sidecar.core.observations import Absent
from sidecar.servers import bus
from sidecar.servers.bus import Bus
from sidecar.servers.unit import UnitServer
from support.reports import Reports
from support.users import another_user

START = "start it (systemctl start dbus.socket)"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the bus should be; in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={name}/bus")
        yield Path(name) / "bus"


async def refusal() -> str:
    with pytest.raises(OSError, match="D-Bus") as raised:
        await Bus(print).connect()
    return str(raised.value.strerror)


async def test_no_socket_is_there(place: Path) -> None:
    said = await refusal()
    assert said == (
        f"D-Bus does not answer at {place} (No such file or directory): {START}, or install the package dbus"
    )


async def test_nobody_listens_there_any_more(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
        assert await refusal() == f"D-Bus does not answer at {place} (Connection refused): {START}"


async def test_it_is_not_for_this_user(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        os.chmod(place, 0o600)  # noqa: PTH101
        with another_user():
            said = await refusal()
    assert said.endswith(f"{place} (Permission denied): let the sidecar's user open that socket")


async def test_it_says_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "_PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        said = await refusal()
    assert said.endswith(f"{place} (no answer within 0.2 s): see what ails it (systemctl status dbus)")


async def test_an_address_that_is_none_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "nonsense")
    assert "D-Bus does not answer at nonsense (address did not contain a transport)" in await refusal()


async def test_elsewhere_than_said_it_is_where_every_system_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS", raising=False)
    monkeypatch.setattr(bus, "_ADDRESS", "unix:path=/nowhere/system_bus_socket")
    assert "D-Bus does not answer at /nowhere/system_bus_socket (No such" in await refusal()


@pytest.mark.usefixtures("place")
async def test_a_server_that_lives_is_not_called_dead_for_want_of_a_bus(
    reports: Reports, ourselves: Identity
) -> None:
    """The sidecar before knew it; whether systemd still has it as the server cannot be asked."""
    unit = UnitServer(f"test-{os.getpid()}.service", reports)
    unit.attach(ourselves)
    absent = await reports.until(Absent)
    await unit.close()
    assert absent.alive == ourselves
    assert absent.why.startswith("systemd cannot be asked: D-Bus does not answer at /")


@pytest.mark.usefixtures("place")
async def test_one_that_is_seen_to_be_gone_is_dead_all_the_same(
    reports: Reports, ourselves: Identity
) -> None:
    unit = UnitServer(f"test-{os.getpid()}.service", reports)
    unit.attach(Identity(ourselves.pid, ourselves.started + 1))
    absent = await reports.until(Absent)
    await unit.close()
    assert absent.alive is None
