"""Long texts in pieces, as the real client cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.client.fragments import PIECE, cut

long_texts = st.text(min_size=1, max_size=8).flatmap(
    lambda some: st.integers(0, 9000).map(lambda size: (some * size)[:size])
)


@pytest.mark.parametrize(
    ("size", "pieces"),
    [
        (0, [0]),
        (999, [999]),
        (1000, [1000]),
        (1001, [500, 501]),
        (1999, [999, 1000]),
        (2000, [1000, 1000]),
        (2300, [1000, 650, 650]),
        (3000, [1000, 1000, 1000]),
        (3999, [1000, 1000, 999, 1000]),
    ],
)
def test_the_documented_sizes(size: int, pieces: list[int]):
    assert [len(piece) for piece in cut(size * "x")] == pieces


@given(long_texts)
def test_any_text_comes_back_from_its_pieces(text: str):
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= PIECE for piece in pieces) or not text
    assert b"".join(piece.encode() for piece in pieces) == text.encode(), (
        "cut between characters, never in one"
    )


@given(st.integers(1001, 100_000))
def test_the_last_pieces_are_a_whole_one_or_two_halves(size: int):
    *whole, last = (len(piece) for piece in cut(size * "x"))
    if size % PIECE:
        half = whole.pop()
        assert 0 <= last - half <= 1
    else:
        assert last == PIECE
    assert set(whole) <= {PIECE}
