"""``fermat-sidecar incidents``: what is open, what was, who was told and why, or why not."""

from __future__ import annotations

import json

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity, Pause, Severity
from sidecar.core.observations import AckAsked, Appeared, HostSampled, Sent, SilenceAsked, UnsilenceAsked
from sidecar.core.policy import Policy, Route
from sidecar.core.stories import SERVER, Reason
from sidecar.core.view import View
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.listing import decision, listing
from sidecar.faces.words import words
from support.playbook import Playbook
from support.spanish import english

EN, ES = words("en"), words("es")
LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "", "0.1.0")
ROUTES = {"phone": Route(after=900.0), "boss": Route(severity=Severity.FAIL)}
A, B = Identity(100, 1), Identity(101, 2)
FULL = HostSampled({Measure.DISK_FREE: 5e8})


@pytest.fixture
def book() -> Playbook:
    """A disk that is low, and a server that has died and come back."""
    book = Playbook(Policy(channels=("mail", "phone", "boss"), routes=ROUTES, gap=1e6))
    server = book.boots(A)
    book.sees(FULL)
    book.waits(60)
    book.dies(server)
    book.sees(Appeared(B, adopted=False), after=2)
    book.proves(B)
    return book


def blocks(text: str) -> list[list[str]]:
    return [block.splitlines() for block in text.split("\n\n")]


def test_nothing_is_said_of_everything() -> None:
    view = Playbook().view
    assert blocks(listing(view, EN)) == [
        ["Open:", "  none"],
        ["Over, the last of each kind:", "  none"],
        ["Silenced:", "  none"],
        ["Who is told, and why (the newest first):", "  none"],
    ]
    assert [lines[1] for lines in blocks(listing(view, ES))] == ["  nada"] * 4


def test_what_is_open_says_who_was_told_and_who_not_yet(book: Playbook) -> None:
    open_, last, silenced, decided = blocks(listing(book.view, EN))
    assert open_ == [
        "Open:",
        "  1  DISK LOW  since 2027-01-15 08:16:40 UTC, for 1 min 2 s",
        "    Little disk space is left where the Cloud Server or its sidecar writes: 476.8 MiB.",
        "    told: mail",
        "    phone: held back: only if nobody acknowledges it",
    ]
    assert last[1:] == [
        "  2  SERVER  since 2027-01-15 08:17:40 UTC, for 2.0 s: killed by SIGKILL (signal 9)",
    ]
    assert silenced[1:] == ["  none"]
    assert [line.partition(" UTC  ")[2] for line in decided[1:4]] == [
        f"2-1800001060-closed  {channel}: {why}"
        for channel, why in (
            ("boss", "sent: it was told of the beginning"),
            ("phone", "not sent: it was not told of the beginning"),
            ("mail", "sent: it was told of the beginning"),
        )
    ]
    assert decided[-1].endswith("1-1800001000-opened  mail: sent")


def test_in_spanish_too(book: Playbook) -> None:
    book.sees(SilenceAsked("disk-low", book.wall + 7200, "se mueve el log", "ana"))
    book.sees(AckAsked(1, "ana", "en ello"))
    text = listing(book.view, ES)
    open_, last, silenced, decided = blocks(text)
    assert open_ == [
        "Abiertos:",
        "  1  POCO DISCO  desde 2027-01-15 08:16:40 UTC, hace 1 min 2 s",
        "    Queda poco espacio en disco donde escribe el Cloud Server o su sidecar: 476,8 MiB.",
        "    A cargo de ana desde 08:17:42 UTC («en ello»): no se envían recordatorios.",
        "    avisados: mail",
        "    phone: retenido: silenciado o en pausa",
    ]
    assert last[0] == "Terminados, el último de cada tipo:"
    assert silenced[1:] == ["  disk-low hasta 10:17:42 UTC, por deseo de ana («se mueve el log»)"]
    assert decided[0] == "A quién se avisa y por qué (lo más reciente primero):"
    assert english(text) == set()


def test_what_was_told_to_nobody_says_so() -> None:
    book = Playbook(Policy(channels=("mail",)))
    server = book.boots(A)
    book.sees(SilenceAsked(SERVER, book.wall + 60))
    book.dies(server)
    assert blocks(listing(book.view, EN))[0][3:] == [
        "    told: nobody",
        "    mail: held back: silenced or paused",
    ]
    book.sees(UnsilenceAsked(SERVER))
    assert blocks(listing(book.view, EN))[0][3:] == ["    told: mail"]
    assert blocks(listing(book.view, EN))[2][1:] == ["  none"]


@pytest.mark.parametrize("reason", Reason)
def test_every_decision_is_one_line_in_both(book: Playbook, reason: Reason) -> None:
    ruling = msgspec.structs.replace(book.view.rulings[0], reason=reason)
    en, es = decision(ruling, EN), decision(ruling, ES)
    assert len(en.splitlines()) == len(es.splitlines()) == 1
    assert english(es) == set()


def checks(view: View) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(health(view, LABEL, EN).body)["checks"]
    return found


def test_health_has_the_same_and_is_no_worse_for_it(book: Playbook) -> None:
    before = health(book.view, LABEL, EN)
    (held,) = checks(book.view)["alerts:held"]
    assert (held["componentId"], held["observedValue"]) == ("phone", "disk-low")
    assert held["output"] == "phone: held back: only if nobody acknowledges it"
    assert checks(book.view)["alerts:silenced"] == []
    book.sees(SilenceAsked("disk-low", book.wall + 7200, "moving", "ana"))
    (silenced,) = checks(book.view)["alerts:silenced"]
    assert (silenced["observedValue"], silenced["until"]) == ("disk-low", "2027-01-15T10:17:42.000Z")
    decisions = checks(book.view)["alerts:decisions"]
    last = ["recovery", "was-not-told", "recovery", "silenced"]
    assert [one["observedValue"] for one in decisions[-4:]] == last
    assert health(book.view, LABEL, EN).status == before.status


def test_health_shows_the_last_twenty_decisions(book: Playbook) -> None:
    rulings = tuple(msgspec.structs.replace(book.view.rulings[0], message=str(n)) for n in range(50))
    shown = checks(msgspec.structs.replace(book.view, rulings=rulings))["alerts:decisions"]
    assert [one["componentId"] for one in shown] == [str(n) for n in range(30, 50)]


def test_a_silence_in_the_view_is_a_pause_of_one_topic(book: Playbook) -> None:
    book.sees(SilenceAsked("disk-low", book.wall + 60, by="root"))
    assert book.view.silences == {"disk-low": Pause(book.wall + 60, "", "root", book.wall)}
    book.sees(Sent("1", "mail"), after=60)
    assert book.view.silences == {}
