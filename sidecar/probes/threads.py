"""The server's threads by name: leaked timers, and a garbage collector that is busy."""

from __future__ import annotations

from fermatkit.measures import Measure
from fermatkit.threads import Threads
from sidecar.probes.readings import Look

THREADS = Look(
    "threads by name",
    (Measure.TIMERS, Measure.GC),
    lambda identity: Threads(identity.pid, identity.started).sample,
    interval=5.0,
)
