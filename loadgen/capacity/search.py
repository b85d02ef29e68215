"""Where a server's knee is: which load to try next, and what the tries prove. Pure.

The knee is the load that is carried half of the times; lighter ones are carried more often, heavier ones less
often. Near it one try says little. So a first round of steps and bisection only finds where to look, and
counts as no proof; each later round tries both ends of the interval once more, and an end that is missed
moves outwards.

What this proves rests on a bet (Ville, "Étude critique de la notion de collectif", 1939; as confidence
sequences: Waudby-Smith and Ramdas, JRSS B 86, 2024). Were the knee below the low end, each try there would be
carried with a probability of 1/2 at most, whatever came before. Who owns 1, and each time bets the share BET
of it on "carried" at even odds, ever owns 1/p or more with a probability of p at most. The high end is the
same, the other way round. It holds for any shape of noise, and whenever the search is broken off, as long as
tries do not depend on each other: a server that a try has harmed is no longer the same.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from math import sqrt

import msgspec

BET = 0.85
"""Six tries without a miss are 95 % (1.85⁶ ≥ 2 / 0.05); a miss costs as much as three."""
DOUBTFUL = 3
"""A load at which the generator was the bottleneck so many times in a row is too much for it."""

Answer = bool | None
"""Whether a load was carried; None: nobody knows, for the generator was the bottleneck."""
Steps = Generator[int, Answer, None]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a search keeps to."""

    start: int
    """1 to `most`."""
    most: int
    """The greatest load that may be tried."""
    resolution: float = 0.05
    """Share of the load to which the first round looks, and by which an end moves at first."""
    confidence: float = 0.95
    """To be reached; 0 to 1."""
    rounds: int = 20
    """At most, the first not counted."""


class Tried(msgspec.Struct, frozen=True):
    """One try; `round` 0 is the first."""

    round: int
    load: int
    carried: Answer


@dataclass(slots=True)
class End:
    """One end of the interval, and what a bet on it has come to."""

    load: int | None
    """None: there is none, for no load on this side may be tried."""
    wealth: float = 1.0
    misses: int = 0
    given_up: bool = False
    """The generator cannot try it."""

    @property
    def doubt(self) -> float:
        """Probability at most, if the knee is beyond this end, that it looked as good as it does."""
        return 0.0 if self.load is None else min(1.0, 1 / self.wealth)


@dataclass(slots=True)
class Search:
    """One search. `steps` yields loads, and is sent what came of each; all else can be read at any time."""

    bounds: Bounds
    low: End = field(default_factory=lambda: End(None))
    high: End = field(default_factory=lambda: End(None))
    tries: list[Tried] = field(default_factory=list)
    too_much: int | None = None
    """The least load that the generator could not make."""

    @property
    def confidence(self) -> float:
        """That the knee lies in the interval, at least; 0 to 1."""
        return 0.0 if not self.tries else max(0.0, 1 - self.low.doubt - self.high.doubt)

    @property
    def estimate(self) -> int | None:
        """The load that has the fewest tries on its wrong side; None without an upper end."""
        known = [one for one in self.tries if one.carried is not None]
        if self.high.load is None or not known:
            return None
        loads = [0, *sorted({one.load for one in known}), self.high.load]
        wrong = [sum(one.carried != (one.load <= at) for one in known) for at in loads]
        best = [i for i, count in enumerate(wrong) if count == min(wrong)]
        least, most = loads[best[0]], loads[min(best[-1] + 1, len(loads) - 1)]
        return round(sqrt(least * most))

    def steps(self) -> Steps:
        """Ask for all tries, one after the other."""
        yield from self._first_round()
        for number in range(1, self.bounds.rounds + 1):
            ends = [end for end in (self.low, self.high) if self._in_doubt(end)]
            if not ends:
                return
            for end in ends:
                yield from self._bet(number, end)

    def _in_doubt(self, end: End) -> bool:
        return not end.given_up and end.doubt > (1 - self.bounds.confidence) / 2

    def _first_round(self) -> Steps:
        """Steps by two until one is carried and the next is not, then by halves to the resolution."""
        carried, failed = 0, None
        load = self.bounds.start
        while failed is None or failed - carried > max(1, self.bounds.resolution * carried):
            answer = yield from self._try(0, load)
            if answer is None:
                break
            if answer:
                carried = self.low.load = load
            else:
                failed = self.high.load = load
            if carried == self.bounds.most:
                break
            load = _between(carried, failed, self.bounds.most)

    def _bet(self, number: int, end: End) -> Steps:
        """Try an end once more; one that was missed moves outwards, by twice as much each time."""
        if end.load is None:
            return
        answer = yield from self._try(number, end.load)
        if answer is None:
            end.given_up = True
            return
        is_low = end is self.low
        if answer is is_low:
            end.wealth *= 1 + BET
            return
        end.wealth *= 1 - BET
        factor = (1 + self.bounds.resolution) ** 2**end.misses
        end.misses += 1
        if is_low:
            end.load = min(end.load - 1, int(end.load / factor)) or None
        else:
            load = max(end.load + 1, round(end.load * factor))
            end.load = min(load, self.bounds.most) if end.load < self.bounds.most else None

    def _try(self, number: int, load: int) -> Generator[int, Answer, Answer]:
        """What came of a load: of one that the generator cannot make, None."""
        for _ in range(DOUBTFUL):
            answer = yield load
            self.tries.append(Tried(number, load, answer))
            if answer is not None:
                return answer
        self.too_much = load if self.too_much is None else min(load, self.too_much)
        return None


def _between(carried: int, failed: int | None, most: int) -> int:
    """The load to try next: twice as much, half as much, or the geometric mean."""
    if failed is None:
        return min(2 * carried, most)
    if carried == 0:
        return max(1, failed // 2)
    return min(max(round(sqrt(carried * failed)), carried + 1), failed - 1)
