"""Who a process is, in words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fermatkit.about import about, jvm_flags

SLEEPS = "import time; time.sleep(60)"


def test_a_process_is_told_with_its_limits_and_without_its_secrets() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPS, "--password", "h1dden", "--token=h1dden"]
    ) as process:
        try:
            found = about(process.pid)
        finally:
            process.kill()
    assert SLEEPS in found["command"]
    assert "h1dden" not in str(found)
    assert found["descriptors"].endswith(")")
    assert {"system", "processors", "memory"} <= found.keys()
    assert "java" not in found


def test_of_nobody_the_machine_alone_is_told() -> None:
    assert about(2**22 + 1).keys() == {"system", "processors", "memory"}


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["/usr/bin/java", "-Xmx512m", "-XX:+UseG1GC", "-jar", "s.jar", "-x"], ["-Xmx512m", "-XX:+UseG1GC"]),
        (["java", "-Da=b", "Main", "-c"], ["-Da=b"]),
        (["python", "-c", "pass"], []),
        ([], []),
    ],
)
def test_a_jvm_s_own_flags_stand_before_what_it_runs(words: list[str], flags: list[str]) -> None:
    assert jvm_flags(words) == flags
