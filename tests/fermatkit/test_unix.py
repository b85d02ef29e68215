"""What a program does while it is only being read."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from fermatkit import unix

READING = """
import os, signal
from fermatkit import unix
with unix.easily_ended():
    os.kill(os.getpid(), signal.SIGINT)
"""


def test_ctrl_c_leaves_no_traceback() -> None:
    ended = subprocess.run([sys.executable, "-c", READING], check=False, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, b"")


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_afterwards_it_is_what_it_was(handler: signal.Handlers) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        with unix.easily_ended():
            during = signal.getsignal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert during is (signal.SIG_IGN if handler is signal.SIG_IGN else signal.SIG_DFL)
