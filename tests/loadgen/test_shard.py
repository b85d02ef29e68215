from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen import shard
from loadgen.schedule.events import Shard


@given(st.integers(1, 7), st.integers(1, 4), st.integers(0, 60), st.data())
def test_a_shard_is_split_into_what_it_is(of: int, count: int, clients: int, data: st.DataObject):
    whole = Shard(data.draw(st.integers(0, of - 1)), of)
    parts = shard.split(whole, count)
    assert sorted(client for part in parts for client in part.clients(clients)) == list(
        whole.clients(clients)
    )
    assert len(set(parts)) == count


@given(st.integers(1, 60), st.integers(1, 7))
def test_places_are_shared_and_everybody_has_one(pending: int, of: int):
    shared = [shard.places(pending, part) for part in shard.split(shard.WHOLE, of)]
    assert min(shared) >= 1
    assert sum(shared) == max(pending, of)


@given(st.integers(1, 10**6), st.data())
def test_a_shard_is_read_as_people_write_it(of: int, data: st.DataObject):
    part = Shard(data.draw(st.integers(0, of - 1)), of)
    assert shard.parse(f"{part.index}/{part.of}") == part


@pytest.mark.parametrize("text", ["", "1", "2/2", "0/0", "-1/2", "1/2/3", "a/b", "0.5/2"])
def test_what_is_no_shard_is_told(text: str):
    with pytest.raises(ValueError, match="is no shard: it must be like 0/2"):
        shard.parse(text)
