"""The complete parser: any frames, cut anywhere, are the same events; any mistake has its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions import Extension
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from loadgen import trouble
from loadgen.ws import parser
from loadgen.ws.frames import Opcode
from loadgen.ws.parser import Broken, Event, Parser

NO_EXTENSIONS: list[Extension] = []


def server_frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    return Frame(TheirOpcode(opcode), payload, fin=final).serialize(mask=False, extensions=NO_EXTENSIONS)


@st.composite
def messages(draw) -> tuple[list[bytes], list[Event]]:
    """Frames of one message, control frames in between; and the events they are."""
    opcode = draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
    payload = draw(st.text("aé€😀\0")).encode() if opcode is Opcode.TEXT else draw(st.binary(max_size=400))
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
    parts = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    frames, events = [], []
    for number, part in enumerate(parts):
        if number and draw(st.booleans()):
            control = Event(draw(st.sampled_from([Opcode.PING, Opcode.PONG])), draw(st.binary(max_size=125)))
            frames.append(server_frame(*control))
            events.append(control)
        kind = Opcode.CONTINUATION if number else opcode
        frames.append(server_frame(kind, part, final=number == len(parts) - 1))
    return frames, [*events, Event(opcode, payload)]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted(cut % (len(data) + 1) for cut in cuts)
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def events(chunks: list[bytes]) -> list[Event | str]:
    """All events, and the name of the mistake at the end if there is one."""
    reading, found = Parser(), []
    for chunk in chunks:
        try:
            found.extend(reading.feed(chunk))  # what comes before an exception is kept
        except Broken as broken:
            return [*found, broken.kind]
    return found


@given(st.lists(messages(), max_size=6), st.lists(st.integers(0), max_size=20))
def test_frames_cut_anywhere_are_their_plain_list(made, cuts: list[int]):
    data = b"".join(frame for frames, _ in made for frame in frames)
    wanted = [event for _, found in made for event in found]
    assert events(pieces(data, cuts)) == wanted
    assert events([data[at : at + 1] for at in range(len(data))]) == wanted


@given(st.lists(messages(), max_size=3))
def test_it_is_idle_exactly_when_nothing_is_begun(made):
    reading = Parser()
    list(reading.feed(b"".join(frame for frames, _ in made for frame in frames)))
    assert reading.idle
    list(reading.feed(b"\x01\x01a"))
    assert not reading.idle


def theirs(data: bytes) -> list[Event] | None:
    """What websockets reads; None if it says that this is broken."""
    protocol = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    protocol.receive_data(data)
    return None if protocol.parser_exc else _whole(protocol.events_received())


def _whole(frames: list) -> list[Event]:
    """Their parser leaves it to others to put fragments together."""
    found, kind, payload = [], 0, b""
    for frame in frames:
        if frame.opcode >= Opcode.CLOSE:
            found.append(Event(int(frame.opcode), bytes(frame.data)))
            continue
        if frame.opcode != Opcode.CONTINUATION:
            kind, payload = int(frame.opcode), b""
        payload += frame.data
        if frame.fin:
            found.append(Event(kind, payload))
    return found


FIRST_BYTES = st.sampled_from([0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A, 0x09, 0xC1, 0x83, 0x8B])


@st.composite
def any_frames(draw) -> bytes:
    """Frames that need not make sense one after the other."""
    made = b""
    for _ in range(draw(st.integers(1, 5))):
        payload = draw(st.binary(max_size=130) | st.builds(bytes, st.integers(0, 130)))
        size = len(payload)
        head = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        made += bytes([draw(FIRST_BYTES)]) + head + payload
    return made


@given(any_frames())
def test_what_is_broken_is_broken_for_websockets_too(data: bytes):
    ours = events([data])
    broken = bool(ours) and isinstance(ours[-1], str)
    if (
        broken
        and ours[-1] == trouble.INVALID_UTF8
        and not any(opcode == Opcode.CLOSE for opcode, *_ in ours[:-1])
    ):
        return  # their parser leaves text to whoever reads it
    after_close = next((at for at, event in enumerate(ours) if event[0] == Opcode.CLOSE), None)
    if after_close is not None:
        return  # theirs reads nothing behind a close frame, ours leaves that to the connection
    wanted = theirs(data)
    assert broken == (wanted is None)
    if wanted is not None:
        assert ours == wanted


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"\xc1\x00", trouble.RESERVED_BITS, 1002),
        (b"\xff\xff\xff\xff", trouble.RESERVED_BITS, 1002),
        (b"\x83\x00", trouble.UNKNOWN_OPCODE, 1002),
        (b"\x8b\x00", trouble.UNKNOWN_OPCODE, 1002),
        (b"\x81\x80", trouble.MASKED_FRAME, 1002),
        (b"\x09\x00", trouble.BAD_CONTROL, 1002),
        (b"\x89\x7e\x00\x7e", trouble.BAD_CONTROL, 1002),
        (b"\x80\x00", trouble.OUT_OF_TURN, 1002),
        (b"\x01\x00\x81\x00", trouble.OUT_OF_TURN, 1002),
        (b"\x82\x7f" + (parser.MAX_MESSAGE + 1).to_bytes(8, "big"), trouble.TOO_LARGE, 1009),
        (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", trouble.TOO_LARGE, 1009),
        (b"\x81\x02\xc3\x28", trouble.INVALID_UTF8, 1007),
        (b"\x01\x01\xc3\x80\x01\x28", trouble.INVALID_UTF8, 1007),
        (b"\x88\x01\x03", trouble.BAD_CLOSE, 1002),
        (b"\x88\x02\x03\xed", trouble.BAD_CLOSE, 1002),
        (b"\x88\x03\x03\xe8\xff", trouble.INVALID_UTF8, 1007),
    ],
)
def test_each_mistake_has_its_name(data: bytes, kind: str, code: int):
    with pytest.raises(Broken) as raised:
        list(Parser().feed(data))
    assert (raised.value.kind, raised.value.code) == (kind, code)


def test_fragments_that_are_too_much_together():
    reading = Parser()
    half = parser.MAX_MESSAGE // 2
    assert list(reading.feed(b"\x02\x7f" + half.to_bytes(8, "big") + bytes(half))) == []
    with pytest.raises(Broken, match=trouble.TOO_LARGE):
        list(reading.feed(b"\x00\x7f" + (half + 1).to_bytes(8, "big")))


def test_empty_fragments_without_end():
    reading = Parser()
    with pytest.raises(Broken, match=trouble.ENDLESS_FRAGMENTS):
        list(reading.feed(b"\x01\x00" + b"\x00\x00" * parser.MAX_FRAGMENTS))


def test_what_came_before_the_mistake_is_told():
    assert events([b"\x82\x01a\x83\x00"]) == [Event(Opcode.BINARY, b"a"), trouble.UNKNOWN_OPCODE]


@pytest.mark.parametrize("code", [*range(990, 1020), 2999, 3000, 4999, 5000])
def test_close_codes_are_those_that_websockets_takes(code: int):
    data = server_frame(Opcode.CLOSE, code.to_bytes(2, "big"))
    found = events([data])
    assert (found == [trouble.BAD_CLOSE]) == (theirs(data) is None)
    assert found in ([trouble.BAD_CLOSE], [Event(Opcode.CLOSE, code.to_bytes(2, "big"))])
