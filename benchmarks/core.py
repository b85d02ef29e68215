"""What deciding costs: CPU of one ``step``, and of one ``step`` + ``view`` + /health's bytes."""

from __future__ import annotations

import time
from statistics import median

from fermatkit.measures import Measure
from sidecar.core.engine import State, step
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    Listened,
    Observation,
    Registered,
    Restored,
    Sampled,
    Seen,
)
from sidecar.core.policy import Policy
from sidecar.core.view import view
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.words import words

ROUNDS = 9
STEPS = 20_000


def measure() -> dict[str, float]:
    """Microseconds of CPU, median of the rounds."""
    bare, whole, shown = [], [], []
    for _ in range(ROUNDS):
        floor = _round(step_too=False, view_too=False)
        bare.append(floor)
        whole.append(_round(step_too=True, view_too=False) - floor)
        shown.append(_round(step_too=True, view_too=True) - floor)
    label = Label("host", "127.0.0.1:9090", "http://127.0.0.1:9191/", "server-output.log", "0")
    policy, catalogue = Policy(channels=("mail",)), words()
    state, at = _settled(policy)
    now = view(state, policy, at, at)
    began = time.process_time()
    for _ in range(2000):
        health(now, label, catalogue)
    encoded = (time.process_time() - began) / 2000 * 1e6
    return {"step_us": median(whole), "step_view_us": median(shown), "health_bytes_us": encoded}


def _round(*, step_too: bool, view_too: bool) -> float:
    """One second of a settled server, over and over: what the loop takes in is mostly this."""
    policy = Policy(channels=("mail",))
    state, at = _settled(policy)
    identity = Identity(100, 1)
    second: list[Observation] = [
        Sampled(identity, "S", {Measure.CPU: 2.0, Measure.MEMORY: 1e8, Measure.DISK_FREE: 1e11}),
        Answered(identity, Sign.PONG, 0.001),
        Answered(identity, Sign.HTTP, 0.002),
    ]
    began = time.process_time()
    for i in range(STEPS):
        at += 1 / 3
        seen = Seen(at, at, second[i % 3])
        if step_too:
            state, _ = step(state, seen, policy)
        if view_too:
            view(state, policy, at, at)
    return (time.process_time() - began) / STEPS * 1e6


def _settled(policy: Policy) -> tuple[State, float]:
    identity, at, state = Identity(100, 1), 1000.0, State()
    for what in (
        Restored(None, seed=1),
        Absent(),
        Appeared(identity, adopted=False),
        Listened(identity, owned=True),
        Registered(identity, 0.01),
    ):
        state, _ = step(state, Seen(at, at, what), policy)
    return state, at


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:8.1f}")
