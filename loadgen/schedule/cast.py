"""Who does what: each client to its behaviour and its number in it, and back; nothing is stored. Pure."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from loadgen.scenario.behaviours import Duplicate, Known
from loadgen.scenario.mix import group
from loadgen.scenario.plan import Plan
from loadgen.schedule.chance import Shuffle, key


class Cast:
    """The clients 0 … ramping - 1 have a place in the ramp, all behaviours mixed; duplicates come after."""

    def __init__(self, plan: Plan) -> None:
        late = [isinstance(one, Duplicate) for one in plan.mix]
        order = sorted(range(len(plan.mix)), key=late.__getitem__)  # stable
        self._mix = plan.mix
        self._order = order
        self._ends = list(accumulate(plan.counts[i] for i in order))
        self._begins = {i: end - plan.counts[i] for i, end in zip(order, self._ends, strict=True)}
        self.ramping = plan.ramping
        self._shuffle = Shuffle(max(1, self.ramping), key(plan.seed, "cast"))

    def role(self, client: int) -> tuple[int, int]:
        """The number of its behaviour in the mix, and its own among those who have it."""
        place = self._shuffle.place(client) if client < self.ramping else client
        behaviour = self._order[bisect_right(self._ends, place)]
        return behaviour, place - self._begins[behaviour]

    def client(self, behaviour: int, member: int) -> int:
        """The client of this role."""
        place = self._begins[behaviour] + member
        return self._shuffle.number(place) if place < self.ramping else place

    def behaviour(self, client: int) -> Known:
        """What it does."""
        return self._mix[self.role(client)[0]]

    def first_of_group(self, client: int) -> int:
        """Of a pair or a larger group, who asks for the VPNs; who is alone is the first."""
        behaviour, member = self.role(client)
        return self.client(behaviour, member - member % group(self._mix[behaviour]))

    def group(self, client: int) -> tuple[int, ...]:
        """All who belong together with it, the first of them first."""
        behaviour, member = self.role(client)
        size = group(self._mix[behaviour])
        first = member - member % size
        return tuple(self.client(behaviour, one) for one in range(first, first + size))

    def peers(self, client: int) -> tuple[int, ...]:
        """To whom it has a VPN: the first of a group to all others, these to the first."""
        first, *others = self.group(client)
        return tuple(sorted(others)) if client == first else (first,)
