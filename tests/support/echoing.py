"""A WebSocket server that is not ours and sends back what it gets, by websockets, in a thread."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol


@contextmanager
def echo_server(
    seen: list[str] | None = None, *subprotocols: str, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Its URL; to `seen` go the X-One headers of those who came."""

    def echo(connection: ServerConnection) -> None:
        if seen is not None and connection.request is not None:
            seen.extend(connection.request.headers.get_all("X-One"))
        for message in connection:
            connection.send(message)

    spoken = [Subprotocol(one) for one in subprotocols] or None
    with serve(echo, "127.0.0.1", 0, compression=None, subprotocols=spoken, ssl=tls) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws{'s' if tls else ''}://127.0.0.1:{server.socket.getsockname()[1]}/any?path"
        finally:
            server.shutdown()
            thread.join()
