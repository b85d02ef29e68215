"""The rows of the table of failures, each with its right answer."""

from __future__ import annotations

from drills.disks import DISKS
from drills.drill import Drill
from drills.jvm import JVM
from drills.limits import LIMITS
from drills.machines import SICK, Sick
from drills.silences import SILENCES
from drills.starts import STARTS

DRILLS = (*SILENCES, *STARTS, *LIMITS, *DISKS, *JVM)
Failure = Drill | Sick
ROWS: dict[str, Failure] = {one.row: one for one in (*DRILLS, *SICK)}
"""All of them by name, in the order of the table."""
