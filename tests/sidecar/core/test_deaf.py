"""A server that never gets ready is replaced once, whatever the reason; then it is left alone, and told."""

from __future__ import annotations

from sidecar.core.actions import Signal
from sidecar.core.nouns import Identity
from sidecar.core.observations import Absent, Appeared, ConfigRead, Listened, Restored, StopAsked
from sidecar.core.phases import Settled, Sparing
from sidecar.core.stories import SERVER, Chapter
from support.playbook import Playbook, kinds

A, B, C, D = (Identity(100 + number, number) for number in (1, 2, 3, 4))
FILE = "/srv/configuration/server_conf.properties"


def test_a_port_that_is_another_s_costs_one_restart_and_no_more() -> None:
    book = Playbook()
    taken = Listened(A, owned=False, why="port 9090 is held by pid 77 (prometheus)")
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.sees(Listened(B, owned=False, why=taken.why))
    assert "Signal" not in kinds(book.waits(600))
    assert isinstance(book.phase, Sparing)
    assert book.state.incidents.open[SERVER].done[-1].why == taken.why
    # It is gone: now a new process can have the port.
    assert Signal(B, 15) in book.sees(Listened(B, owned=False))


def test_a_port_that_is_free_again_is_worth_another_restart() -> None:
    book = Playbook()
    taken = "port 9090 is held by pid 77 (prometheus)"
    book.boots(A)
    book.dies(A)
    for server in (B, C):
        book.waits(2)
        book.sees(Appeared(server, adopted=False))
        book.waits(61)
        book.sees(Listened(server, owned=False, why=taken))
        if server is B:
            book.dies(B)
    assert isinstance(book.phase, Sparing)
    assert Signal(C, 15) in book.sees(Listened(C, owned=False))
    book.dies(C)
    book.waits(3)
    book.sees(Appeared(D, adopted=False))
    assert "Signal" not in kinds(book.waits(3600)), "and that was the one"


def test_deaf_by_a_bad_configuration_costs_one_restart_and_no_more() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.sees(ConfigRead(FILE, None, "port is not a number: 'x'"))
    assert Signal(B, 15) not in book.waits(300)
    assert isinstance(book.phase, Sparing)
    assert Signal(B, 15) in book.sees(ConfigRead(FILE, 9090, ""))


def test_a_start_that_stays_deaf_costs_one_restart_then_it_is_left_alone_and_told() -> None:
    """Nobody knows why: each restart would be as deaf."""
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    assert kinds(book.waits(61)).count("Signal") == 2  # SIGTERM, and SIGCONT so that it can act on it
    book.dies(B)
    book.waits(3)
    book.sees(Appeared(C, adopted=False))
    assert "Signal" not in kinds(book.waits(3600))
    assert isinstance(book.phase, Sparing)
    told = [entry.owed.message for entry in book.state.outbox.entries]
    assert [message.chapter for message in told] == [Chapter.OPENED, Chapter.SPARED]
    assert told[-1].incident.done[-1].why == "one has not helped"
    book.proves(C)
    assert isinstance(book.phase, Settled)
    book.dies(C)
    book.sees(Appeared(D, adopted=False))
    assert "Signal" in kinds(book.waits(61)), "one that was ready in between is another story"


def test_a_spared_server_that_gets_the_port_after_all_has_the_time_of_a_start_to_register() -> None:
    """It was ended at the very moment at which it came up."""
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.sees(Listened(B, owned=False, why="port 9090 is held by pid 77 (prometheus)"))
    book.waits(600)
    assert isinstance(book.phase, Sparing)
    assert "Signal" not in kinds(book.sees(Listened(B, owned=True)))
    assert "Signal" not in kinds(book.waits(50))
    book.proves(B)
    assert isinstance(book.phase, Settled)


def deaf_again() -> Playbook:
    """One was ended for it, and the next is as deaf."""
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.waits(61)
    book.dies(B)
    book.waits(3)
    book.sees(Appeared(C, adopted=False))
    return book


def test_a_deaf_one_that_is_left_alone_is_left_alone_by_the_next_sidecar_too() -> None:
    book = deaf_again()
    book.waits(61)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(C, adopted=True, age=61.0))
    assert "Signal" not in kinds(heir.waits(3600))
    assert isinstance(heir.phase, Sparing)


def test_who_stops_the_sidecar_by_hand_and_starts_it_has_a_restart_to_spend() -> None:
    book = deaf_again()
    book.sees(StopAsked(leave=False))
    book.dies(C)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Absent())
    heir.sees(Appeared(D, adopted=False))
    assert Signal(D, 15) in heir.waits(61)
