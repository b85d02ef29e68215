"""Whatever answers at a sidecar's address: never a traceback, and never for long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from loadgen.watch.sidecar_api import WITHIN, Refused, Sidecar, Unanswered


@contextmanager
def answering(answer: bytes, *, drip: bool = False) -> Iterator[str]:
    """Who says this to everybody, over and over if it drips."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = server.accept()
                    with peer, suppress(OSError):
                        peer.recv(65536)
                        peer.sendall(answer)
                        while drip:
                            time.sleep(0.2)
                            peer.sendall(b" " * 10)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n\xff\xfe\xfd\xfc\xfb",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    ],
)
def test_who_is_no_sidecar_is_said_to_be_none(answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(Unanswered) as error:
        Sidecar(url).state()
    assert str(error.value)


def test_a_refusal_is_told_with_its_reason() -> None:
    body = b'{"error": "too many requests"}'
    head = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n" % len(body)
    with answering(head + body) as url, pytest.raises(Refused, match="it says 429: too many requests"):
        Sidecar(url, "t0ken").announce(1, 2.0, "loadgen")


def given_up(url: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unanswered):
        Sidecar(url).state()
    assert time.monotonic() - began < 2 * WITHIN + 0.5


def test_an_answer_without_an_end_is_given_up() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", drip=True) as url:
        given_up(url)


def test_who_takes_connections_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        given_up(f"http://127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:9191", "ftp://a", "http://", "http://u:p@a", "http://a?b", "http://a:0", "http://a:x"],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Sidecar(url)
