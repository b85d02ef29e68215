"""Every letter is a frame of its size, whose number is the one that was put there."""

from __future__ import annotations

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.echo.letters import Letters
from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.spans import Span
from loadgen.ws.frames import Opcode, header, mask, number_of, put

sizes = st.sampled_from([8, 9, 125, 126, 127, 4096, 65_535, 65_536, 70_000])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(sizes, sizes), min_size=1, max_size=3), st.integers(0, 2**64 - 1), st.data())
def test_each_is_a_frame_that_says_its_number(
    bounds: list[tuple[int, int]], number: int, data: st.DataObject
):
    mix = [Echo(size=Span(min(two), max(two))) for two in bounds]
    letters = Letters(mix, seed=1)
    least, most = min(one.size.least for one in mix), max(one.size.most for one in mix)
    assert letters.size == (most if least == most else None)
    drawn = [data.draw(st.integers(int(least), int(most))) for _ in range(3)]
    events = [(0.0, 0, Act.ECHO, size, None) for size in drawn]
    payloads = []
    for event, (frame, at, masked) in letters.of(events):
        put(frame, at, number ^ masked)
        size = event[3]
        assert size is not None
        head = header(Opcode.BINARY, size)
        assert frame.startswith(head)
        assert len(frame) == len(head) + 4 + size
        payloads.append(mask(bytes(frame[at:]), bytes(frame[at - 4 : at])))
    assert all(number_of(payload) == number for payload in payloads)
    longest = max(payloads, key=len)
    assert all(longest.startswith(payload) for payload in payloads)


def test_a_seed_makes_them_the_same_again():
    def some(seed: int) -> list[bytes]:
        events = [(0.0, 0, Act.ECHO, 128, None)] * 5
        return [bytes(frame) for _, (frame, _, _) in islice(Letters([Echo()], seed).of(events), 5)]

    assert some(1) == some(1) != some(2)
