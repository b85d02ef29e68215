"""The operator's socket: who may ask, what is understood, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import stat
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sidecar.core.observations import PauseAsked, ResumeAsked
from sidecar.web.control import NAME, listen
from support.reports import Reports

ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as sidecar:
    sidecar.connect(sys.argv[1])
    sidecar.sendall(sys.argv[2].encode() + b"\\n")
    print(sidecar.makefile().readline(), end="")
"""


@pytest.fixture
async def directory(tmp_path: Path, reports: Reports) -> AsyncIterator[Path]:
    control = await listen(tmp_path, reports)
    yield tmp_path
    control.close()


async def ask(directory: Path, line: bytes) -> dict[str, object]:
    reader, writer = await asyncio.open_unix_connection(directory / NAME)
    writer.write(line)
    answer: dict[str, object] = json.loads(await reader.readline())
    writer.close()
    return answer


async def test_a_pause_is_asked_for_by_name_and_reason(directory: Path, reports: Reports) -> None:
    before = time.time()
    answer = await ask(directory, b'{"ask": "pause", "seconds": 1800, "why": "up\\ngrade"}\n')
    (asked,) = reports.of(PauseAsked)
    assert asked.until == answer["until"]
    assert before + 1800 <= asked.until <= time.time() + 1800
    assert (asked.why, asked.by) == ("up grade", pwd.getpwuid(os.getuid()).pw_name)


async def test_a_resume_is_passed_on(directory: Path, reports: Reports) -> None:
    assert (await ask(directory, b'{"ask": "resume"}\n'))["error"] == ""
    assert reports.all == [ResumeAsked()]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello\n", "not understood"),
        (b'{"ask": "dance"}\n', "not understood"),
        (b'{"ask": "pause"}\n', "not understood"),
        (b'{"ask": "resume", "more": 1}\n', "not understood"),
        (b'{"ask": "pause", "seconds": 0}\n', "longer than nothing"),
        (b'{"ask": "pause", "seconds": 1e9}\n', "no longer than 7 d"),
        (b'{"ask": "pause", "seconds": -5}\n', "longer than nothing"),
    ],
)
async def test_what_is_not_understood_is_refused(
    directory: Path, reports: Reports, line: bytes, why: str
) -> None:
    assert why in str((await ask(directory, line))["error"])
    assert reports.all == []


async def test_an_endless_line_and_a_hasty_peer_harm_nobody(directory: Path, reports: Reports) -> None:
    reader, writer = await asyncio.open_unix_connection(directory / NAME)
    writer.write(b"x" * 10_000)
    assert await reader.read() == b""
    writer.close()
    _, hasty = await asyncio.open_unix_connection(directory / NAME)
    hasty.close()
    assert (await ask(directory, b'{"ask": "resume"}\n'))["error"] == ""
    assert reports.all == [ResumeAsked()]


async def test_the_socket_is_the_owner_s_alone(directory: Path) -> None:
    assert stat.S_IMODE((directory / NAME).stat().st_mode) == 0o600


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that anybody may enter: pytest's own are nobody else's."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    directory.rmdir()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
async def test_somebody_else_is_refused_even_if_the_file_lets_them(public: Path, reports: Reports) -> None:
    control = await listen(public, reports)
    (public / NAME).chmod(0o666)
    command = ["/usr/bin/python3", "-c", ASK, str(public / NAME), '{"ask": "resume"}']
    answer = await asyncio.to_thread(subprocess.check_output, command, user=65534, group=65534)
    control.close()
    assert "only root and the sidecar's own user" in json.loads(answer)["error"]
    assert reports.all == []


async def test_a_directory_that_takes_no_socket_is_a_warning(
    tmp_path: Path, reports: Reports, capsys: pytest.CaptureFixture[str]
) -> None:
    control = await listen(tmp_path / "none", reports)
    control.close()
    said = capsys.readouterr()
    assert "no pause or resume can be asked for" in said.out + said.err


async def test_a_socket_left_behind_is_replaced(tmp_path: Path, reports: Reports) -> None:
    (tmp_path / NAME).touch()
    control = await listen(tmp_path, reports)
    assert (await ask(tmp_path, b'{"ask": "resume"}\n'))["error"] == ""
    control.close()
    assert not (tmp_path / NAME).exists()
