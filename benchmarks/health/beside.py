"""The floor: a loop that does nothing but beat and watch a process, beside the sidecar on its core.

``python -m benchmarks.health.beside``: takes a pid a line, and prints what it sees as JSON, each as
``["beat", at]`` or ``["death", at, pid]``; monotonic seconds. It ends with its input.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time


def main() -> None:
    """One thread that waits for whatever comes first."""
    watched: dict[int, int] = {}
    beat = int(time.monotonic()) + 1
    while True:
        ready, _, _ = select.select([0, *watched], [], [], max(0.0, beat - time.monotonic()))
        at = time.monotonic()
        for descriptor in ready:
            if descriptor in watched:
                print(json.dumps(["death", at, watched.pop(descriptor)]), flush=True)
                os.close(descriptor)
            elif line := sys.stdin.readline():
                watched[os.pidfd_open(int(line))] = int(line)
            else:
                return
        if at >= beat:
            print(json.dumps(["beat", at]), flush=True)
            beat = int(at) + 1


if __name__ == "__main__":
    main()
