"""One try of a search: a run as its user would start it, in a process of its own.

So each try begins with a fresh generator, and takes every flag that a run takes.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from fermatkit.errors import ExitCode, UserError
from loadgen.capacity.result import By
from loadgen.record import Record, load
from loadgen.verdict import Word

_GOES_WITHIN = 15.0
"""Seconds from an interruption to the end of a run: two for goodbyes, and what else it has to write."""
_PR_SET_PDEATHSIG = 1
_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None) if _LINUX else None
_FLAGS = {By.CLIENTS: "--connections", By.RATE: "--rate"}


class _Said(msgspec.Struct):
    """What of a run's summary is needed."""

    verdict: Word
    reasons: tuple[str, ...]
    result_file: str


class Try(msgspec.Struct, frozen=True):
    """One that is over."""

    verdict: Word
    reasons: tuple[str, ...]
    path: Path | None
    """Its result file; None: this machine has no room for so many, and it did not begin."""

    @property
    def record(self) -> Record | None:
        """All of it, read again: it may be large."""
        return None if self.path is None else load(self.path)


def carry_out(flags: Sequence[str], by: By, amount: int, seed: int, out: Path) -> Try:
    """Run it. KeyboardInterrupt when a person ends it; UserError for what its user can put right."""
    command = [
        sys.executable, "-m", "loadgen", *flags, _FLAGS[by], str(amount), "--seed", str(seed),
        "--out", str(out), "--json", "--quiet",
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - there is no other thread to hurt
    )
    try:
        said, complaints = process.communicate()
    except BaseException:
        _end(process)
        raise
    if process.returncode in {ExitCode.INTERRUPTED, -signal.SIGINT, -signal.SIGTERM}:
        raise KeyboardInterrupt
    try:
        summary = msgspec.json.decode(said, type=_Said)
    except msgspec.DecodeError:
        why = complaints.strip().rpartition("\n")[2].removeprefix("fermat-loadgen: ")
        if process.returncode == ExitCode.INVALID_RUN:
            return Try(Word.INVALID, (why,), None)
        unsaid = f"a try ended with status {process.returncode}, without a word"
        raise UserError(why or unsaid, _code(process.returncode)) from None
    return Try(summary.verdict, summary.reasons, Path(summary.result_file))


def _code(status: int) -> ExitCode:
    return ExitCode(status) if status in set(ExitCode) else ExitCode.INTERNAL


def _end(process: subprocess.Popen[str]) -> None:
    """In order, so that its file has its end; at once if a person insists."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_GOES_WITHIN)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        process.kill()
        process.communicate()


def _end_with_parent() -> None:
    """In the child: a killed search leaves no load behind. Elsewhere than on Linux it ends as planned."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
