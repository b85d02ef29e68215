"""The rows of the table of failures, each with its right answer."""

from __future__ import annotations

from drills.disks import DISKS
from drills.jvm import JVM
from drills.limits import LIMITS
from drills.silences import SILENCES
from drills.starts import STARTS

DRILLS = (*SILENCES, *STARTS, *LIMITS, *DISKS, *JVM)
