"""What is said of an announced load."""

from __future__ import annotations

import json

from sidecar.core.nouns import Identity
from sidecar.core.observations import LoadAnnounced
from sidecar.faces.health import health
from sidecar.faces.message import render
from sidecar.faces.words import words
from support.playbook import Playbook
from support.site import LABEL
from support.spanish import english

A = Identity(100, 1)


def loaded() -> Playbook:
    book = Playbook()
    book.boots(A)
    book.sees(LoadAnnounced(book.wall + 60, 5000, "loadgen on b"))
    return book


def test_it_is_a_note_of_health_and_no_warning() -> None:
    body = json.loads(health(loaded().view, LABEL, words()).body)
    assert body["status"] == "pass"
    assert body["notes"][1:] == ["A load of 5,000 clients was announced, until 08:17:40 UTC (loadgen on b)."]


def test_a_message_of_what_began_in_it_says_so() -> None:
    book = loaded()
    book.dies(A)
    (message,) = (entry.owed.message for entry in book.state.outbox.entries)
    told, contado = (render(message, LABEL, words(one)) for one in ("en", "es"))
    sentence = "It began under an announced load: 5,000 clients, until 08:17:40 UTC (loadgen on b)."
    assert sentence in told.body
    assert sentence in told.short
    assert "«loadgen on b»" in contado.body
    assert english(contado.body) == set()
