"""What cannot be told of the port and the configuration: nobody is charged with it, and everybody says so."""

from __future__ import annotations

import json

import pytest

from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    ConfigRead,
    Listened,
    Observation,
    Registered,
    Restored,
)
from sidecar.core.phases import Settled
from sidecar.core.stories import Chapter
from sidecar.core.view import Status
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.message import render
from sidecar.faces.words import words
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)
WHY = "port 9090: its socket was made in fermat-cloud-server.service, which has 2 processes"
UNKNOWN = Listened(A, owned=None, why=WHY)
THIEF = "port 9090 is held by thief.service"
NOBODY = "nobody listens on port 9090, and on which others it does cannot be told: permission denied"
FILE = "/srv/configuration/server_conf.properties"
LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "", "0.1.0")


def found() -> Playbook:
    book = Playbook()
    book.sees(Restored(None, seed=7))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=True))
    return book


def shown(book: Playbook, key: str) -> dict[str, object]:
    (check,) = json.loads(health(book.view, LABEL, words()).body)["checks"][key]
    return {name: check[name] for name in ("observedValue", "status", "output") if name in check}


# ---- whose the port is -----------------------------------------------------------------------------


def test_the_registration_alone_proves_it() -> None:
    book = found()
    book.sees(UNKNOWN, after=1)
    assert not book.view.ready
    book.sees(Registered(A, 0.01), after=1)
    assert isinstance(book.phase, Settled)
    assert book.view.status is Status.PASS
    for _ in range(70):
        for sign in Sign:
            assert "Signal" not in kinds(book.sees(Answered(A, sign, 0.01), after=1))
    assert book.state.findings == {}
    book.sees(UNKNOWN)  # with each new session, again
    assert book.view.ready


def test_without_a_registration_it_is_as_deaf_as_any() -> None:
    book = found()
    book.sees(UNKNOWN)
    book.waits(61)
    assert Trouble.DEAF in book.state.findings


def test_a_port_that_may_be_its_own_after_all_has_the_time_of_a_start() -> None:
    book = found()
    book.sees(Listened(A, owned=False, why=THIEF))
    book.waits(50)
    book.sees(UNKNOWN)
    book.waits(50)
    assert Trouble.DEAF not in book.state.findings
    assert book.state.facts.owner_why == ""


def test_who_turns_out_to_have_the_port_is_believed() -> None:
    book = found()
    book.sees(UNKNOWN)
    book.sees(Registered(A, 0.01))
    book.sees(Listened(A, owned=False, why=THIEF))
    assert not book.view.ready
    book.sees(Listened(A, owned=True))
    assert book.view.ready
    assert book.view.owner_why == ""


def test_of_the_next_process_nothing_is_known_yet() -> None:
    book = found()
    book.sees(UNKNOWN)
    book.sees(Registered(A, 0.01))
    book.dies(A)
    book.sees(Appeared(B, adopted=False), after=1)
    book.sees(Registered(B, 0.01))
    assert not book.view.ready
    assert shown(book, "port:owner") == {"output": "unknown: not sampled"}


def test_everybody_who_says_that_it_works_says_what_is_not_known() -> None:
    book = found()
    book.dies(A)
    book.sees(Appeared(B, adopted=False), after=1)
    book.sees(Listened(B, owned=None, why=WHY))
    book.sees(Registered(B, 0.01))
    entries = book.state.outbox.entries
    (back,) = [one.owed.message for one in entries if one.owed.message.chapter is Chapter.CLOSED]
    said = render(back, LABEL, words()).body
    assert f"Whether the port is its own cannot be told: {WHY}." in said
    assert "port is its own, and" not in said
    body = json.loads(health(book.view, LABEL, words()).body)
    assert (body["status"], "output" in body) == ("pass", False)
    assert body["notes"] == [
        "The Cloud Server is up and answers.",
        f"Whether the server's port is its own cannot be told: {WHY}.",
    ]
    assert shown(book, "port:owner") == {"output": f"unknown: {WHY}"}


def test_whose_the_port_is_where_that_is_known() -> None:
    book = found()
    assert shown(book, "port:owner") == {"output": "unknown: not sampled"}
    book.sees(Listened(A, owned=True))
    assert shown(book, "port:owner") == {"observedValue": "server", "status": "pass"}
    book.sees(Listened(A, owned=False))
    nobody = {"observedValue": "nobody", "status": "fail"}
    assert shown(book, "port:owner") == nobody
    book.sees(Listened(A, owned=False, why="it listens on port 9091", elsewhere=(9091,)))
    assert shown(book, "port:owner") == nobody
    book.sees(Listened(A, owned=False, elsewhere_unknown=NOBODY))
    assert shown(book, "port:owner") == nobody
    book.sees(Listened(A, owned=False, why=THIEF))
    assert shown(book, "port:owner") == {"observedValue": "another", "status": "fail", "output": THIEF}


# ---- on which other port it listens ----------------------------------------------------------------


def deaf_why(book: Playbook) -> str:
    return book.state.findings[Trouble.DEAF].why


def test_a_deaf_one_whose_ports_cannot_be_seen_is_told_with_that() -> None:
    book = found()
    book.sees(Listened(A, owned=False, elsewhere_unknown=NOBODY))
    book.waits(61)
    assert deaf_why(book) == NOBODY
    assert Trouble.WRONG_PORT not in book.state.findings
    book.sees(Listened(A, owned=False))
    book.waits(1)
    assert deaf_why(book) == ""


def test_who_has_the_port_says_more() -> None:
    book = found()
    book.sees(Listened(A, owned=False, why=THIEF, elsewhere_unknown=NOBODY))
    book.waits(61)
    assert deaf_why(book) == THIEF


def test_that_it_cannot_be_seen_gives_no_more_time() -> None:
    book = found()
    book.sees(Listened(A, owned=False, elsewhere_unknown=NOBODY))
    book.waits(50)
    book.sees(Listened(A, owned=True))
    book.waits(11)
    assert Trouble.DEAF in book.state.findings


def test_the_next_process_is_not_charged_with_it() -> None:
    book = found()
    book.sees(Listened(A, owned=False, elsewhere_unknown=NOBODY))
    book.dies(A)
    book.sees(Appeared(B, adopted=False), after=1)
    book.waits(61)
    assert deaf_why(book) == ""


# ---- the server's own configuration ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, {"output": "unknown: not sampled"}),
        (ConfigRead(FILE, 9090, ""), {"observedValue": 9090, "status": "pass"}),
        (ConfigRead(FILE, None, "", "Permission denied"), {"output": "unknown: Permission denied"}),
        (ConfigRead(FILE, None, "missing"), {"output": "missing"}),
        (ConfigRead(FILE, None, "empty"), {"output": "empty", "status": "warn"}),
    ],
)
def test_the_port_that_the_configuration_names(seen: Observation | None, said: dict[str, object]) -> None:
    book = Playbook()
    book.boots(A)
    if seen is not None:
        book.sees(seen)
    assert shown(book, "configuration:port") == said
    assert (Trouble.BAD_CONFIG in book.state.findings) is ("status" in said and "output" in said)


def test_of_a_server_that_is_down_a_bad_configuration_is_worse() -> None:
    book = found()
    book.sees(ConfigRead(FILE, None, "no port"))
    assert shown(book, "configuration:port") == {"output": "no port", "status": "fail"}


def test_a_bad_configuration_is_not_good_because_it_can_no_longer_be_read() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(ConfigRead(FILE, None, "empty"))
    book.sees(ConfigRead(FILE, None, "", "Permission denied"))
    assert book.state.findings[Trouble.BAD_CONFIG].why == f"{FILE}: empty"
    book.sees(ConfigRead(FILE, 9090, ""))
    assert book.state.findings == {}
