"""kill -9 → the first message at its service: the whole sidecar beside a bare `apprise` for each message.

The service is a small HTTP server on loopback that takes the time of each request. Between two deaths the
sidecar's sending process has ended, so that it is started anew each time, as after a quiet week. Then the
same with eight channels beside it whose service takes connections and never answers.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks.restart import LIMITS, configuration, free_port, proven_pid, started

ROUNDS, STUCK_ROUNDS = 10, 3
QUIET = 3.0
"""Seconds after a message, in which the sending process ends."""
STUCK = 8
_APPRISE = "from apprise.cli import main; main()"


class Service(ThreadingHTTPServer):
    """Takes messages, and when each came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came: list[float] = []
        self.news = threading.Condition()

    @property
    def url(self) -> str:
        """As Apprise wants it."""
        return f"json://127.0.0.1:{self.server_address[1]}/"

    def next_after(self, began: float, patience: float = 30.0) -> float:
        """Milliseconds until the first request since then."""
        with self.news:
            there = self.news.wait_for(lambda: any(when > began for when in self.came), patience)
            assert there, "no message came"
            return (min(when for when in self.came if when > began) - began) * 1000


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Service)
        self.rfile.read(int(self.headers["Content-Length"]))
        with server.news:
            server.came.append(time.perf_counter())
            server.news.notify_all()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def measure() -> dict[str, float]:
    """Milliseconds, medians: ours, a process of Apprise for each message, and ours beside stuck channels."""
    service = Service()
    threading.Thread(target=service.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:  # it accepts nobody
        stuck = [f"json://127.0.0.1:{silent.getsockname()[1]}/{number}" for number in range(STUCK)]
        ours, bare = _deaths([service.url], service, ROUNDS, beside=True)
        beside_stuck, _ = _deaths([*stuck, service.url], service, STUCK_ROUNDS, beside=False)
    service.shutdown()
    rows = {
        "told_ours_ms": median(ours),
        "told_ours_max_ms": max(ours),
        "told_apprise_alone_ms": median(bare),
    }
    return rows | {
        "told_ratio": median(ours) / median(bare),
        f"told_beside_{STUCK}_stuck_channels_ms": median(beside_stuck),
    }


def _deaths(
    urls: list[str], service: Service, rounds: int, *, beside: bool
) -> tuple[list[float], list[float]]:
    """So many deaths, each after a quiet time; beside each the same message by a process of its own."""
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as name:
        port, health = free_port(), free_port()
        server = [sys.executable, "-m", "cloudserver", "--port", str(port)]
        channels = "".join(f"[[channel]]\nname = 'c{n}'\nurl = '{url}'\n" for n, url in enumerate(urls))
        command = configuration(Path(name), server, port, health, f"{LIMITS}\n{channels}")
        with started(command, Path(name)):
            pid = proven_pid(health, 0)
            for _ in range(rounds):
                time.sleep(QUIET)
                began = time.perf_counter()
                os.kill(pid, signal.SIGKILL)
                ours.append(service.next_after(began))
                pid = proven_pid(health, pid)
                if beside:
                    time.sleep(QUIET)
                    bare.append(_alone(service))
    return ours, bare


def _alone(service: Service) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", _APPRISE, "-b", "down", service.url], check=True, capture_output=True
    )
    return service.next_after(began)


if __name__ == "__main__":
    for label, figure in measure().items():
        print(f"{label:32} {figure:9.1f}")
