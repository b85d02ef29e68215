"""Files of any size and kind, read without waiting."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest

from fermatkit.stat import TICKS
from sidecar.actuators.evidence import files
from sidecar.core.nouns import Identity

NEW = Identity(42, int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICKS))
"""One that has just begun."""


def test_the_last_lines_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {number} {'x' * 1000}\n" for number in range(1000)))
    lines = files.last_lines([tmp_path / "none", log]).decode().splitlines()
    assert lines[0] == f"== {log}"
    assert [line.split()[1] for line in lines[1:]] == [str(number) for number in range(800, 1000)]


@pytest.mark.parametrize("content", ["", "no end of line", "one\n", "one\ntwo"])
def test_a_short_log_is_whole(tmp_path: Path, content: str) -> None:
    (tmp_path / "log").write_text(content)
    assert files.last_lines([tmp_path / "log"]).decode().partition("\n")[2] == content


def test_one_endless_line_has_a_limit(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        log.truncate(2**30)
    assert len(files.last_lines([tmp_path / "log"])) < 2**21


def test_a_log_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"no .*/one and no .*/two"):
        files.last_lines([tmp_path / "one", tmp_path / "two"])


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    with pytest.raises(OSError, match="not a plain file"):
        files.last_lines([tmp_path / "log"])


def test_a_crash_report_of_this_pid(tmp_path: Path) -> None:
    report = tmp_path / "hs_err_pid42.log"
    report.write_text("# A fatal error\n")
    kept = f"== {report}\n# A fatal error\n".encode()
    assert files.crash_report([tmp_path / "none", tmp_path], NEW) == kept
    assert files.crash_report([tmp_path / "none"], NEW) is None
    assert files.crash_report([tmp_path], msgspec.structs.replace(NEW, pid=43)) is None


def test_a_crash_report_of_another_who_had_the_pid_is_not_this_one_s(tmp_path: Path) -> None:
    (tmp_path / "hs_err_pid42.log").write_text("# A fatal error\n")
    os.utime(tmp_path / "hs_err_pid42.log", (before := time.time() - 86400, before))
    assert files.crash_report([tmp_path], NEW) is None


def test_a_crash_report_that_cannot_be_read_is_said_unless_there_is_one_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    os.mkfifo(tmp_path / "one/hs_err_pid42.log")
    with pytest.raises(OSError, match="not a plain file"):
        files.crash_report([tmp_path / "one", tmp_path], NEW)
    (tmp_path / "hs_err_pid42.log").write_text("# A fatal error\n")
    assert files.crash_report([tmp_path / "one", tmp_path], NEW) is not None


def test_an_empty_configuration_of_the_server_is_told_as_empty(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("")
    assert files.properties(tmp_path / "conf") == f"== {tmp_path / 'conf'}: 0 bytes\n".encode()


def test_a_configuration_that_is_not_toml_now_is_said(tmp_path: Path) -> None:
    (tmp_path / "sidecar.toml").write_text("url = hidden")
    with pytest.raises(OSError, match="secrets cannot be masked") as raised:
        files.configuration(tmp_path / "sidecar.toml")
    assert "hidden" not in str(raised.value)
