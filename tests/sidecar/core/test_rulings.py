"""Why who was told what, or not: kept for whoever asks, the last of it."""

from __future__ import annotations

from fermatkit.measures import Measure
from sidecar.core.actions import Explain
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from support.playbook import Playbook


def test_the_last_fifty_are_kept_in_their_order() -> None:
    book = Playbook()
    server = book.boots(Identity(100, 1))
    made = []
    for _ in range(26):
        for free in (5e8, 5e9):
            actions = book.sees(Sampled(server, "S", {Measure.DISK_FREE: free}), after=1)
            made += [action for action in actions if isinstance(action, Explain)]
    assert len(made) == 52
    assert book.state.rulings == tuple(made[2:])
