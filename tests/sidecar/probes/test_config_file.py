"""The server's configuration, read and told when it changes."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sidecar.core.nouns import Identity
from sidecar.core.observations import ConfigRead
from sidecar.probes.config_file import FILE, ConfigProbe, ConfigSettings, port_of, read
from support.reports import Reports
from support.standin import serving
from support.users import another_user

SHIPPED = """# written by the server
user = fermat
port = 9090
monit_url = http://localhost:2812/
"""


def write(path: Path, text: str) -> None:
    path.write_text(text)


def remove(path: Path) -> None:
    path.unlink()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir()
    return tmp_path / FILE


@pytest.fixture
async def probe(reports: Reports, path: Path) -> AsyncIterator[ConfigProbe]:
    probe = ConfigProbe(
        ConfigSettings(path.parent.parent, interval=0.05, settling=0.1, patience=0.3), reports
    )
    yield probe
    await probe.close()


@pytest.mark.parametrize(
    ("text", "port"),
    [
        (SHIPPED, 9090),
        ("port=1", 1),
        ("port:65535\r\nuser=x", 65535),
        (" \tport 8080  ", 8080),
        ("port = 1\nport = 2", 1),
        ("monit_port = 2812\nport = 3", 3),
        ("", "empty"),
        (" \n\n", "empty"),
        ("#port = 9090\n!port = 9090\nports = 1\n", "no port"),
        ("port", "no port"),
        ("port =\nuser = 1", "port is not a number: '' instead of one from 1 to 65535"),
        ("port = 9O90", "port is not a number: '9O90' instead of one from 1 to 65535"),
        ("port = ٣", "port is not a number: '٣' instead of one from 1 to 65535"),
        ("port = -1", "port is not a number: '-1' instead of one from 1 to 65535"),
        ("port = 0", "port is not a number: '0' instead of one from 1 to 65535"),
        ("port = 65536", "port is not a number: '65536' instead of one from 1 to 65535"),
        ("port = " + "9" * 9999, f"port is not a number: '{'9' * 40}' instead of one from 1 to 65535"),
    ],
)
def test_the_port_or_what_is_wrong(text: str, port: int | str) -> None:
    assert port_of(text) == port


def test_a_file_that_cannot_be_read(path: Path, tmp_path: Path) -> None:
    assert read(path) == ConfigRead(str(path), None, "missing")
    assert read(tmp_path) == ConfigRead(str(tmp_path), None, "unreadable: Is a directory")
    path.write_bytes(b"\xff\xfe port\nport = 7\n")
    assert read(path) == ConfigRead(str(path), 7, "")


async def test_only_what_has_changed_is_told(probe: ConfigProbe, reports: Reports, path: Path) -> None:
    probe.start()
    await reports.until(ConfigRead, problem="missing")
    write(path, "")
    await reports.until(ConfigRead, problem="empty")
    write(path, SHIPPED)
    await reports.until(ConfigRead, port=9090)
    write(path, SHIPPED + "monit_user = x\n")
    await asyncio.sleep(0.2)
    told = [(one.port, one.problem) for one in reports.of(ConfigRead)]
    assert told == [(None, "missing"), (None, "empty"), (9090, "")]


async def test_what_is_being_written_is_no_news(reports: Reports, path: Path, another: Identity) -> None:
    probe = ConfigProbe(ConfigSettings(path.parent.parent, interval=600.0, settling=600.0), reports)
    write(path, SHIPPED)
    probe.start()
    await reports.until(ConfigRead, port=9090)
    write(path, "# written by")
    probe.watch(another)
    await asyncio.sleep(0.2)
    write(path, SHIPPED)
    probe.watch(None)
    await asyncio.sleep(0.2)
    assert len(reports.of(ConfigRead)) == 1
    write(path, "")
    probe.watch(another)
    await asyncio.sleep(0.2)
    assert len(reports.of(ConfigRead)) == 1
    probe.watch(None)  # it has ended, of that perhaps: a second look, at once
    assert (await reports.until(ConfigRead, 2)).problem == "empty"
    await probe.close()


async def test_a_start_of_the_server_is_a_reason_to_look(
    reports: Reports, path: Path, another: Identity
) -> None:
    probe = ConfigProbe(ConfigSettings(path.parent.parent, interval=600.0), reports)
    probe.start()
    await reports.until(ConfigRead, problem="missing")
    write(path, SHIPPED)
    probe.watch(another)
    assert await reports.until(ConfigRead, 2) == ConfigRead(str(path), 9090, "")
    await probe.close()


async def test_a_file_that_hangs_is_unreadable(probe: ConfigProbe, reports: Reports, path: Path) -> None:
    os.mkfifo(path)
    probe.start()
    await reports.until(ConfigRead, problem="unreadable: not read within 0.3 s")
    write(path, SHIPPED)  # lets the look go that hangs
    remove(path)
    await reports.until(ConfigRead, problem="missing")


async def test_what_the_server_itself_writes_is_read(reports: Reports, tmp_path: Path) -> None:
    probe = ConfigProbe(ConfigSettings(tmp_path, interval=0.05, settling=0.1), reports)
    probe.start()
    await reports.until(ConfigRead, problem="missing")
    with serving(tmp_path):
        await reports.until(ConfigRead, 2)
    assert "port is not a number: '0'" in reports.of(ConfigRead)[-1].problem  # the system's choice, here
    await probe.close()


def test_what_only_another_user_may_read_is_no_problem_of_the_server_s(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    path = hidden / "server_conf.properties"
    path.write_text("port=9090\n")
    with another_user():
        assert read(path, of_another=True) == ConfigRead(str(path), None, "", "Permission denied")
        assert read(path) == ConfigRead(str(path), None, "unreadable: Permission denied")


def test_where_we_have_no_descriptor_left_it_is_unknown(path: Path) -> None:
    write(path, SHIPPED)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        seen = read(path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert seen == ConfigRead(str(path), None, "", "Too many open files")
