"""What the load generator's schedule costs: µs of processor time for an event, memory for a client.

`python -m benchmarks.schedule`, half a minute. Beside it stands what a bare generator of such tuples takes in
the same minute.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Echo, Listener, Lister, Pair, Returner
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.stages import Stage
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.whole import schedule

EVENTS = 200_000
ROUNDS = 5
_FLAT = (Stage(duration=60.0, rate=20_000.0),)
_RISING = (Stage(duration=60.0, rate=0.0, to=20_000.0),)
_MIX = (
    Listener(weight=50.0),
    Lister(weight=30.0, think=Span(1, 3)),
    Pair(weight=20.0),
    Returner(times=1000, after=Span(0.1, 1), away=Span(0.1, 1)),
)
_PLANS = {
    "lists, even rate": Plan(seed=1, clients=5000, stages=_FLAT),
    "lists, rising rate": Plan(seed=1, clients=5000, stages=_RISING),
    "echoes of many sizes": Plan(seed=1, clients=5000, stages=_FLAT, mix=(Echo(size=Span(64, 4096)),)),
    "a mix of four": Plan(seed=1, clients=5000, stages=_FLAT, mix=_MIX),
    "think times only": Plan(seed=1, clients=5000, stages=_FLAT, mix=(Echo(think=Span(0.2, 1.0)),)),
}


def _bare() -> Iterator[Event]:
    for number in range(EVENTS):
        yield number * 1.5, number, Act.LIST, None, None


def _cost(make: Callable[[], Iterable[Event]]) -> float:
    """Seconds of processor time for an event, the best of some rounds: neighbours only ever add to it."""
    costs = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        count = sum(1 for _ in islice(make(), EVENTS))
        costs.append((time.process_time() - begin) / count)
    return min(costs)


def _memory(plan: Plan) -> tuple[float, float]:
    """Bytes for a client: at the first event, and the most in some rounds after it."""
    tracemalloc.start()
    events = schedule(plan)
    next(events)
    first = tracemalloc.get_traced_memory()[0]
    for _ in islice(events, EVENTS):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return first / plan.clients, most / plan.clients


def main() -> None:
    """Measure and print."""
    bare = _cost(_bare)
    print(f"{'bare generator':32}{bare * 1e6:8.2f} µs an event")
    for name, plan in _PLANS.items():
        for shard in (Shard(), Shard(1, 4), Shard(1, 32)) if name == "lists, even rate" else (Shard(),):
            cost = _cost(lambda plan=plan, shard=shard: schedule(plan, shard))  # type: ignore[misc]
            part = f", shard {shard.index} of {shard.of}" if shard.of > 1 else ""
            print(f"{name + part:32}{cost * 1e6:8.2f} µs an event, {cost / bare:.1f} times the bare one")
    for name, plan in _PLANS.items():
        first, most = _memory(plan)
        print(f"{name:32}{first:8.0f} bytes a client at the first event, {most:.0f} at most later")


if __name__ == "__main__":
    main()
