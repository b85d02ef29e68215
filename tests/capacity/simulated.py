"""Searches of servers that are only arithmetic: thousands of them, to see how often the interval is right."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from statistics import fmean, median
from typing import Any

from loadgen.capacity.search import Answer, Bounds, Search

Server = Callable[[random.Random, float, int], bool]
"""Whether a load is carried, by chance and the knee."""


def carried_out(bounds: Bounds, server: Callable[[int], Answer]) -> Search:
    """All of one search."""
    search = Search(bounds)
    steps = search.steps()
    try:
        load = next(steps)
        while True:
            load = steps.send(server(load))
    except StopIteration:
        return search


def contains(search: Search, knee: float) -> bool:
    """Whether the knee lies in the interval."""
    low, high = search.low.load or 0, search.high.load
    return low <= knee and (high is None or knee < high)


def lognormal(deviation: float) -> Server:
    """The limit is another each time."""
    return lambda chance, knee, load: load <= knee * math.exp(chance.gauss(0, deviation))


def even(chance: random.Random, knee: float, load: int) -> bool:
    """As hard as can be: every load is carried nearly half of the times."""
    return chance.random() < (0.51 if load <= knee else 0.49)


def too_much_at_times(chance: random.Random, knee: float, load: int) -> bool:
    """What is too much is carried nearly half of the times, all else always."""
    return load <= knee or chance.random() < 0.49


NOISES: dict[str, Server] = {
    "none": lognormal(0.0),
    "lognormal, 2 %": lognormal(0.02),
    "lognormal, 5 %": lognormal(0.05),
    "lognormal, 10 %": lognormal(0.1),
    "lognormal, 30 %": lognormal(0.3),
    "above the knee half": too_much_at_times,
    "half everywhere": even,
}


def simulate(noise: str, searches: int, seed: int, rounds: int = 20) -> dict[str, Any]:
    """How often the knee lies in the interval, and how often it was promised; and the median width."""
    chance = random.Random(f"{noise} {seed} {rounds}")
    inside, promised, widths, tries = 0, [], [], []
    for _ in range(searches):
        knee = math.exp(chance.uniform(math.log(50), math.log(20_000)))
        bounds = Bounds(start=100, most=100_000, rounds=rounds)
        search = carried_out(bounds, lambda load, knee=knee: NOISES[noise](chance, knee, load))
        inside += contains(search, knee)
        promised.append(search.confidence)
        tries.append(len(search.tries))
        widths.append((search.high.load or math.inf) / (search.low.load or 1) - 1)
    return {
        "noise": noise,
        "searches": searches,
        "inside": inside / searches,
        "promised": fmean(promised),
        "width": median(widths),
        "tries": fmean(tries),
    }
