"""What an answer over HTTP says, however it comes in."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.probes.question import NotHttp, Reply, read

HEAD = b"HTTP/1.1 200 OK\r\nServer: Jetty\r\n"
PLAIN = HEAD + b"Content-Length: 5\r\n\r\nhello, and more"
PIECES = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
UNTOLD = HEAD + b"\r\nhello"
WHOLE = {"plain": PLAIN, "pieces": PIECES, "untold": UNTOLD}


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize(("length", "body"), [(9, b"hello"), (4, b"hell"), (0, b"")])
def test_the_beginning_of_a_body_is_read(answer: bytes, length: int, body: bytes) -> None:
    assert read(answer, length, ended=True) == Reply(200, body)


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_what_has_come_so_far_is_enough_or_not_and_never_another_answer(answer: bytes) -> None:
    soonest = [read(answer[:many], 5, ended=False) for many in range(len(answer) + 1)]
    first = soonest.index(Reply(200, b"hello"))
    assert set(soonest[:first]) == {None}
    assert set(soonest[first:]) == {Reply(200, b"hello")}


@pytest.mark.parametrize("many", range(len(HEAD)))
def test_an_end_before_the_body_is_said(many: int) -> None:
    with pytest.raises(ConnectionError, match="ended before the answer"):
        read(PIECES[:many], 5, ended=True)


def test_an_end_within_the_pieces_is_too_early_and_within_a_plain_body_a_shorter_one() -> None:
    with pytest.raises(ConnectionError, match="ended before the answer"):
        read(PIECES[: PIECES.index(b"\r\nlo")], 5, ended=True)
    assert read(PLAIN[: PLAIN.index(b"llo")], 5, ended=True) == Reply(200, b"he")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 OK\r\n\r\n", "not HTTP"),
        (HEAD + b"X: " + 9000 * b"x", "endless headers"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello", "without their length"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + 9000 * b"1", "without their length"),
    ],
)
def test_nonsense_is_called_so(answer: bytes, why: str) -> None:
    with pytest.raises(NotHttp, match=why):
        read(answer, 5, ended=False)


@given(st.sampled_from([HEAD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b""]), st.binary(), st.booleans())
def test_whatever_comes_is_read_or_refused(head: bytes, rest: bytes, ended: bool) -> None:
    with suppress(NotHttp, ConnectionError):
        reply = read(head + rest, 5, ended=ended)
        assert reply is not None or not ended
        assert reply is None or len(reply.body) <= 5
