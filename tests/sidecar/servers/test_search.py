"""Who the server is, and who it never is: real processes, pidfiles and ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fermatkit.measures import Unknown
from fermatkit.process import age
from sidecar.core.nouns import Identity
from sidecar.servers import search
from sidecar.servers.search import by_match, by_pidfile, by_port
from support.running import free_port
from support.strangers import Stranger, strangers
from support.users import another_user

JAR = f"no-such-cloud-server-{os.getpid()}.jar"
TEXT = f"-jar {JAR}"
"""In the command line of nobody but who is given it here, though the same tests run twice."""


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with strangers() as one:
        yield one


@pytest.fixture
def pidfile(tmp_path: Path) -> Path:
    return tmp_path / "cloud.pid"


def why(found: Identity | Unknown) -> str:
    assert isinstance(found, Unknown)
    return found.why


# ---- by its pidfile --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "{}\n", "  {} \n", "{}\n/opt/server\n1732000000\n"])
def test_a_pidfile_names_the_server(stranger: Stranger, pidfile: Path, form: str) -> None:
    server = stranger()
    pidfile.write_text(form.format(server.pid))
    assert by_pidfile(pidfile, None) == server


def test_a_file_that_is_older_than_its_process_names_another(stranger: Stranger, pidfile: Path) -> None:
    """Its server is gone, and the number is somebody else's by now."""
    server = stranger()
    pidfile.write_text(str(server.pid))
    began = time.time() - age(server.started)
    os.utime(pidfile, (began - 1.9, began - 1.9))
    assert by_pidfile(pidfile, None) == server, "as far as file systems can tell"
    os.utime(pidfile, (began - 2.1, began - 2.1))
    assert f"names pid {server.pid}, but was written at " in why(by_pidfile(pidfile, None))
    assert "another one with the same number" in why(by_pidfile(pidfile, server)), "not even if it was it"


def test_a_dead_one_is_not_the_server(pidfile: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    pidfile.write_text(str(process.pid))
    assert why(by_pidfile(pidfile, None)) == f"{pidfile}: names pid {process.pid}, which does not run"


def test_a_zombie_is_not_the_server(pidfile: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        pidfile.write_text(str(process.pid))
        assert "does not run" in why(by_pidfile(pidfile, None))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("java", "holds no pid but 'java'"),
        ("-17", "holds no pid but '-17'"),
        ("٣", "holds no pid but '٣'"),
        ("12.5", "holds no pid but '12.5'"),
        ("9" * 90, "does not run"),
        ("0", "does not run"),
    ],
)
def test_what_is_no_pid_is_said(pidfile: Path, content: str, said: str) -> None:
    pidfile.write_text(content)
    assert said in why(by_pidfile(pidfile, None))


def test_a_file_that_says_nothing_contradicts_nothing(stranger: Stranger, pidfile: Path) -> None:
    """Who was the server and runs still is; but not when the file names another, or is gone."""
    server = stranger()
    pidfile.write_text("")
    assert by_pidfile(pidfile, server) == server
    pidfile.write_text("999999999")
    assert "does not run" in why(by_pidfile(pidfile, server))
    pidfile.unlink()
    assert why(by_pidfile(pidfile, server)) == f"{pidfile}: there is no such file"


def test_a_file_that_may_not_be_read_or_is_none(pidfile: Path) -> None:
    pidfile.mkdir()
    assert why(by_pidfile(pidfile, None)) == f"{pidfile}: Is a directory"
    os.mkfifo(pipe := pidfile / "pipe")
    assert why(by_pidfile(pipe, None)) == f"{pipe}: is empty"
    pidfile.chmod(0o700)
    with another_user():
        assert why(by_pidfile(pipe, None)).endswith(": Permission denied")


# ---- by its command line ---------------------------------------------------------------------------


def test_the_only_match_is_the_server(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_FLEETING", 0.0)
    stranger("-jar", "another.jar")
    server = stranger("-jar", JAR, "--nogui")
    assert by_match(TEXT, free_port(), None) == server


def test_nobody_matches() -> None:
    assert why(by_match(TEXT, 1, None)) == f"no process has '{TEXT}' in its command line"


def test_who_has_only_just_come_may_only_speak_of_it(stranger: Stranger) -> None:
    port = free_port()
    stranger(TEXT)
    assert "has only just started" in why(by_match(TEXT, port, None))
    server = stranger(TEXT, port=port)
    assert by_match(TEXT, port, None) == server, "but not if it has the port"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_of_several_the_one_that_listens_is_the_server(stranger: Stranger, address: str) -> None:
    """A wrapper that did not exec has the same words."""
    port = free_port()
    stranger(TEXT)
    server = stranger(TEXT, port=port, address=address)
    stranger(TEXT, port=free_port())
    assert by_match(TEXT, port, None) == server


def test_several_of_which_none_listens_are_named_and_not_guessed_among(stranger: Stranger) -> None:
    port = free_port()
    both = {stranger(TEXT), stranger(TEXT)}
    said = why(by_match(TEXT, port, None))
    assert said.startswith(f"2 processes have '{TEXT}' in their command line, and none of them listen on")
    assert all(f"{one.pid} (python" in said for one in both)
    assert by_match(TEXT, port, one := both.pop()) == one, "who was the server still is"


def test_neither_we_nor_who_started_us_nor_whom_we_started_is_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_FLEETING", 0.0)
    look = f"from sidecar.servers.search import by_match; print(by_match({TEXT!r}, 1, None))"
    shell = f'"{sys.executable}" -c "{look}"; true'  # a shell with the text, over a sidecar with it
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert "no process has" in done.stdout
    with subprocess.Popen(
        ["sh", "-c", "read line; echo $line; read line", TEXT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"there\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"there\n"  # only now is its command line its own
        assert "no process has" in why(by_match(TEXT, 1, None))


# ---- by its port -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_who_listens_on_the_port_is_the_server(stranger: Stranger, address: str) -> None:
    port = free_port()
    assert why(by_port(port, None)) == f"nobody listens on port {port}"
    server = stranger(port=port, address=address)
    assert by_port(port, None) == server


def test_another_users_listener_cannot_be_told(stranger: Stranger) -> None:
    port = free_port()
    server = stranger(port=port)
    with another_user():
        said = by_port(port, None)
        assert by_port(port, server) == server
    held = f"port {port} is held by somebody into whose process we may not look"
    assert why(said) == f"{held}, of whom no pid can be seen"


def test_a_connection_to_the_port_is_no_listener(stranger: Stranger) -> None:
    port = free_port()
    server = stranger(port=port)
    with socket.create_connection(("127.0.0.1", port)):
        assert by_port(port, None) == server
