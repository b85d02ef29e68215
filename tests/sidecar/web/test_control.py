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
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from sidecar.core.nouns import Identity
from sidecar.core.observations import (
    AckAsked,
    LoadAnnounced,
    PauseAsked,
    RestartAsked,
    ResumeAsked,
    SilenceAsked,
    UnsilenceAsked,
)
from sidecar.core.stories import SERVER, Topic
from sidecar.web.control import NAME, listen
from support.reports import Reports

ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as sidecar:
    sidecar.connect(sys.argv[1])
    sidecar.sendall(sys.argv[2].encode() + b"\\n")
    print(sidecar.makefile().readline(), end="")
"""


ME = pwd.getpwuid(os.getuid()).pw_name


class Face:
    """Two incidents; what they look like is the sidecar's to say."""

    open: Mapping[int, Topic] = {12: SERVER, 13: "disk-low"}
    server: Identity | str = Identity(7, 70)

    def replaceable(self) -> Identity | str:
        return self.server

    def open_incidents(self) -> Mapping[int, Topic]:
        return self.open

    def incidents(self) -> str:
        return "Abiertos:\n  12  SERVIDOR"

    def status(self) -> str:
        return "✗ El Cloud Server está caído."


@pytest.fixture
def face() -> Face:
    return Face()


@pytest.fixture
async def directory(tmp_path: Path, reports: Reports, face: Face) -> AsyncIterator[Path]:
    control = await listen(tmp_path, reports, face)
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
    assert (asked.why, asked.by) == ("up grade", ME)


async def test_a_restart_is_of_the_process_that_runs_or_refused_with_the_reason(
    directory: Path, reports: Reports, face: Face
) -> None:
    assert (await ask(directory, b'{"ask": "restart", "why": "new\\njar"}\n'))["text"] == "pid 7"
    assert reports.all == [RestartAsked(Identity(7, 70), "new jar", ME)]
    face.server = "no server runs"
    assert (await ask(directory, b'{"ask": "restart"}\n'))["error"] == "no server runs"
    assert len(reports.all) == 1


async def test_a_load_is_announced_and_ends_by_itself_or_at_once(directory: Path, reports: Reports) -> None:
    before = time.time()
    line = b'{"ask": "load-window", "clients": 5000, "seconds": %d, "who": "loadgen on\\nb"}\n'
    answer = await ask(directory, line % 600)
    assert (await ask(directory, line % 0))["error"] == ""
    for wrong in (-1, 86401):
        assert "no longer than 1 d" in str((await ask(directory, line % wrong))["error"])
    first, last = reports.of(LoadAnnounced)
    assert before + 600 <= first.until == answer["until"] <= time.time() + 600
    assert (first.clients, first.who) == (5000, "loadgen on b")
    assert last.until <= time.time()


async def test_a_resume_is_passed_on(directory: Path, reports: Reports) -> None:
    assert (await ask(directory, b'{"ask": "resume"}\n'))["error"] == ""
    assert reports.all == [ResumeAsked()]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello\n", "not understood"),
        (b'"\xff"\n', "not understood"),
        (b"[" * 4000 + b"\n", "not understood"),
        (b'{"ask": "dance"}\n', "not understood"),
        (b'{"ask": "pause"}\n', "not understood"),
        (b'{"ask": "resume", "more": 1}\n', "not understood"),
        (b'{"ask": "pause", "seconds": 0}\n', "longer than nothing"),
        (b'{"ask": "pause", "seconds": 1e9}\n', "no longer than 7 d"),
        (b'{"ask": "pause", "seconds": -5}\n', "longer than nothing"),
        (b'{"ask": "ack"}\n', "not understood"),
        (b'{"ask": "ack", "number": "12"}\n', "not understood"),
        (b'{"ask": "ack", "number": 7}\n', "no incident 7 is open; open now: 12 (server), 13 (disk-low)"),
        (b'{"ask": "silence", "topic": "disk-low"}\n', "not understood"),
        (b'{"ask": "silence", "topic": "disk-low", "seconds": 0}\n', "a silence is longer than nothing"),
        (b'{"ask": "silence", "topic": "disk-low", "seconds": 604801}\n', "no longer than 7 d"),
        (b'{"ask": "silence", "topic": "disc-low", "seconds": 60}\n', "did you mean 'disk-low'?"),
        (b'{"ask": "silence", "topic": "weather", "seconds": 60}\n', "there are: server, accept-queue, "),
        (
            b'{"ask": "silence", "topic": "hung", "seconds": 60}\n',
            "there are: server, ",
        ),  # of SERVER
        (b'{"ask": "unsilence"}\n', "not understood"),
        (b'{"ask": "unsilence", "topic": "servr"}\n', "did you mean 'server'?"),
        (b'{"ask": "incidents", "number": 1}\n', "not understood"),
    ],
)
async def test_what_is_not_understood_is_refused(
    directory: Path, reports: Reports, line: bytes, why: str
) -> None:
    assert why in str((await ask(directory, line))["error"])
    assert reports.all == []


async def test_what_is_acknowledged_is_named(directory: Path, reports: Reports) -> None:
    answer = await ask(directory, b'{"ask": "ack", "number": 13, "why": "on\\n it"}\n')
    assert (answer["error"], answer["text"]) == ("", "disk-low")
    assert reports.all == [AckAsked(13, ME, "on it")]


async def test_with_nothing_open_there_is_nothing_to_be_acknowledged(
    directory: Path, reports: Reports, face: Face
) -> None:
    face.open = {}
    answer = await ask(directory, b'{"ask": "ack", "number": 12}\n')
    assert answer["error"] == "no incident 12 is open; open now: none"
    assert reports.all == []


@pytest.mark.parametrize("topic", ["server", "disk-low", "clients-missing"])
async def test_a_silence_has_its_end_and_can_be_ended(directory: Path, reports: Reports, topic: str) -> None:
    line = json.dumps({"ask": "silence", "topic": topic, "seconds": 604800, "why": "moving\tit"})
    before = time.time()
    answer = await ask(directory, line.encode() + b"\n")
    (asked,) = reports.of(SilenceAsked)
    assert asked == SilenceAsked(topic, asked.until, "moving it", ME)
    assert asked.until == answer["until"]
    assert before + 604800 <= asked.until <= time.time() + 604800
    await ask(directory, json.dumps({"ask": "unsilence", "topic": topic}).encode() + b"\n")
    assert reports.all[1:] == [UnsilenceAsked(topic)]


async def test_the_incidents_are_shown_as_the_face_has_them(directory: Path, face: Face) -> None:
    assert (await ask(directory, b'{"ask": "incidents"}\n'))["text"] == face.incidents()


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
@pytest.mark.parametrize(
    "line",
    [
        '{"ask": "resume"}',
        '{"ask": "ack", "number": 12}',
        '{"ask": "silence", "topic": "server", "seconds": 60}',
        '{"ask": "unsilence", "topic": "server"}',
        '{"ask": "incidents"}',
    ],
)
async def test_somebody_else_is_refused_even_if_the_file_lets_them(
    public: Path, reports: Reports, face: Face, line: str
) -> None:
    control = await listen(public, reports, face)
    (public / NAME).chmod(0o666)
    command = ["/usr/bin/python3", "-c", ASK, str(public / NAME), line]
    answer = await asyncio.to_thread(subprocess.check_output, command, user=65534, group=65534)
    control.close()
    assert "only root and the sidecar's own user" in json.loads(answer)["error"]
    assert json.loads(answer)["text"] == ""
    assert reports.all == []


async def test_a_directory_that_takes_no_socket_is_a_warning(
    tmp_path: Path, reports: Reports, face: Face, capsys: pytest.CaptureFixture[str]
) -> None:
    control = await listen(tmp_path / "none", reports, face)
    control.close()
    said = capsys.readouterr()
    assert "nothing can be asked of this sidecar: no pause, no acknowledgement" in said.out + said.err


async def test_a_socket_left_behind_is_replaced(tmp_path: Path, reports: Reports, face: Face) -> None:
    (tmp_path / NAME).touch()
    control = await listen(tmp_path, reports, face)
    assert (await ask(tmp_path, b'{"ask": "resume"}\n'))["error"] == ""
    control.close()
    assert not (tmp_path / NAME).exists()
