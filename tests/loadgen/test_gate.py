"""So many at once, in order, none forgotten, none after its time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.gate import Gate

STEPS = st.lists(st.tuples(st.sampled_from(["arrive", "leave", "expire"]), st.integers(0, 30)), max_size=60)


@given(st.integers(1, 5), st.integers(1, 20), STEPS)
def test_everybody_is_somewhere_and_never_too_many_inside(places: int, within: int, steps):
    inside: list[int] = []
    started: list[int] = []
    late: list[tuple[int, bool]] = []
    gone: list[int] = []
    due: dict[int, float] = {}

    def start(client: int, moment: float) -> None:
        assert moment == due[client]
        inside.append(client)
        started.append(client)

    def too_late(client: int, begun: bool) -> None:
        late.append((client, begun))
        assert (client in inside) == begun
        if begun:
            inside.remove(client)

    gate: Gate[int] = Gate(places, within, start, too_late)
    now = 0.0
    for step, number in steps:
        if step == "arrive":
            client = len(due)
            due[client] = now
            gate.arrive(now, client)
        elif step == "leave" and inside:
            client = inside.pop(number % len(inside))
            gone.append(client)
            gate.leave(client)
        else:
            now += number
            gate.expire(now)
            assert all(now - due[client] < within for client in inside)
        assert len(inside) <= places
        assert len(gate) + len(gone) + len(late) == len(due)
    assert started == sorted(started)
    left = gate.clear()
    assert sorted([client for client, _ in left] + gone + [client for client, _ in late]) == sorted(due)
    assert [client for client, begun in left if begun] == sorted(inside)
    assert len(gate) == 0
