"""Frames that a client makes are read as they were meant by another's parser."""

from __future__ import annotations

from itertools import cycle
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.streams import StreamReader

from loadgen.ws.frames import Opcode, Pool, closing, frame, mask, number_of, put

KEYS = st.binary(min_size=4, max_size=4)


def read(data: bytes) -> Frame:
    """The one frame in `data`, by the library of websockets."""
    reader = StreamReader()
    reader.feed_data(data)
    parsing = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    assert not reader.buffer
    return done.value.value


@given(st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION]), st.binary(), KEYS, st.booleans())
def test_a_frame_says_what_was_put_in(opcode: Opcode, payload: bytes, key: bytes, final: bool):
    read_back = read(frame(opcode, payload, key, final=final))
    assert (read_back.opcode, read_back.data, read_back.fin) == (opcode, payload, final)


@pytest.mark.parametrize("size", [0, 125, 126, 127, 65535, 65536, 100_000])
def test_lengths_at_their_borders(size: int):
    payload = bytes(size)
    assert read(frame(Opcode.BINARY, payload, b"\x01\x02\x03\x04")).data == payload


@given(st.binary(), KEYS)
def test_masking_twice_is_nothing(payload: bytes, key: bytes):
    assert mask(mask(payload, key), key) == payload


@given(st.integers(0, 2**16 - 1), st.binary(max_size=300), KEYS)
def test_a_close_frame_has_a_code_and_as_much_reason_as_fits(code: int, reason: bytes, key: bytes):
    read_back = read(closing(code, reason, key))
    assert read_back.opcode == Opcode.CLOSE
    assert read_back.data == code.to_bytes(2, "big") + reason[:123]


@given(
    st.binary(min_size=8, max_size=70_000), st.integers(), st.lists(st.integers(0, 2**64 - 1), max_size=30)
)
def test_a_pool_gives_the_payload_with_each_number(payload: bytes, seed: int, numbers: list[int]):
    pool = Pool(payload, Random(seed), size=4)
    for number, (made, masked) in zip(numbers, cycle(pool.frames), strict=False):
        put(made, pool.at, number ^ masked)
        read_back = read(bytes(made))
        assert read_back.opcode == Opcode.BINARY
        assert number_of(read_back.data) == number
        assert read_back.data[8:] == payload[8:]


def test_a_seed_gives_the_same_pool_and_its_masks_differ():
    one, other = (Pool(bytes(16), Random(7)) for _ in range(2))
    assert one.frames == other.frames
    assert len({bytes(made) for made, _ in one.frames}) > 250
