"""A memory comes back from its rows, and what stays keeps its row."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.memory import Memory
from sidecar.core.stories import SERVER
from sidecar.store.rows import NONE, Rows, join, split
from support.memories import INCIDENT, MEMORY, OTHER, owed


def saved(*memories: Memory) -> Rows:
    rows = NONE
    for memory in memories:
        rows = split(memory, "now", rows)
    return rows


def test_a_memory_comes_back() -> None:
    assert join(saved(MEMORY), "now") == MEMORY


def test_no_row_is_no_memory() -> None:
    assert join(NONE, "now") is None


def test_each_incident_has_its_number_and_the_small_slice_none_of_them() -> None:
    rows = saved(MEMORY)
    assert rows.incident == {1: OTHER, 3: INCIDENT}
    assert rows.small[1].memory == msgspec.structs.replace(MEMORY, incidents={}, owed=())


def test_the_incidents_come_back_in_the_order_in_which_they_were_opened() -> None:
    memory = join(saved(MEMORY), "now")
    assert memory is not None
    assert list(memory.incidents) == [OTHER.topic, SERVER]


def test_who_ran_before_a_reboot_is_nobody_after_it() -> None:
    rows = saved(MEMORY)
    assert join(rows, "another") == msgspec.structs.replace(MEMORY, identity=None)
    unknown = split(MEMORY, "", NONE)
    assert join(unknown, "another") == MEMORY


def test_what_is_owed_keeps_its_row_and_a_newcomer_gets_one_at_the_end() -> None:
    before = Memory(1, owed=(owed(1), owed(1, "phone"), owed(2)))
    after = Memory(1, owed=(owed(1, "phone", attempts=1), owed(2), owed(3)))
    assert saved(before).owed == {1: owed(1), 2: owed(1, "phone"), 3: owed(2)}
    assert saved(before, after).owed == {2: owed(1, "phone", attempts=1), 3: owed(2), 4: owed(3)}


def test_one_row_more_for_the_same_message_and_channel() -> None:
    assert saved(Memory(1, owed=(owed(1), owed(1)))).owed == {1: owed(1), 2: owed(1)}


OUTBOXES = st.lists(st.builds(owed, st.integers(1, 4), st.sampled_from(["mail", "phone"])), max_size=6)


@given(st.lists(OUTBOXES, min_size=1, max_size=5))
def test_whatever_happens_to_an_outbox_its_order_comes_back(outboxes: list[list[object]]) -> None:
    memories = [msgspec.structs.replace(MEMORY, owed=tuple(outbox)) for outbox in outboxes]
    rows = saved(*memories)
    assert list(rows.owed) == sorted(rows.owed)
    assert join(rows, "now") == memories[-1]
