"""The log's two sinks, and the size of what goes into them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloudserver.standin import lines
from cloudserver.standin.clients import Connection
from cloudserver.standin.log import Log

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO  \w+ {5}- .+")


def test_each_line_goes_to_the_file_and_to_stdout(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    log = Log(tmp_path / "log")
    log.write(lines.started("http://127.0.0.1:9090/fermat"))
    log.write([])
    written = (tmp_path / "log").read_text()
    assert written == capfd.readouterr().out
    assert [bool(LINE.fullmatch(line)) for line in written.splitlines()] == [True, True]
    assert "Server URI = http://127.0.0.1:9090/fermat" in written


def test_a_log_that_is_truncated_goes_on_from_its_start(tmp_path: Path):
    path = tmp_path / "log"
    log = Log(path)
    log.write(lines.note("before"))
    path.write_text("")
    log.write(lines.note("after"))
    assert path.read_text().endswith("- after\n")
    assert "\0" not in path.read_text()


def test_a_log_that_cannot_be_opened_leaves_stdout(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    Log(tmp_path / "no" / "log").write(lines.note("hello"))
    out, err = capfd.readouterr()
    assert out.endswith("- hello\n")
    assert "log4j:ERROR" in err


def test_a_full_disk_loses_lines_and_says_so_once(capfd: pytest.CaptureFixture[str]):
    log = Log(Path("/dev/full"))
    for _ in range(3):
        log.write(lines.note("hello"))
    out, err = capfd.readouterr()
    assert out.count("hello") == 3
    assert err == "log4j:ERROR Failed to flush writer: /dev/full: No space left on device\n"


def test_sizes_are_the_real_servers():
    """Bytes a sink of real-cloud-server.md §2, for keys of the real length; ours may be 15 % off."""
    connection = Connection(130 * "0", 130 * "1", 0.0)
    handshake = size(lines.connected(connection))
    connection.identity = 130 * "2"
    registered = lines.registered_client(connection, "COMPLETE_COMPONENT_REGISTRATION")
    assert handshake + size(registered) == pytest.approx(2356, rel=0.15)
    assert size(lines.registered_component(connection, "NETWORK_SERVICE")) == pytest.approx(1310, rel=0.15)
    assert size(lines.listed(connection, 0)) == pytest.approx(923, rel=0.15)
    assert size(lines.listed_over_http(connection.key, 0)) == pytest.approx(519, rel=0.15)
    assert size(lines.closed(connection, 1000, 1)) == pytest.approx(1236, rel=0.15)
    assert sum(line.count("\n") + 1 for line in lines.unauthorized()) == pytest.approx(70, rel=0.15)


def size(block: list[str]) -> int:
    return sum(len("2026-11-23 21:06:11 INFO  ") + len(line) + 1 for line in block)
