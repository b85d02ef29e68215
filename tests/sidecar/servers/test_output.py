"""The limit of the server's output holds, whatever the disk does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sidecar.servers.output import cap


def test_what_is_short_enough_stays(tmp_path: Path) -> None:
    output = tmp_path / "output"
    cap(output, 10)
    output.write_text("0123456789")
    cap(output, 10)
    assert output.read_text() == "0123456789"
    assert not (tmp_path / "output.1").exists()


def test_what_is_longer_replaces_the_one_before(tmp_path: Path) -> None:
    output = tmp_path / "output"
    for text in ("first, longer than ten", "second, longer than ten"):
        output.write_text(text)
        cap(output, 10)
        assert output.read_text() == ""
        assert (tmp_path / "output.1").read_text() == text


def test_a_disk_too_full_for_the_copy_is_emptied_all_the_same(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text("longer than ten")
    (tmp_path / "output.1").symlink_to("/dev/full")
    cap(output, 10)
    assert output.read_text() == ""


def test_what_cannot_be_emptied_is_no_end_of_the_world(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    cap(tmp_path / "output", 10)
    assert (tmp_path / "output").is_dir()


def test_who_appends_goes_on_at_the_new_end(tmp_path: Path) -> None:
    output = tmp_path / "output"
    writer = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(writer, b"longer than ten")
    cap(output, 10)
    os.write(writer, b"new")
    os.close(writer)
    assert output.read_bytes() == b"new"


HANGS = """
import asyncio, os, sys
from pathlib import Path
from sidecar.servers import command

async def main():
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hangs(*_):
        loop.call_soon_threadsafe(asked.set)
        os.read(os.pipe()[0], 1)

    command.cap = hangs
    here = Path(sys.argv[1])
    settings = command.CommandSettings(("true",), here, here / "output", here / "server.lock")
    server = command.CommandServer(settings, lambda what: None)
    server.attach(None)
    await asked.wait()
    await server.close()

asyncio.run(main())
"""


def test_a_disk_that_hangs_does_not_hold_up_the_end_of_the_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS, tmp_path], check=False, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
