"""Habits are found by their files."""

from __future__ import annotations

from cloudserver.standin import habits


def test_every_habit_has_a_name_and_says_what_it_does():
    known = habits.known()
    assert {"blocked", "ignore-term", "stuck-processors"} <= set(known)
    assert list(known) == habits.names()
    assert all(known.values())
