"""A small run with all that a report can have. `python -m support.reported` makes its golden model."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec import structs

from loadgen.capacity.result import Capacity, Limit, Round, Step
from loadgen.drills.result import Alert, Drill, Objective
from loadgen.report.faces import as_json
from loadgen.report.model import report
from loadgen.scenario.thresholds import threshold
from loadgen.watched import Kind, Mark, Sample, Server
from support.loads import record, run, second

_SECONDS = [second(float(at), (0.001 * at, 0.002 * at, 0.05), registered=min(at, 3)) for at in range(1, 13)]
_SECONDS[7].tally.error("connection reset", 2)
_WHOLE = record(
    run(clients=3, thresholds=(threshold("response p99 < 40ms"), threshold("errors = 0"))), _SECONDS
)
RECORD = structs.replace(
    _WHOLE,
    server=Server(seen_by="http://127.0.0.1:9191", about={"Command": "java -Xmx512m -jar server.jar"}),
    samples=tuple(
        Sample(
            at=at + 0.5,
            readings={
                "cpu:utilization": 10.0 + at, "gc:utilization": None, "memory:resident": 2.0**27 + at * 2**20,
                "threads:count": 43.0, "fds:open": 70.0 + at, "fds:limit": 1024.0,
                "connections:established": float(min(at, 3)), "disk:free": 2.0**34 - at,
            },
        )
        for at in range(12)
    ),
    marks=(
        Mark(at=4.0, kind=Kind.HARM, text="SIGKILL to pid 7"),
        Mark(at=4.3, until=6.0, kind=Kind.INCIDENT, text="DOWN"),
        Mark(at=4.4, until=5.5, kind=Kind.RESTART, text="pid 8"),
        Mark(at=4.5, kind=Kind.ALERT, text="DOWN: ended by SIGKILL"),
    ),
)  # fmt: skip
CAPACITY = Capacity(
    low=4_700,
    high=4_950,
    estimate=4_850,
    confidence=0.95,
    rounds=(
        Round(
            steps=(
                Step(load=4_000, carried=True, file="a/run.jsonl"),
                Step(
                    load=5_000,
                    carried=False,
                    why=("12 of 5,000 clients were never registered",),
                    file="b/run.jsonl",
                ),
            ),
        ),
    ),
    gave_out="fds:open",
    because="99 % of them were open",
    limits=(
        Limit(resource="fds:open", clients=4_930, why="(5,000 − 70) / 1", used=0.99),  # noqa: RUF001
        Limit(resource="memory:resident", clients=None, why="no -Xmx is known"),
    ),
)
DRILLS = (
    Drill(
        name="kill",
        harm="SIGKILL",
        passed=True,
        objectives=(Objective(name="detected", within=3.0, took=0.4),),
        detected=0.4,
        acted=0.5,
        listening=1.9,
        proven=2.2,
        back=((50, 5.0), (95, 12.1), (100, 14.0)),
        clients=300,
        lost_messages=3,
        alerts=(Alert(at=0.6, title="DOWN"),),
    ),
    Drill(
        name="hang",
        harm="SIGSTOP",
        passed=False,
        reasons=("95 % were never back",),
        back=((50, 30.0), (95, None)),
    ),
)

if __name__ == "__main__":
    golden = Path(__file__).parents[1] / "loadgen" / "report" / "golden.json"
    golden.write_text(json.dumps(json.loads(as_json(report(RECORD, CAPACITY, DRILLS))), indent=1) + "\n")
