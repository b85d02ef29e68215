"""A rate that changes over time, as stretches in which it changes evenly. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from loadgen.scenario.stages import Stage


class Stretch(NamedTuple):
    """t seconds after `begin` there have been ``before + rate·t + slope/2·t²`` turns.

    So the n-th turn beyond `before` is at ``t = 2n / (rate + √(rate² + 2·slope·n))``: the root of the
    quadratic equation in the form without cancellation.
    """

    begin: float
    before: float
    last: float
    """Turns at its end; of the last stretch without an end, so that rounding never leads beyond it."""
    rate: float
    square: float
    """rate²."""
    double: float
    """2·slope."""


def stretches(stages: Iterable[Stage], begin: float) -> list[Stretch]:
    """One for each stage with messages; the first stage begins `begin` seconds after the start."""
    found = []
    turns = 0.0
    for stage in stages:
        if stage.messages > 0:
            slope = (stage.last_rate - stage.rate) / stage.duration
            last = turns + stage.messages
            found.append(Stretch(begin, turns, last, stage.rate, stage.rate**2, 2 * slope))
            turns = last
        begin += stage.duration
    if found:
        found[-1] = found[-1]._replace(last=inf)
    return found
