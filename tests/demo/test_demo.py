"""What ``make run`` does: the whole program, in a directory of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest

from demo import pid, run
from demo.mail import WIDTH, frame
from demo.ports import ports
from demo.screen import line
from fermatkit.errors import UserError

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class Running:
    """The program, and what it has said."""

    def __init__(self, directory: Path, server_port: int, health_port: int) -> None:
        program = f"""
import sys
from pathlib import Path
from demo import run
run.DIRECTORY = Path({str(directory)!r})
sys.exit(run.main())
"""
        self.environment = os.environ | {"SERVER_PORT": str(server_port), "HEALTH_PORT": str(health_port)}
        self._output = directory.parent / f"said-{server_port}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    def until(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.said:
            assert time.monotonic() < deadline, f"no {text!r} in {self.said!r}"
            assert self.process.poll() is None or text in self.said, f"ended without {text!r}: {self.said!r}"
            time.sleep(0.02)

    def end(self, number: signal.Signals) -> float:
        """How long it takes to end everything."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return time.monotonic() - began

    def pid(self) -> int:
        """The server's, as the program suggests to ask for it."""
        asked = subprocess.run(
            [sys.executable, "-m", "demo.pid"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return int(asked.stdout)


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


@contextmanager
def running(tmp_path: Path) -> Iterator[Running]:
    demo = Running(tmp_path / "run", *free_ports())
    try:
        yield demo
    finally:
        demo.process.terminate()
        demo.process.wait(PATIENCE)


def left_over(directory: Path) -> list[str]:
    """Processes that still work on this directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(directory) in " ".join([process.cwd(), *process.cmdline()]):
                found.append(str(process))
        except psutil.Error:
            continue
    return found


def test_a_whole_demonstration(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.until("Ctrl-C ends it all.")
        first = demo.pid()
        os.kill(first, signal.SIGKILL)
        demo.until("Subject: DOWN: Cloud Server on")
        demo.until("Subject: RECOVERED: Cloud Server on")
        demo.until("Why this may be said")
        second = demo.pid()
        assert second != first
        assert f"started as pid {second}" in demo.said
        took = demo.end(signal.SIGINT)
    assert demo.process.returncode == 0
    assert "Traceback" not in demo.said
    assert not left_over(tmp_path)
    assert not psutil.pid_exists(second)
    assert took < 2.0


def test_a_server_that_ignores_a_polite_end_is_gone_in_time_too(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.until("Ctrl-C ends it all.")
        os.kill(demo.pid(), signal.SIGSTOP)
        took = demo.end(signal.SIGTERM)
    assert demo.process.returncode == 0
    assert "Traceback" not in demo.said
    assert not left_over(tmp_path)
    assert took < 2.5  # two seconds, and some for a busy machine


def test_a_killed_sidecar_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.until("Ctrl-C ends it all.")
        (sidecar,) = psutil.Process(demo.process.pid).children()
        sidecar.kill()
        demo.until("make run: the sidecar ended by itself (status -9)")
        demo.process.wait(PATIENCE)
    assert demo.process.returncode == 1
    assert not left_over(tmp_path)


@pytest.mark.parametrize(("name", "index"), [("SERVER_PORT", 0), ("HEALTH_PORT", 1)])
def test_a_port_in_use_is_one_line_and_starts_nothing(tmp_path: Path, name: str, index: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = list(free_ports())
        ports[index] = port
        demo = Running(tmp_path / "run", *ports)
        demo.until("make run: ")
        demo.process.wait(PATIENCE)
    assert demo.process.returncode == 3
    assert len(demo.said.splitlines()) == 1
    assert f"port {port} cannot be had (in use by pid {os.getpid()}" in demo.said
    assert f"make run {name}=PORT" in demo.said
    assert not (tmp_path / "run").exists()


def test_of_a_sidecar_left_behind_and_its_server_the_sidecar_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as health:
        for name, one in (("SERVER_PORT", server), ("HEALTH_PORT", health)):
            monkeypatch.setenv(name, str(one.getsockname()[1]))
        with pytest.raises(UserError, match="make run HEALTH_PORT=PORT"):
            ports()


def test_a_second_one_does_not_empty_the_directory_of_the_first(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.until("Ctrl-C ends it all.")
        taken = (int(demo.environment[name]) for name in ("SERVER_PORT", "HEALTH_PORT"))
        second = Running(tmp_path / "run", *taken)
        second.until("it runs already in this checkout")
        second.process.wait(PATIENCE)
        assert second.process.returncode == 2
        assert (tmp_path / "run" / "sidecar.toml").exists()


def test_where_nothing_can_be_written_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(run, "DIRECTORY", tmp_path / "file" / "run")
    assert run.main() == 2
    told = (
        f"make run: {tmp_path}/file: File exists: it needs a checkout that it may write to, and some room\n"
    )
    assert capsys.readouterr().err == told


def test_whoever_asks_for_the_pid_of_no_server_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEALTH_PORT", str(free_ports()[0]))
    assert pid.main() == 1
    told = "demo.pid: Connection refused: is make run running, with this HEALTH_PORT?\n"
    assert capsys.readouterr().err == told


def test_a_mail_in_a_box() -> None:
    mail = EmailMessage()
    mail["To"] = "operator@localhost"
    mail["Subject"] = "DOWN"
    mail.set_content("What was seen:\n- " + "a long story " * 20 + "\n\nEnd\n")
    rows = frame(mail).splitlines()
    assert {len(row) for row in rows} == {WIDTH}
    assert rows[2].startswith("│ Subject: DOWN ")
    assert rows[6].startswith("│   long story a long story")  # hangs below its dash


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (
            b'{"actions":["Start","Save"],"because":"Exited","event":"decided","timestamp":"2026-11-23T22:03:31Z"}',
            "22:03:31  Exited \u2192 Start",
        ),
        (b'{"actions":["Save revision=1","Explain message=1"],"because":"Ticked","event":"decided"}', None),
        (
            b'{"event":"evidence gathered","bundle":"/e","missing":["cgroup.txt"]}',
            "  evidence gathered bundle=/e",
        ),
        (
            b'{"event":"evidence gathered","bundle":"","missing":["all"]}',
            "  evidence gathered bundle= missing=['all']",
        ),
        (
            b'{"event":"odd","level":"warning","pid":7,"timestamp":"2026-11-23T22:03:31Z"}',
            "22:03:31  warning: odd pid=7",
        ),
        (b"fermat-sidecar: no such file\n", "fermat-sidecar: no such file"),
    ],
)
def test_a_line_of_the_log_for_people(raw: bytes, shown: str | None) -> None:
    assert line(raw) == shown
