"""Numbers as if drawn, each computed by itself from (seed, purpose, number): nobody draws another's. Pure.

A multiplicative hash in integers, so that every machine and every Python computes the same.
"""

from __future__ import annotations

from hashlib import blake2b
from math import gcd

MASK = 2**64 - 1
MIX = 0xD6E8FEB86659FD93
"""An odd multiplier whose product depends on all bits below (Evensen's "rrmxmx")."""
STEP = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio, odd: the distance of one number's hash from the next one's (Weyl sequence)."""
UNIT = 2.0**-53
"""The top 53 bits of a hash times this are a float from 0 to below 1."""


def key(seed: int, *purpose: str | int) -> int:
    """A number for one purpose; any two differ as if drawn."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def hashed(base: int, number: int) -> int:
    """A number below 2**64 for `number`, of a purpose's `key`."""
    x = (number * STEP + base) & MASK
    x = ((x ^ (x >> 32)) * MIX) & MASK
    x = ((x ^ (x >> 29)) * MIX) & MASK
    return x ^ (x >> 32)


def share(base: int, number: int) -> float:
    """Likewise, as a float from 0 to below 1."""
    return (hashed(base, number) >> 11) * UNIT


class Shuffle:
    """A permutation of 0 … size - 1, computed for each number by itself, both ways: ``a·n + b mod size``."""

    def __init__(self, size: int, base: int) -> None:
        self.size = size
        self.add = hashed(base, 0) % size
        self.times = 1 + hashed(base, 1) % size
        while gcd(self.times, size) != 1:  # 1 has no divisor in common with anything
            self.times -= 1
        self._back = pow(self.times, -1, size) or 1  # the inverse is 0 where all is, with a size of 1

    def place(self, number: int) -> int:
        """Where a number comes to stand."""
        return (self.times * number + self.add) % self.size

    @property
    def numbers(self) -> range:
        """Which number stands at each place, but for its multiple of `size`."""
        first = self.number(0)
        return range(first, first + self._back * self.size, self._back)

    def number(self, place: int) -> int:
        """Which number stands there."""
        return (self._back * (place - self.add)) % self.size
