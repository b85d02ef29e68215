"""One look in a terminal."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Appeared, HostSampled, Sampled, SendFailed
from sidecar.faces.glance import glance
from sidecar.faces.words import words
from support.playbook import Playbook
from support.spanish import english


def running() -> tuple[Playbook, Identity]:
    book = Playbook()
    identity = book.boots()
    for _ in range(8):  # as long as a slope needs
        book.sees(HostSampled({Measure.DISK_FREE: 31.4 * 2**30}, None), after=5)
    book.sees(
        Sampled(identity, "S", {Measure.CPU: 3.42, Measure.MEMORY: 131.4 * 2**20, Measure.THREADS: 43.0})
    )
    for sign in Sign:
        book.sees(Answered(identity, sign, 0.0012))
    return book, identity


def lines(book: Playbook, language: str = "en") -> list[str]:
    return [" ".join(line.split()) for line in glance(book.view, words(language)).splitlines()]


def test_all_is_well_and_what_is_not_known_says_so() -> None:
    shown = lines(running()[0])
    assert shown[0] == "✓ The Cloud Server is up and answers."
    assert shown[1].startswith("Running since 2027-01-15 08:")
    assert shown[1].endswith("as pid 100")
    assert "✓ Restarts left 6 of 6 in 10 min, 20 of 20 in 1 d" in shown
    assert "✓ Messages all delivered" in shown
    assert "✓ CPU 3.4 %" in shown
    assert "✓ Memory 131.4 MiB" in shown
    assert "✓ Disk full in not filling up" in shown
    assert "✓ WebSocket pings 1.2 ms" in shown
    assert "? Open files unknown: not sampled" in shown


def test_down_and_why() -> None:
    book, identity = running()
    book.falls_silent(identity)
    book.waits(11)
    shown = lines(book)
    assert shown[0] == "✗ The Cloud Server is being ended."
    assert shown[1].startswith("Since 2027-01-15 08:17:20 UTC, for ")
    assert any(line.startswith("SIGTERM was sent; SIGKILL follows") for line in shown)
    assert any(line.startswith("✗ WebSocket pings no answer since") for line in shown)


def test_why_it_was_restarted_and_who_was_not_told() -> None:
    book, identity = running()
    book.dies(identity)
    book.sees(Appeared(Identity(101, 2), adopted=False), after=1)
    book.proves(Identity(101, 2))
    book.waits(2)
    book.sees(SendFailed(book.state.outbox.entries[0].owed.message.id, "mail", "refused"))
    shown = lines(book)
    assert "✓ Last restart killed by SIGKILL (signal 9), 2027-01-15 08:17:20 UTC" in shown
    assert any(line.startswith("! Messages ") and "refused" in line for line in shown)


@pytest.mark.parametrize("ill", [False, True])
def test_the_same_in_spanish(ill: bool) -> None:
    book, identity = running()
    if ill:
        book.dies(identity)
    assert english("\n".join(lines(book, "es"))) == set()
