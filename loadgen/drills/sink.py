"""Who is told: a channel of the sidecar's on loopback, so that the moment of each message is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import msgspec


class _Message(msgspec.Struct):
    """As Apprise's json:// writes it, of which the title is enough."""

    title: str


class Sink:
    """What came in so far: `time.monotonic`, and the title of each."""

    def __init__(self, port: int) -> None:
        self.told: list[tuple[float, str]] = []
        self.url = f"json://127.0.0.1:{port}/"


@contextmanager
def listening() -> Iterator[Sink]:
    """One that takes all there is, in a thread of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    sink = Sink(server.server_port)

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.told.append((time.monotonic(), msgspec.json.decode(body, type=_Message).title))
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads that."""

    server.RequestHandlerClass = Take
    thread = Thread(target=server.serve_forever, name="sink", daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
