"""What people read: driven through the real core, and through any message at all."""

from __future__ import annotations

import signal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fermatkit.measures import Measure, Unknown
from sidecar.core.actions import Send
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Severity, Sign, Trouble
from sidecar.core.observations import Absent, Appeared, Counted, Restored, Sampled, Sent, StartFailed
from sidecar.core.policy import Abilities, Policy
from sidecar.core.quantities import Window
from sidecar.core.rules import CONDITIONS
from sidecar.core.stories import (
    SERVER,
    Ack,
    Cause,
    Chapter,
    Deed,
    Done,
    Incident,
    Message,
    Proof,
    Reason,
)
from sidecar.faces import sentences
from sidecar.faces.label import Label
from sidecar.faces.message import SHORT, SUBJECT, Rendered, render
from sidecar.faces.words import words
from support.playbook import Playbook

WORDS = words()
LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
SECOND = Identity(101, 2)
WALL = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""


def told(book: Playbook) -> list[Rendered]:
    """What was sent so far, each message taken by its channel at once."""
    rendered, done = [], 0
    while done < len(book.past):
        for action in book.past[done][1]:
            if isinstance(action, Send):
                rendered.append(render(action.message, LABEL, WORDS))
                book.sees(Sent(action.message.id, action.channel))
        done += 1
    return rendered


def test_a_death_while_there_was_no_sidecar_is_told_with_that() -> None:
    book = Playbook()
    book.sees(Restored(Memory(1, identity=Identity(100, 1)), 1, book.wall - 600))
    book.sees(Appeared(SECOND, adopted=True))
    book.proves(SECOND)
    book.waits(2)
    opened, closed = told(book)
    for message in (opened, closed):
        assert "No sidecar watched for 10 min, from " in message.body
        assert "The Cloud Server ended in that time, nobody knows when and how, and another" in message.body


def of_others() -> Playbook:
    """Over a server that somebody else runs."""
    book = Playbook(Policy(channels=("mail",), abilities=Abilities(can_start=False)))
    book.sees(Restored(None, seed=7))
    return book


def sample(identity: Identity, **readings: float | Unknown) -> Sampled:
    return Sampled(identity, "S", {Measure[name.upper()]: value for name, value in readings.items()})


def test_an_old_story_says_since_when_nothing_is_known() -> None:
    book = Playbook()
    began = book.wall - 7200
    cause, held = Cause(Trouble.EXITED, began, 100), Done(Deed.HELD, began, until=book.wall + 3600)
    old = Incident(4, SERVER, began, (cause,), (held,), told=(Chapter.OPENED,))
    body = render(Message("4-1-again", Chapter.AGAIN, resumed(book, old)), LABEL, WORDS).body
    assert (
        f"what happened and was told after {sentences.moment(began, book.wall, WORDS)} it does not know"
        in body
    )
    assert WORDS.phrases.open_held in body  # the last that was done about the server
    assert WORDS.phrases.by_hand.format(output=LABEL.output) in body
    book.sees(Absent())
    book.waits(2)
    (down,) = told(book)
    assert down.subject == "DOWN AGAIN OR STILL: Cloud Server on fermat-1"
    assert "the sidecar was started anew" in down.body


def resumed(book: Playbook, old: Incident) -> Incident:
    book.sees(Restored(Memory(seed=1, next_number=5, incidents={SERVER: old}), seed=2))
    return book.state.incidents.open[SERVER]


def test_a_kill_and_its_recovery() -> None:
    book = Playbook()
    first = book.boots()
    book.sees(sample(first, established=4012.0), after=1)
    book.dies(first)
    book.waits(2)
    book.sees(Appeared(SECOND, adopted=False))
    book.proves(SECOND)
    book.waits(2)
    down, back = told(book)
    assert down.subject == "DOWN: Cloud Server on fermat-1: killed by SIGKILL (signal 9)"
    assert "(pid 100) ended: killed by SIGKILL" in down.body
    assert "Connections open just before: 4012" in down.body
    assert ": restart ordered" in down.body
    assert "not proven yet" in down.body
    assert "Message 1-" in down.body
    assert back.subject == "RECOVERED: Cloud Server on fermat-1, after 2.0 s"
    assert "started as pid 101" in back.body
    assert "answered the sidecar's registration in 10.0 ms" in back.body
    assert "It lasted 2.0 s: from 2027-01-15 08:16:41 UTC to 2027-01-15 08:16:43 UTC." in back.body


def test_a_hang_says_which_signs_are_missing_and_since_when() -> None:
    book = Playbook()
    first = book.boots()
    book.falls_silent(first)
    book.waits(11)
    (down,) = told(book)
    assert down.subject == "DOWN: Cloud Server on fermat-1: hangs"
    missing = "neither WebSocket pings nor GET /fermat/api/user since 08:16:40 UTC (no answer in 1.5 s)"
    assert missing in down.body
    assert "08:16:50 UTC: SIGTERM ordered for pid 100" in down.body
    assert "Connections open just before: unknown (no sample had been taken)" in down.body


def test_a_planned_restart_is_not_said_to_wait_for_its_time() -> None:
    book = Playbook(Policy(channels=("mail",), quiet_from=0.0, quiet_to=86399.0))
    server = book.boots()
    book.sees(Counted(server, {Measure.TIMERS: 2000.0}))
    book.waits(3)
    (down,) = told(book)
    assert down.subject.startswith("DOWN: ")
    assert "the restart was ordered; that the server works again" in down.body
    assert "Nothing, if a RECOVERED message follows" in down.body


@pytest.mark.parametrize(
    ("tasks", "whose"),
    [
        (Measure.UNIT_TASKS, "the server's unit (TasksMax, pids.max)"),
        (Measure.SLICE_TASKS, "a slice or container around the server (TasksMax, pids.max)"),
        (Measure.USER_TASKS, "the server's user (LimitNPROC, ulimit -u)"),
        (Measure.MACHINE_TASKS, "the machine (kernel.threads-max, kernel.pid_max)"),
    ],
)
def test_of_several_limits_the_one_that_it_is_near_is_named(tasks: Measure, whose: str) -> None:
    book = Playbook()
    first = book.boots()
    names = [Measure.UNIT_TASKS, Measure.SLICE_TASKS, Measure.USER_TASKS, Measure.MACHINE_TASKS]
    limits = dict.fromkeys([Measure(f"{name}-limit") for name in names], 100.0)
    book.sees(Counted(first, {**dict.fromkeys(names, 50.0), **limits, tasks: 86.0}))
    book.waits(12)
    (near,) = told(book)
    assert near.subject == "TASKS NEAR A LIMIT: Cloud Server on fermat-1: 86%"
    assert f"86% of the tasks (threads and processes) are there that {whose} may have" in near.body


def test_a_spent_budget_is_the_loudest() -> None:
    book = Playbook(Policy(channels=("mail",), budget=(Window(1, 600.0),)))
    book.dies(book.boots())
    book.sees(Appeared(SECOND, adopted=False), after=1)
    book.dies(SECOND, Ended(code=0))
    book.waits(30)
    _, held = told(book)
    assert held.subject == "STAYS DOWN: Cloud Server on fermat-1: restart budget spent"
    assert "is down and stays down. It is not started again before 08:26:40 UTC: the restart" in held.body
    assert "starts it as soon as the budget allows" in held.body
    assert "/state/server-output.log" in held.body
    assert "exit code 0 (for a server, a crash" in held.body


def test_a_budget_of_nothing_has_no_end() -> None:
    book = Playbook(Policy(channels=("mail",), budget=(Window(0, 600.0),)))
    book.dies(book.boots())
    book.waits(2)
    down, held = told(book)
    assert "the restart was ordered" not in down.body
    assert "not started again before further notice" in held.body


def test_a_command_that_cannot_be_started() -> None:
    book = Playbook()
    book.dies(book.boots())
    book.sees(StartFailed("/opt/java: No such file or directory"))
    book.waits(2)
    assert "correct" not in told(book)[0].body.lower()  # known only later: the message is of its moment


def test_a_low_disk_and_its_end() -> None:
    book = Playbook()
    first = book.boots()
    book.sees(sample(first, disk_free=812.0 * 2**20), after=1)
    book.sees(sample(first, disk_free=5.0 * 2**30), after=90)
    book.waits(2)
    low, well = told(book)
    assert low.subject == "DISK LOW: Cloud Server on fermat-1: 812.0 MiB"
    assert "fermat_server.log" in low.body
    assert "Connections" not in low.body
    assert well.subject == "OVER: DISK LOW: Cloud Server on fermat-1, after 1 min 30 s"
    assert "on the good side of its limit" in well.body


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        (Ended(signal=9), "killed by SIGKILL (signal 9)"),
        (Ended(signal=40), "killed by signal 40 (signal 40)"),
        (Ended(signal=6, dumped=True), "killed by SIGABRT (signal 6), core dumped"),
        (Ended(code=143), "exit code 143 (128 + 15: SIGTERM)"),
        (Ended(code=0), "exit code 0 (for a server, a crash all the same)"),
        (Ended(code=1), "exit code 1"),
        (Ended(code=255), "exit code 255"),
        (Ended(), "its exit code is unknown (it was not this sidecar's own child)"),
    ],
)
def test_how_a_process_ended(ended: Ended, text: str) -> None:
    assert sentences.ending(ended, WORDS) == text


def test_another_day_is_named() -> None:
    assert sentences.moment(1_800_000_000.0, 1_800_000_001.0, WORDS) == "08:00:00 UTC"
    assert sentences.moment(1_800_000_000.0, 1_800_100_000.0, WORDS) == "2027-01-15 08:00:00 UTC"


walls = st.floats(1e9, 4e9)
pids = st.none() | st.integers(1, 2**22)
readings = st.none() | st.floats(0, 1e12) | st.builds(Unknown, st.text(max_size=40))
endings = st.builds(Ended, st.none() | st.integers(0, 255)) | st.builds(
    Ended, signal=st.sampled_from(sorted(signal.valid_signals()))
)
causes = st.builds(
    Cause,
    trouble=st.sampled_from(Trouble),
    wall=walls,
    pid=pids,
    signs=st.lists(st.sampled_from(Sign), unique=True).map(tuple),
    why=st.text(max_size=300),
    ended=st.none() | endings,
    reading=readings,
)
deeds = st.builds(
    Done, deed=st.sampled_from(Deed), wall=walls, pid=pids, until=st.none() | walls | st.just(float("inf"))
)
incidents = st.builds(
    Incident,
    number=st.integers(1),
    topic=st.sampled_from([SERVER, *CONDITIONS]),
    opened=walls,
    causes=st.lists(causes, min_size=1, max_size=4).map(tuple),
    done=st.lists(deeds, max_size=4).map(tuple),
    clients=readings,
    closed=st.none() | walls,
    proof=st.none() | st.builds(Proof, st.just(SECOND), st.floats(0, 60)),
    ack=st.none() | st.builds(Ack, walls, st.text(max_size=40), st.text(max_size=4000)),
    related=st.lists(causes, max_size=2).map(tuple),
)
messages = st.builds(
    Message,
    id=st.just("7-1-opened"),
    chapter=st.sampled_from([chapter for chapter in Chapter if chapter is not Chapter.DIGEST]),
    incident=incidents,
    reason=st.sampled_from(Reason),
    left=st.integers(0, 1000),
    made=st.none() | walls,
)
digests = st.lists(messages, min_size=1, max_size=30).map(
    lambda parts: Message(
        "7-1-digest", Chapter.DIGEST, parts[-1].incident, Reason.DIGEST, together=tuple(parts), made=4e9
    )
)


@pytest.mark.parametrize("language", ["en", "es"])
@settings(suppress_health_check=[HealthCheck.too_slow])  # large messages, on a machine that others use, too
@given(message=messages | digests, host=st.text(min_size=1, max_size=200))
def test_any_message_can_be_told(language: str, message: Message, host: str) -> None:
    label = Label(host, LABEL.server, LABEL.page, LABEL.output, LABEL.version)
    rendered = render(message, label, words(language))
    assert 0 < len(rendered.subject) <= SUBJECT
    assert len(rendered.subject.splitlines()) == 1
    assert message.id in rendered.body
    assert len(rendered.short) <= SHORT
    signature = words(language).phrases.signature.format(id=message.id, host=host, page=LABEL.page)
    assert rendered.short.endswith(f"\n{signature}\n")
    still = words(language).phrases.open.partition("{")[0]
    assert (still in rendered.body) or message.chapter in (Chapter.CLOSED, Chapter.DIGEST)


def low(**more: Any) -> Incident:
    cause = Cause(Trouble.DISK_LOW, WALL, reading=850.0 * 2**20, severity=Severity.WARN)
    return Incident(13, Trouble.DISK_LOW, WALL, (cause,), **more)


@pytest.mark.parametrize(
    ("language", "subject", "line"),
    [
        (
            "en",
            "STILL, for 2 h: DISK LOW: Cloud Server on fermat-1: 850.0 MiB",
            "To say that you have it in hand, and stop the reminders: fermat-sidecar ack 13",
        ),
        (
            "es",
            "CONTINÚA, desde hace 2 h: POCO DISCO: Cloud Server en fermat-1: 850,0 MiB",
            "Para hacerse cargo y no recibir más recordatorios: fermat-sidecar ack 13",
        ),
    ],
)
def test_a_reminder_says_for_how_long_and_how_to_end_it(language: str, subject: str, line: str) -> None:
    message = Message("13-r-1", Chapter.REMINDER, low(), Reason.REMINDER, made=WALL + 7200)
    said = render(message, LABEL, words(language))
    assert said.subject == subject
    assert line in said.body.splitlines()
    assert line in said.short.splitlines()
    assert "2027-01-15 10:00:00 UTC" in said.short  # its own time, not the outage's


def test_evidence_that_came_last_hides_nothing_that_was_done() -> None:
    cause = Cause(Trouble.EXITED, WALL, 100, ended=Ended())
    done = (Done(Deed.AWAITED, WALL), Done(Deed.COLLECTED, WALL + 1, why="/state/evidence/1"))
    incident = Incident(1, SERVER, WALL, (cause,), done)
    said = render(Message("1-r", Chapter.REMINDER, incident, made=WALL + 3600), LABEL, WORDS)
    for text in (said.body, said.short):
        assert "the server is down, and this sidecar cannot start it." in text
        assert "Start it, unless its own supervisor does." in text
    assert "done: evidence gathered in /state/evidence/1; not started, for this sidecar" in said.short


def test_who_has_it_in_hand_is_named_instead() -> None:
    incident = low(ack=Ack(WALL + 60, "ana", "on my way"))
    message = Message("13-h", Chapter.HELD, incident, Reason.CRITICAL, made=WALL + 7200)
    en, es = render(message, LABEL, WORDS).short, render(message, LABEL, words("es")).short
    assert "ana has had this in hand since 08:01:00 UTC (on my way): no reminders are sent.\n" in en
    assert "A cargo de ana desde 08:01:00 UTC («on my way»): no se envían recordatorios.\n" in es
    assert "fermat-sidecar ack" not in en + es
    over = msgspec.structs.replace(incident, closed=WALL + 7200)
    assert "ana" not in render(Message("13-c", Chapter.CLOSED, over), LABEL, WORDS).body


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.ESCALATED, "You are told because nobody has acknowledged this yet."),
        (Reason.FLAPS, "This has come and gone often lately: you are told again when it stays one way."),
    ],
)
def test_why_a_message_comes_is_said(reason: Reason, said: str) -> None:
    rendered = render(Message("13-o", Chapter.OPENED, low(), reason, left=4), LABEL, WORDS)
    for text in (rendered.body, rendered.short):
        assert said in text
        assert "Messages about the same that were held back before this one: 4." in text


def test_a_digest_has_a_line_for_each_matter_the_oldest_first() -> None:
    cause = Cause(Trouble.EXITED, WALL - 60, 100, ended=Ended(signal=9))
    parts = (
        Message("13-c", Chapter.CLOSED, low(closed=WALL + 600), left=3),
        Message("12-c", Chapter.CLOSED, Incident(12, SERVER, WALL - 60, (cause,), closed=WALL)),
    )
    digest = Message(
        "12-c-digest", Chapter.DIGEST, parts[1].incident, Reason.DIGEST, together=parts, made=WALL + 3600
    )
    en, es = render(digest, LABEL, WORDS), render(digest, LABEL, words("es"))
    assert en.subject == "MESSAGES HELD BACK: Cloud Server on fermat-1: 5"
    assert es.subject == "MENSAJES RETENIDOS: Cloud Server en fermat-1: 5"
    assert en.body.splitlines()[1:3] == [
        "- 08:00:00 UTC: RECOVERED: Cloud Server on fermat-1, after 1 min",
        "- 08:10:00 UTC: OVER: DISK LOW: Cloud Server on fermat-1, after 10 min (earlier ones left out: 3)",
    ]
    assert es.body.splitlines()[1:3] == [
        "- 08:00:00 UTC: RECUPERADO: Cloud Server en fermat-1, tras 1 min",
        "- 08:10:00 UTC: FIN: POCO DISCO: Cloud Server en fermat-1, tras 10 min (anteriores omitidos: 3)",
    ]


def test_a_phone_is_told_the_last_of_it_and_a_mail_all() -> None:
    causes = (
        Cause(Trouble.HUNG, WALL, 100, signs=(Sign.PONG, Sign.HTTP)),
        Cause(Trouble.EXITED, WALL + 3, 100, ended=Ended(signal=9)),
    )
    done = (
        Done(Deed.COLLECTED, WALL + 1, why="/state/evidence/1"),
        Done(Deed.TERMINATED, WALL + 2, 100),
        Done(Deed.RESTARTED, WALL + 3),
    )
    said = render(Message("1", Chapter.OPENED, Incident(1, SERVER, WALL, causes, done, 40.0)), LABEL, WORDS)
    assert said.short.splitlines()[:3] == [
        "The Cloud Server (pid 100) ended: killed by SIGKILL (signal 9).",
        "Connections open just before: 40, the sidecar's own probes among them.",
        "What was done: evidence gathered in /state/evidence/1; restart ordered",
    ]
    assert "SIGTERM ordered" in said.body
    assert "SIGTERM" not in said.short
    assert len(said.short) < len(said.body)


def test_what_somebody_else_runs_is_never_said_to_be_acted_on() -> None:
    """Neither in its death nor in its illness does a person wait for the sidecar."""
    dead, hung, stopped = of_others(), of_others(), of_others()
    for book in (dead, hung, stopped):
        book.sees(Appeared(SECOND, adopted=True))
        book.proves(SECOND)
    dead.dies(SECOND, Ended())
    hung.falls_silent(SECOND)
    hung.waits(11)
    stopped.sees(Sampled(SECOND, "T", {}))
    said = [render_last(book).body for book in (dead, hung, stopped)]
    assert "not started, for this sidecar cannot" in said[0]
    assert "What you can do: Start it, unless its own supervisor does." in said[0]
    assert "not ended, for this sidecar could not start it again" in said[1]
    assert "What you can do: Restart it" in said[1]
    assert "told to run again" in said[2]
    assert not [body for body in said if words().phrases.open_acting in body or LABEL.output in body]


def test_who_is_not_found_is_not_said_to_be_down() -> None:
    book = of_others()
    book.sees(Absent("/run/cloud.pid: is empty"))
    book.waits(11)
    message = render_last(book)
    assert message.subject == "NOT FOUND: Cloud Server on fermat-1: /run/cloud.pid: is empty"
    assert "down" not in message.body
    book.sees(Appeared(SECOND, adopted=True))
    book.proves(SECOND)
    assert render_last(book).subject.startswith("RECOVERED: ")


def test_clients_that_are_waited_for_no_longer_are_not_said_to_be_back() -> None:
    cause = Cause(Trouble.CLIENTS_MISSING, 0.0, reading=0.25)
    incident = Incident(1, Trouble.CLIENTS_MISSING, 0.0, (cause,), closed=3600.0)
    closed = render(Message("1", Chapter.CLOSED, incident), LABEL, WORDS)
    assert closed.subject.startswith("OVER: CLIENTS NOT BACK: Cloud Server on ")
    assert "only 25% as many connections are open as before" in closed.body
    assert "they are waited for no longer" in closed.body


def test_where_the_output_is_not_ours_no_file_is_named() -> None:
    cause = Cause(Trouble.HTTP_DEAD, 0.0, signs=(Sign.HTTP,))
    message = Message("1", Chapter.OPENED, Incident(1, Trouble.HTTP_DEAD, 0.0, (cause,)))
    body = render(message, msgspec.structs.replace(LABEL, output=""), WORDS).body
    assert "look into a place that its starter chose and the server's own fermat_server.log" in body


def render_last(book: Playbook) -> Rendered:
    return render(book.state.outbox.entries[-1].owed.message, LABEL, WORDS)
