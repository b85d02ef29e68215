"""The upgrade: others understand our request, and every bad answer has its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.server import ServerProtocol

from loadgen import trouble
from loadgen.trouble import Trouble
from loadgen.ws import handshake

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3
ACCEPT = handshake.accepted(KEY)
GOOD = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
}


def answer(headers: dict[str, str], status: str = "HTTP/1.1 101 Switching Protocols") -> bytes:
    return "\r\n".join([status, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def test_the_example_of_the_rfc():
    assert ACCEPT == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_websockets_understands_the_request():
    request = handshake.Request("localhost:9090", "/a/?b=c", [("X-One", "1")], "chat")
    server = ServerProtocol(subprotocols=["chat"])
    server.receive_data(request.keyed(handshake.make_key(bytes(16)), b"X-Two: 2\r\n"))
    (event,) = server.events_received()
    assert event.path == "/a/?b=c"
    assert (event.headers["Host"], event.headers["X-One"], event.headers["X-Two"]) == (
        "localhost:9090",
        "1",
        "2",
    )
    response = server.accept(event)
    assert response.status_code == 101
    read = handshake.read(response.serialize(), handshake.accepted(handshake.make_key(bytes(16))), "chat")
    assert read is not None
    assert read.size == len(response.serialize())


@given(st.integers(0, 200))
def test_half_an_answer_is_none_yet(cut: int):
    whole = answer(GOOD)
    read = handshake.read(whole[:cut], ACCEPT)
    assert (read is None) == (cut < len(whole))


def test_what_follows_is_not_part_of_it():
    read = handshake.read(answer(GOOD) + b"\x81\x01a", ACCEPT)
    assert read is not None
    assert read.size == len(answer(GOOD))
    assert read.headers[b"upgrade"] == b"websocket"


def without(name: str) -> bytes:
    return answer({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (answer(GOOD, "HTTP/1.1 404 Not Found"), "upgrade refused with HTTP 404"),
        (answer(GOOD, "HTTP/1.1 200"), "upgrade refused with HTTP 200"),
        (answer(GOOD, "HTTP/1.1 abc Hm"), trouble.NOT_WEBSOCKET),
        (answer(GOOD, "HTTP/1.1 1010 Hm"), trouble.NOT_WEBSOCKET),
        (answer(GOOD, "HTTP/1.0 101 Hm"), trouble.NOT_WEBSOCKET),
        (b"SSH-2.0-OpenSSH_9.2\r\n", trouble.NOT_WEBSOCKET),
        (b"\x15\x03", trouble.NOT_WEBSOCKET),
        (answer(GOOD | {"no name ": "x"}), trouble.NOT_WEBSOCKET),
        (b"HTTP/1.1 101 Hm\r\nnonsense\r\n\r\n", trouble.NOT_WEBSOCKET),
        (without("Upgrade"), trouble.NO_UPGRADE_HEADER),
        (without("Connection"), trouble.NO_UPGRADE_HEADER),
        (without("Sec-WebSocket-Accept"), trouble.WRONG_ACCEPT),
        (answer(GOOD | {"Sec-WebSocket-Accept": "bm90IHlvdXIga2V5"}), trouble.WRONG_ACCEPT),
        (answer(GOOD | {"Sec-WebSocket-Extensions": "permessage-deflate"}), trouble.UNASKED_EXTENSION),
        (answer(GOOD | {"Sec-WebSocket-Protocol": "chat"}), trouble.UNASKED_PROTOCOL),
        (answer(GOOD | {"X": "x" * handshake.MAX_ANSWER}), trouble.UPGRADE_TOO_LONG),
        (b"HTTP/1.1 101 Hm\r\nX: " + b"x" * handshake.MAX_ANSWER, trouble.UPGRADE_TOO_LONG),
    ],
)
def test_each_bad_answer_has_its_name(data: bytes, kind: str):
    with pytest.raises(Trouble, match=f"^{kind}$"):
        handshake.read(data, ACCEPT)


def test_a_subprotocol_that_was_asked_for_has_to_be_chosen():
    assert handshake.read(answer(GOOD | {"Sec-WebSocket-Protocol": "chat"}), ACCEPT, "chat")
    with pytest.raises(Trouble, match=trouble.NO_SUBPROTOCOL):
        handshake.read(answer(GOOD), ACCEPT, "chat")


def test_an_answer_like_the_last_is_good_only_if_it_accepts_its_own_key():
    request = handshake.Request("127.0.0.1", "/", (), None)
    keys = [handshake.make_key(bytes([number]) * handshake.NONCE) for number in range(3)]
    accepts = [handshake.accepted(key) for key in keys]
    answers = [answer(GOOD | {"Sec-WebSocket-Accept": accept.decode()}) for accept in accepts]
    for accept, good in zip(accepts, answers, strict=True):
        assert request.answered(good[:50], accept) is None
        assert request.answered(good, accept) == request.answered(good + b"\x81\x00", accept) == len(good)
    with pytest.raises(Trouble, match=trouble.WRONG_ACCEPT):
        request.answered(answers[1], accepts[2])


def test_what_an_answer_accepts_is_not_taken_from_another_of_its_headers():
    request = handshake.Request("127.0.0.1", "/", (), None)
    own = handshake.accepted(handshake.make_key(bytes(handshake.NONCE)))
    good = answer({"X": GOOD["Sec-WebSocket-Accept"]} | GOOD)
    assert request.answered(good, ACCEPT) == len(good)
    with pytest.raises(Trouble, match=trouble.WRONG_ACCEPT):
        request.answered(answer({"X": own.decode()} | GOOD), own)


@given(st.binary(max_size=9000))
def test_no_answer_at_all_is_good_by_chance(data: bytes):
    try:
        assert handshake.read(data, ACCEPT) is None
    except Trouble as failure:
        assert str(failure)  # noqa: PT017 - either is right
