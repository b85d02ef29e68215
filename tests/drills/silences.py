"""A server that was well ends, or falls silent."""

from __future__ import annotations

import signal

from drills.acts import FAST, accompanied, habit, kept_and_well, replaced, sent, told
from drills.drill import Drill
from sidecar.core.nouns import Trouble

SILENCES = (
    Drill("exited", Trouble.EXITED, sent(signal.SIGKILL), replaced, FAST),
    Drill("exited, status 0", Trouble.EXITED, habit("exit-zero"), replaced, FAST),
    Drill("hung", Trouble.HUNG, habit("blocked"), replaced, FAST),
    Drill("stopped", Trouble.STOPPED, sent(signal.SIGSTOP), kept_and_well),
    Drill("busy, not hung", Trouble.BUSY, habit("busy"), kept_and_well),
    Drill("not serving", Trouble.NOT_SERVING, habit("refusing"), replaced, f'start_timeout = "3s"\n{FAST}'),
    Drill("stuck processors", Trouble.STUCK, habit("stuck-processors"), replaced, FAST),
    Drill(
        "HTTP dead",
        Trouble.HTTP_DEAD,
        accompanied(habit("http-dead")),
        told("HTTP DEAD"),
        'http_dead_after = "5s"\n',
    ),
)
