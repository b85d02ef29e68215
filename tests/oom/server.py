"""The stand-in, which takes all that its unit may have: memory (USR1), by a child (USR2), tasks (RTMIN)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import suppress

from cloudserver.__main__ import main

CHILD = """
with open("/proc/self/oom_score_adj", "w") as file:
    file.write("1000")  # of the unit's processes this one is to be killed
hoard = []
while True:
    hoard.append(bytearray(b"x" * 2**20))
"""

children: list[subprocess.Popen[bytes]] = []


def eat(*_: object) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(b"x" * 2**20))


def let_a_child_eat(*_: object) -> None:
    children.append(subprocess.Popen([sys.executable, "-c", CHILD]))


def take_the_tasks(*_: object) -> None:
    with suppress(RuntimeError):
        while True:
            threading.Thread(target=threading.Event().wait, daemon=True).start()


signal.signal(signal.SIGUSR1, eat)
signal.signal(signal.SIGUSR2, let_a_child_eat)
signal.signal(signal.SIGRTMIN, take_the_tasks)
sys.exit(main())
