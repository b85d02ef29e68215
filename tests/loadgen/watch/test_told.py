"""A sidecar's answers as lines of a result file."""

from __future__ import annotations

from datetime import UTC, datetime

from loadgen.watch.clock import Clock
from loadgen.watch.sidecar_api import Alert, Incident, Past, Reading, Restart
from loadgen.watch.told import marks, readings
from loadgen.watched import Kind, Mark

CLOCK = Clock(ahead=1000.0, within=0.0)


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(CLOCK.ahead + at, UTC)


def test_unknown_is_none_never_is_left_out_and_what_nobody_knows_here_too() -> None:
    told = {
        "cpu:utilization": Reading(3.5),
        "gc:utilization": Reading(unknown="not read yet"),
        "disk:full-in": Reading("never"),
        "moon:phase": Reading(0.5),
    }
    assert readings(told) == {"cpu:utilization": 3.5, "gc:utilization": None}


def test_what_happened_is_on_our_own_clock() -> None:
    incident = Incident(
        number=1,
        topic="server",
        name="SERVER",
        severity="fail",
        opened=moment(5.0),
        closed=moment(9.0),
        brief="killed by SIGKILL",
        story=[],
        evidence=[],
    )
    past = Past(
        [incident],
        [
            Restart(moment(6.0), "killed by SIGKILL", 7, moment(9.0)),
            Restart(moment(1.0), None),
        ],
        [Alert(moment(5.5), "mail", "server", "DOWN")],
    )
    assert list(marks(past, CLOCK)) == [
        Mark(at=5.0, until=9.0, kind=Kind.INCIDENT, text="SERVER: killed by SIGKILL"),
        Mark(at=6.0, until=9.0, kind=Kind.RESTART, text="pid 7: killed by SIGKILL"),
        Mark(at=1.0, kind=Kind.RESTART, text=""),
        Mark(at=5.5, kind=Kind.ALERT, text="mail: DOWN"),
    ]
