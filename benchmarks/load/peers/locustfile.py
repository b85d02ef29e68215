"""Locust: one held WebSocket for each user; a message is sent, its echo waited for, the round trip kept."""

from __future__ import annotations

import time

from locust import User, constant, task
from websocket import create_connection

PAYLOAD = "x" * 128


class Echo(User):  # type: ignore[misc]  # locust is not here
    """One user."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Connect, and wait for the server's first message."""
        self.socket = create_connection(self.host)
        self.socket.recv()

    @task  # type: ignore[untyped-decorator]
    def echo(self) -> None:
        """Go round once."""
        began = time.perf_counter()
        self.socket.send(PAYLOAD)
        answer = self.socket.recv()
        self.environment.events.request.fire(
            request_type="WS",
            name="echo",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=len(answer),
            exception=None,
            context={},
        )
