"""What every kind of run has at its end: it is interrupted in order, and its summary is printed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable

from loadgen.say import say


def interrupted_by_signals(interrupt: Callable[[], None]) -> None:
    """Call it at Ctrl-C and SIGTERM, on the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)


def printed(text: str, elsewhere: str = "") -> None:
    """To stdout; where that fails it is said, and `elsewhere`: where the summary is, too."""
    if why := say(sys.stdout, f"{text}\n"):
        say(sys.stderr, f"fermat-loadgen: the summary could not be printed ({why}){elsewhere}\n")
