"""Who a server is: what it was called with, its runtime, its limits, its machine. For reports, not for rules.

Each is a text, as people write it; what cannot be told is left out. Secrets in a command line are masked.
Files are read: not for an event loop.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from fermatkit import masking
from fermatkit.units import format_size

_LIMITS = {"descriptors": "Max open files", "tasks of its user": "Max processes"}
"""What bounds a server first, as /proc/PID/limits calls it."""
_OPTIONS = ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS")
"""Environment variables in which a JVM is given flags, too."""


def about(pid: int) -> dict[str, str]:
    """All of it: name → text. Nothing but the machine of a process that is gone, or hidden."""
    words = _command(pid)
    release = _release(pid)
    found = {
        "command": " ".join(masking.words(words)),
        "java": release.get("JAVA_RUNTIME_VERSION") or release.get("JAVA_VERSION", ""),
        "java from": release.get("IMPLEMENTOR", ""),
        "jvm flags": " ".join(masking.words(jvm_flags(words))),
        "jvm flags of its environment": " ".join(_environment(pid)),
        **_limits(pid),
        "system": platform.platform(),
        "processors": str(os.cpu_count() or ""),
        "memory": format_size(psutil.virtual_memory().total),
    }
    return {name: text for name, text in found.items() if text}


def jvm_flags(words: Sequence[str]) -> list[str]:
    """Of a command line those that are the JVM's own: before ``-jar``, or the main class."""
    if not words or os.path.basename(words[0]) not in ("java", "java.exe"):  # noqa: PTH119 - a word, no path
        return []
    flags = []
    for word in words[1:]:
        if word == "-jar" or not word.startswith("-"):
            break
        flags.append(word)
    return flags


def _command(pid: int) -> list[str]:
    with suppress(psutil.Error, OSError):
        return [str(word) for word in psutil.Process(pid).cmdline()]
    return []


def _release(pid: int) -> dict[str, str]:
    """The file beside each JDK's ``bin`` that says which it is."""
    try:
        program = Path(psutil.Process(pid).exe())
        content = (program.parent.parent / "release").read_text(errors="replace")
    except (psutil.Error, OSError):
        return {}
    return dict(re.findall(r'(?m)^(\w+)="?([^"\n]*)"?$', content)) if program.stem == "java" else {}


def _environment(pid: int) -> list[str]:
    with suppress(psutil.Error, OSError):
        given = psutil.Process(pid).environ()
        return [f"{name}={masking.text(given[name])}" for name in _OPTIONS if name in given]
    return []


def _limits(pid: int) -> dict[str, str]:
    try:
        content = Path(f"/proc/{pid}/limits").read_text()
    except OSError:
        return {}
    found = {name: re.search(rf"(?m)^{line} +(\S+) +(\S+)", content) for name, line in _LIMITS.items()}
    return {name: f"{one[1]} (at most {one[2]})" for name, one in found.items() if one}
