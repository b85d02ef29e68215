"""``/api/v1/state``: data for programs, the same facts as ``/health``."""

from __future__ import annotations

import json
import math
from typing import Any

from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import (
    Answered,
    PauseAsked,
    Restored,
    Sampled,
    SendFailed,
    SilenceAsked,
    Unanswered,
)
from sidecar.core.policy import Policy
from sidecar.faces.label import Label
from sidecar.faces.state import state
from support.playbook import Playbook

LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
A = Identity(100, 1)


def shown(book: Playbook) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(state(book.view, LABEL))
    return body


def test_a_running_server() -> None:
    book = Playbook()
    book.boots()
    readings = {Measure.CPU: 7.0, Measure.FDS: Unknown("needs Linux 6.2"), Measure.DISK_FULL_IN: math.inf}
    book.sees(Sampled(A, "S", readings), after=5)
    book.sees(Answered(A, Sign.PONG, 0.00125))
    body = shown(book)
    assert (body["status"], body["stand"], body["known"], body["ready"]) == ("pass", "proven", True, True)
    assert (body["pid"], body["version"], body["server"]) == (100, "0.1.0", "127.0.0.1:9090")
    assert body["since"] == "2027-01-15T08:16:40.000Z"
    time = "2027-01-15T08:16:45.000Z"
    assert body["readings"]["cpu:utilization"] == {"unit": "percent", "value": 7.0, "time": time}
    assert body["readings"]["fds:open"]["unknown"] == "needs Linux 6.2"
    assert "value" not in body["readings"]["fds:open"]
    assert body["readings"]["disk:full-in"]["value"] == "never"
    assert set(body["readings"]) == set(Measure)
    assert body["signs"]["pong"] == {"answered": time, "milliseconds": 1.25}
    assert body["signs"]["list"] == {"why": "not asked yet"}
    assert body["budget"][0] == {"spent": 0, "restarts": 6, "within": 600.0}
    assert body["channels"] == {"mail": {"waiting": 0, "failed_attempts": 0, "why": ""}}
    assert (body["findings"], body["pause"], body["silences"], body["incidents"]) == ([], None, {}, {})


def test_nothing_is_known_yet() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=7))
    body = shown(book)
    assert (body["known"], body["pid"], body["since"], body["ready"]) == (False, None, None, False)
    assert body["readings"]["cpu:utilization"]["unknown"] == "not read yet"


def test_a_sign_that_is_missing_is_a_finding() -> None:
    book = Playbook()
    book.boots()
    book.sees(Unanswered(A, Sign.HTTP, "no answer in 1.5 s"), after=2)
    body = shown(book)
    assert body["signs"]["http"]["missing"] == "2027-01-15T08:16:42.000Z"
    (finding,) = body["findings"]
    assert (finding["trouble"], finding["severity"]) == ("silent", "warn")


def test_each_channel_for_itself() -> None:
    book = Playbook(Policy(channels=("mail", "phone")))
    book.boots()
    book.dies(A)
    book.waits(2)
    book.sees(SendFailed(book.state.outbox.entries[0].owed.message.id, "mail", "refused"))
    body = shown(book)
    assert body["channels"]["mail"] == {"waiting": 1, "failed_attempts": 1, "why": "refused"}
    assert body["channels"]["phone"] == {"waiting": 1, "failed_attempts": 0, "why": ""}
    assert body["incidents"] == {"1": "server"}


def test_a_pause_and_a_silence() -> None:
    book = Playbook()
    book.boots()
    book.sees(PauseAsked(book.wall + 60, "upgrade", "root"))
    book.sees(SilenceAsked("disk-low", book.wall + 60))
    body = shown(book)
    since, until = "2027-01-15T08:16:40.000Z", "2027-01-15T08:17:40.000Z"
    assert body["pause"] == {"until": until, "since": since, "why": "upgrade", "by": "root"}
    assert body["silences"]["disk-low"]["until"] == until
