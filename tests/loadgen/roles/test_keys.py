"""Keys and ids: the same seed, the same ones; no two alike."""

from __future__ import annotations

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cloudserver.session import make_keys
from loadgen.roles import keys
from loadgen.roles.ids import Ids

identities = st.integers(0, 2**64 - 1)


@given(identities, identities)
def test_keys_are_of_an_identity_and_look_like_a_clients(one: int, other: int) -> None:
    made = keys.client_keys(one)
    assert made == keys.client_keys(one)
    assert (made == keys.client_keys(other)) == (one == other)
    assert made.temporary != made.permanent
    assert len({made.permanent, keys.made(one, "CHAT"), keys.made(one, "actor 0")}) == 3
    assert len(made.permanent) == len(make_keys(bytes).permanent)
    assert re.fullmatch("04[0-9A-F]{128}", made.permanent)


@given(st.text(), st.integers(0, 5000))
def test_a_photo_has_its_size(key: str, size: int) -> None:
    assert len(keys.photo(key, size)) == size
    assert keys.photo(key, size) == keys.photo(key, size)


@given(st.integers(0, 2**63 - 1), st.integers(0, 100))
def test_ids_are_uuids_of_their_seed_and_shard(seed: int, shard: int) -> None:
    one, again, other = Ids(seed, shard), Ids(seed, shard), Ids(seed, shard + 1)
    made = [one.new() for _ in range(20)]
    assert made == [again.new() for _ in range(20)]
    assert len({*made, *(other.new() for _ in range(20))}) == 40
    assert all(UUID(text).version == 4 and str(UUID(text)) == text for text in made)
