"""``/health`` as the draft wants it, for states of the real core and for any view at all."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.measures import Measure, Unknown
from sidecar.core.facts import Wanted
from sidecar.core.maintenance import Maintenance
from sidecar.core.memory import Memory
from sidecar.core.moments import Absence, Meanwhile
from sidecar.core.nouns import Finding, Identity, Load, Pause, Severity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    BeatFailed,
    BeatHeard,
    PauseAsked,
    Restored,
    Sampled,
    Saved,
    SaveFailed,
    SendFailed,
    SessionLost,
    Ticked,
    Unanswered,
)
from sidecar.core.phases import Stand
from sidecar.core.quantities import Window
from sidecar.core.rules import CONDITIONS
from sidecar.core.stories import SERVER, Cause, Incident, Proof
from sidecar.core.view import BudgetView, ChannelView, DeadmanView, OutboxView, SignView, Status, View
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.words import words
from support.playbook import Playbook

LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
READINGS: dict[Measure, float | Unknown] = {
    **dict.fromkeys(Measure, 7.0),
    Measure.DISK_FREE: 5.0 * 2**30,
    Measure.DISK_FULL_IN: 90 * 86400.0,
    Measure.ACCEPT_QUEUE: 0.0,
    Measure.ACCEPT_LIMIT: 50.0,
    Measure.MEMORY_AVAILABLE_SHARE: 60.0,
    Measure.INODES_FREE: 60.0,
    Measure.FDS_LIMIT: 1000.0,
    Measure.UNIT_TASKS_LIMIT: 1000.0,
    Measure.SLICE_TASKS_LIMIT: 1000.0,
    Measure.USER_TASKS_LIMIT: Unknown("it does not bind root"),
    Measure.MACHINE_TASKS_LIMIT: 1000.0,
    Measure.LOAD: 0.5,
}


def shown(view: View) -> tuple[int, dict[str, Any]]:
    answer = health(view, LABEL, words())
    body: dict[str, Any] = json.loads(answer.body)
    said = {detail.get("status", "pass") for details in body["checks"].values() for detail in details}
    worst = next(status for status in ("fail", "warn", "pass") if status in said)
    assert body["status"] == worst  # the whole is as bad as its worst part
    return answer.status, body


def running() -> tuple[Playbook, Identity]:
    book = Playbook()
    identity = book.boots()
    book.sees(Sampled(identity, "S", READINGS | {Measure.FDS: Unknown("needs Linux 6.2")}), after=5)
    for sign in Sign:
        book.sees(Answered(identity, sign, 0.00125))
    return book, identity


def test_a_running_server_passes() -> None:
    book, _ = running()
    status, body = shown(book.view)
    checks = body["checks"]
    assert (status, body["status"]) == (200, "pass")
    assert body["notes"] == ["The Cloud Server is up and answers."]
    assert (body["version"], body["serviceId"]) == ("0.1.0", "127.0.0.1:9090")
    assert "output" not in body
    (state,) = checks["process:state"]
    assert (state["componentId"], state["observedValue"], state["status"]) == ("100", "proven", "pass")
    assert state["since"] == "2027-01-15T08:16:38.000Z"  # 7 s of running time, seen at :45
    assert checks["cpu:utilization"] == [
        {
            "componentType": "system",
            "componentId": "100",
            "label": "CPU",
            "observedValue": 7.0,
            "observedUnit": "percent",
            "status": "pass",
            "time": "2027-01-15T08:16:45.000Z",
        }
    ]
    (pong,) = checks["protocol:pong"]
    assert (pong["observedValue"], pong["observedUnit"], pong["status"]) == (1.25, "ms", "pass")


def test_where_more_is_to_be_had() -> None:
    book, identity = running()
    assert shown(book.view)[1]["links"] == {
        "self": "health",
        "alternate": "./",
        "archives": "api/v1/samples",
        "monitor": "api/v1/events",
    }
    book.sees(Sampled(identity, "S", READINGS | {Measure.DISK_FREE: 900.0 * 2**20}))
    checks = shown(book.view)[1]["checks"]
    past = {"archives": "api/v1/samples?measures=disk:free"}
    assert checks["disk:free"][0]["links"] == checks["findings:open"][0]["links"] == past
    assert "links" not in checks["cpu:utilization"][0]


def test_its_etag_is_of_its_bytes() -> None:
    book, _ = running()
    one, same = health(book.view, LABEL, words()), health(book.view, LABEL, words())
    book.waits(1)
    other = health(book.view, LABEL, words())
    assert one.etag == same.etag != other.etag
    assert re.fullmatch('"[0-9a-f]{24}"', one.etag)


def test_what_is_unknown_has_no_value_and_says_why() -> None:
    book, _ = running()
    (fds,) = shown(book.view)[1]["checks"]["fds:open"]
    assert "observedValue" not in fds
    assert "status" not in fds
    assert fds["output"] == "unknown: needs Linux 6.2"


def test_one_sign_missing_warns() -> None:
    book, identity = running()
    book.sees(Unanswered(identity, Sign.HTTP, "no answer in 1.5 s"))
    status, body = shown(book.view)
    assert (status, body["status"]) == (200, "warn")
    assert "GET /fermat/api/user" in body["output"]
    (http,) = body["checks"]["protocol:http"]
    assert http["status"] == "warn"
    assert http["output"] == "no answer since 08:16:45 UTC (no answer in 1.5 s)"
    assert "observedValue" not in http


def test_a_lost_session_fails_while_the_rest_is_well() -> None:
    book, identity = running()
    book.sees(SessionLost(identity, "closed with 1006"))
    status, body = shown(book.view)
    assert (status, body["status"]) == (503, "fail")
    assert body["notes"][0] == "The Cloud Server is not well."
    assert "closed with 1006" in body["output"]
    assert "is not ready now" in body["checks"]["process:state"][0]["output"]


def test_findings_are_listed_by_their_names_and_readings_say_when_they_were_read() -> None:
    book, identity = running()
    assert shown(book.view)[1]["checks"]["findings:open"] == []
    book.sees(Sampled(identity, "S", {Measure.TIMERS: 1500.0}), after=60)
    checks = shown(book.view)[1]["checks"]
    (finding,) = checks["findings:open"]
    assert (finding["observedValue"], finding["status"]) == ("threads-many", "warn")
    assert finding["output"] == "The Cloud Server (pid 100) has leaked 1,500 timer threads."
    assert checks["cpu:utilization"][0]["time"] == "2027-01-15T08:16:45.000Z", "it was not read again"
    assert checks["threads:timers"][0]["time"] == "2027-01-15T08:17:45.000Z"


def test_a_low_disk_warns_at_its_own_check() -> None:
    book, identity = running()
    book.sees(Sampled(identity, "S", READINGS | {Measure.DISK_FREE: 900.0 * 2**20}))
    status, body = shown(book.view)
    assert (status, body["status"]) == (200, "warn")
    assert body["checks"]["disk:free"][0]["status"] == "warn"
    assert body["checks"]["process:state"][0]["status"] == "pass"
    assert body["checks"]["incidents:open"][0]["observedValue"] == "disk-low"


def test_a_hang_is_told_once() -> None:
    book, identity = running()
    book.falls_silent(identity)
    book.waits(11)
    _, body = shown(book.view)
    both, why = "WebSocket pings nor GET /fermat/api/user", "no answer in 1.5 s"
    assert body["notes"] == [
        "The Cloud Server is being ended.",
        f"The Cloud Server (pid 100) hangs: it has answered neither {both} since 08:16:45 UTC ({why}).",
        "SIGTERM was sent; SIGKILL follows at 08:17:05 UTC, and then a start.",
    ]
    assert body["checks"]["protocol:pong"][0]["status"] == "fail"


def test_a_dead_server_fails_and_says_how_it_died() -> None:
    book, identity = running()
    book.dies(identity)
    status, body = shown(book.view)
    assert (status, body["status"]) == (503, "fail")
    assert "The Cloud Server ended: killed by SIGKILL (signal 9)." in body["output"]
    (incident,) = body["checks"]["incidents:open"]
    assert [line["text"] for line in incident["story"]] == [
        "The Cloud Server (pid 100) ended: killed by SIGKILL (signal 9).",
        "restart ordered",
    ]
    (restart,) = body["checks"]["restarts:last"]
    assert restart["observedValue"] == "killed by SIGKILL (signal 9)"
    assert body["checks"]["restarts:budget"][0]["observedValue"] == 1
    assert "observedValue" not in body["checks"]["memory:resident"][0]


def test_after_the_recovery_the_last_restart_and_its_reason_stay() -> None:
    book, identity = running()
    book.dies(identity)
    book.sees(Appeared(Identity(101, 2), adopted=False), after=1)
    book.proves(Identity(101, 2))
    status, body = shown(book.view)
    assert status == 200
    assert body["checks"]["incidents:open"] == []
    assert body["checks"]["incidents:last"][0]["until"] == "2027-01-15T08:16:46.000Z"
    assert body["checks"]["restarts:last"][0]["observedValue"] == "killed by SIGKILL (signal 9)"


def test_a_channel_that_takes_nothing_warns() -> None:
    book, identity = running()
    book.dies(identity)
    book.sees(Appeared(Identity(101, 2), adopted=False), after=1)
    book.proves(Identity(101, 2))
    book.waits(2)
    book.sees(SendFailed(_owed(book), "mail", "Connection refused"))
    (outbox,) = shown(book.view)[1]["checks"]["outbox:waiting"]
    assert outbox["status"] == "warn"
    assert outbox["output"] == "Channel mail has not taken a message after 1 attempts: Connection refused."
    assert outbox["output"] in shown(book.view)[1]["notes"]


def test_a_pause_is_shown_and_warns() -> None:
    book, _ = running()
    book.sees(PauseAsked(book.wall + 1800, "upgrade", "maria"))
    status, body = shown(book.view)
    (check,) = body["checks"]["sidecar:pause"]
    assert (status, body["status"], check["observedValue"]) == (200, "warn", "paused")
    said = "keeps its hands off until 08:46:45 UTC, as maria wishes (upgrade)"
    assert said in check["output"]
    assert check["output"] in body["notes"]


def test_a_pause_of_the_calendar_says_so() -> None:
    book, _ = running()
    begin = book.wall // 3600 % 24 * 3600
    upgrade = Maintenance(begin, (begin + 3600) % 86400, why="upgrade")
    book.policy = msgspec.structs.replace(book.policy, maintenance=(upgrade,))
    book.sees(Ticked())
    (check,) = shown(book.view)[1]["checks"]["sidecar:pause"]
    assert "keeps its hands off until 09:00:00 UTC, for planned maintenance (upgrade)" in check["output"]


def test_a_memory_that_cannot_be_saved_warns_until_it_can() -> None:
    book, _ = running()
    revision = book.state.keeper.revision
    book.sees(SaveFailed(revision, "memory.json: No space left on device"))
    status, body = shown(book.view)
    (check,) = body["checks"]["memory:unsaved"]
    assert (status, body["status"], check["status"], check["observedValue"]) == (200, "warn", "warn", 1)
    assert "No space left on device" in check["output"]
    assert check["output"] in body["notes"]
    book.sees(Saved(revision))
    assert shown(book.view)[1]["status"] == "pass"


def test_a_time_without_a_sidecar_is_shown_and_noted_for_an_hour() -> None:
    book, _ = running()
    (check,) = shown(book.view)[1]["checks"]["sidecar:away"]
    assert check["output"] == "unknown: nothing tells when a sidecar was here before"
    assert "observedValue" not in check
    book = Playbook()
    book.sees(Restored(Memory(1, identity=Identity(100, 1)), 1, book.wall - 600))
    book.sees(Appeared(Identity(100, 1), adopted=True))
    book.proves(Identity(100, 1))
    said = (
        "No sidecar watched for 10 min, from 2027-01-15 08:06:40 UTC to 2027-01-15 08:16:40 UTC. "
        "The Cloud Server ran on; how well, nobody knows."
    )
    _, body = shown(book.view)
    (check,) = body["checks"]["sidecar:away"]
    assert (body["status"], check["status"], check["observedValue"]) == ("pass", "pass", 600.0)
    assert check["story"] == [{"time": "2027-01-15T08:16:40.000Z", "text": said}]
    assert said in body["notes"]
    book.at, book.wall = book.at + 3599, book.wall + 3599
    assert said in shown(book.view)[1]["notes"]
    book.at, book.wall = book.at + 1, book.wall + 1
    assert said not in shown(book.view)[1]["notes"]


def test_a_mere_restart_of_the_sidecar_is_no_note() -> None:
    book = Playbook()
    book.sees(Restored(Memory(1), 1, book.wall - 2))
    book.sees(Absent())
    _, body = shown(book.view)
    (check,) = body["checks"]["sidecar:away"]
    assert check["observedValue"] == 2.0
    assert "story" not in check
    assert not any("No sidecar" in note for note in body["notes"])


def test_a_dead_man_s_switch_is_unknown_until_it_answers_and_warns_when_it_does_not() -> None:
    book, _ = running()
    assert shown(book.view)[1]["checks"]["deadman:last"] == [
        {"componentType": "component", "output": "unknown: there is no dead-man switch ([deadman])"}
    ]
    book.policy = msgspec.structs.replace(book.policy, deadman=60.0)
    _, body = shown(book.view)
    (check,) = body["checks"]["deadman:last"]
    assert check["output"] == "unknown: the dead-man switch has not answered yet"
    assert check["output"] not in body["notes"], "that is no trouble"
    book.sees(BeatHeard())
    (check,) = shown(book.view)[1]["checks"]["deadman:last"]
    assert (check["status"], check["observedValue"], check["time"]) == (
        "pass",
        "heard",
        "2027-01-15T08:16:45.000Z",
    )
    book.sees(BeatFailed("it answered 500"), after=60)
    status, body = shown(book.view)
    (check,) = body["checks"]["deadman:last"]
    assert (status, body["status"], check["status"], check["time"][:19]) == (
        200,
        "warn",
        "warn",
        "2027-01-15T08:16:45",
    )
    assert "it answered 500" in check["output"]
    assert check["output"] in body["notes"]


def _owed(book: Playbook) -> str:
    return book.state.outbox.entries[0].owed.message.id


walls = st.floats(1e9, 4e9)
pauses = st.builds(Pause, st.floats(0, 4e9), st.text(max_size=9), st.text(max_size=9))
views = st.builds(
    View,
    wall=walls,
    status=st.sampled_from(Status),
    stand=st.sampled_from(Stand),
    stand_until=st.none() | walls | st.just(float("inf")),
    wanted=st.sampled_from(Wanted),
    identity=st.none() | st.builds(Identity, st.integers(1, 2**22), st.integers(0)),
    adopted=st.booleans(),
    appeared=st.none() | walls,
    ready=st.booleans(),
    proof=st.none() | st.builds(Proof, st.just(Identity(1, 1)), st.floats(0, 60)),
    read=st.dictionaries(st.sampled_from(Measure), walls),
    readings=st.dictionaries(
        st.sampled_from(Measure), st.floats(0, 1e9) | st.builds(Unknown, st.text(max_size=60))
    ),
    signs=st.dictionaries(
        st.sampled_from(Sign),
        st.builds(
            SignView, st.none() | walls, st.none() | st.floats(0, 60), st.none() | walls, st.text(max_size=60)
        ),
    ),
    findings=st.lists(
        st.builds(
            Finding,
            trouble=st.sampled_from(Trouble),
            severity=st.sampled_from(Severity),
            since=walls,
            signs=st.lists(st.sampled_from(Sign), unique=True).map(tuple),
            why=st.text(max_size=60),
            ended=st.none(),
            reading=st.none() | st.floats(0, 1e15),
        ),
        max_size=4,
        unique_by=lambda finding: finding.trouble,
    ).map(tuple),
    open=st.dictionaries(
        st.sampled_from([SERVER, *CONDITIONS]),
        st.just(Incident(1, SERVER, 1.0, (Cause(Trouble.EXITED, 1.0, 42),))),
    ),
    last=st.dictionaries(
        st.sampled_from([SERVER, *CONDITIONS]),
        st.just(Incident(1, Trouble.DISK_LOW, 1.0, (Cause(Trouble.DISK_LOW, 1.0),), closed=9.0)),
    ),
    budget=st.just((BudgetView(Window(6, 600.0), 2),)),
    pause=st.none() | pauses,
    load=st.none() | st.builds(Load, st.floats(0, 4e9), st.integers(0, 10**6), st.text(max_size=9)),
    silences=st.dictionaries(st.sampled_from([SERVER, *CONDITIONS]), pauses),
    accounts=st.just(()),
    rulings=st.just(()),
    channels=st.dictionaries(
        st.text(min_size=1, max_size=9),
        st.builds(ChannelView, st.integers(0, 9), st.integers(0, 9), st.text(max_size=60)),
    ),
    absence=st.none() | st.builds(Absence, walls, walls, st.none() | st.sampled_from(Meanwhile)),
    deadman=st.none() | st.builds(DeadmanView, st.none() | walls, st.integers(0, 9), st.text(max_size=9)),
    outbox=st.none()
    | st.builds(OutboxView, st.integers(0, 99), st.integers(0, 9), st.text(max_size=9), st.text(max_size=60)),
)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@given(views)
def test_any_view_is_a_valid_answer(view: View) -> None:
    answer = health(view, LABEL, words())
    assert answer.status == (503 if view.status is Status.FAIL else 200)
    body = msgspec.json.decode(answer.body)
    assert body["status"] in {"pass", "warn", "fail"}
    assert ("output" in body) == (view.status is not Status.PASS)
    assert {*(str(m) for m in Measure), *(f"protocol:{s}" for s in Sign)} <= body["checks"].keys()
    for key, details in body["checks"].items():
        assert key.count(":") == 1
        for detail in details:
            assert detail.get("status") in {None, "pass", "warn", "fail"}
            assert not (detail.get("status") == "pass" and "output" in detail)
            assert "observedValue" in detail or detail["output"]
            for name in ("time", "since", "until"):
                assert name not in detail or _ISO.fullmatch(detail[name])
                assert name not in detail or datetime.fromisoformat(detail[name])
