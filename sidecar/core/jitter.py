"""Waits that do not end together, the same for the same seed."""

from __future__ import annotations

import random


def lengthened(wait: float, share: float, *key: object) -> float:
    """The wait, made longer (never shorter) by up to `share` of it; the same for the same key."""
    chance = random.Random(":".join(map(str, key))).random()  # noqa: S311 - spreads waits, guards nothing
    return wait * (1 + share * chance)
