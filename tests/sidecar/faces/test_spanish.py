"""No message is half of each language: those of every golden recording, and of any incident at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.measures import Eater, Unknown
from sidecar.core.findings.thresholds import TASKS
from sidecar.core.moments import Absence, Meanwhile
from sidecar.core.nouns import Ended, Identity, Pause, Sign, Trouble
from sidecar.core.quantities import Window
from sidecar.core.replay import Opening, Step, replay
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
from sidecar.core.view import View, view
from sidecar.faces import figures, sentences
from sidecar.faces.health import health
from sidecar.faces.label import Label
from sidecar.faces.message import SHORT, SUBJECT, Rendered, render
from sidecar.faces.words import words
from sidecar.store.recorded import read
from support.spanish import english

EN, ES = words("en"), words("es")
LABEL = Label("fermat-1", "127.0.0.1:9090", "http://127.0.0.1:9191/", "/state/server-output.log", "0.1.0")
RECORDINGS = sorted(Path(__file__).parents[2].joinpath("recordings").glob("*.jsonl.gz"))
OTHERS = {
    "no answer in 1.5 s",
    "failure in registration component: Forbidden connection, the server refuses everybody",
}
"""What is quoted in the recordings: a playbook's word, and the server's own."""
REASONS = ("no pong within 1.5 s", "Connection refused", "port 9090: permission denied", "what nobody knows")


def steps(recording: Path) -> list[Step]:
    return [one for one in replay(read(recording, print)) if isinstance(one, Step)]


def told(life: list[Step]) -> list[Message]:
    """Every message that was ever owed."""
    owed = {entry.owed.message.id: entry.owed.message for step in life for entry in step.after.outbox.entries}
    return list(owed.values())


def views(recording: Path) -> Iterator[View]:
    """Where another finding or another phase came."""
    first = next(iter(read(recording, print)))
    assert isinstance(first, Opening)
    before = None
    for step in steps(recording):
        now = (step.after.recovery.phase.stand, *step.after.findings)
        if now != before:
            before = now
            yield view(step.after, first.policy, step.seen.at, step.seen.wall)


def texts(one: View) -> list[str]:
    """All that `/health` says to people."""
    body = json.loads(health(one, LABEL, ES).body)
    details = [detail for details in body["checks"].values() for detail in details]
    story = [line["text"] for detail in details for line in detail.get("story", ())]
    said = [detail[key] for detail in details for key in ("label", "output") if key in detail]
    restart = body["checks"]["restarts:last"][0].get("observedValue", "")
    return [*body["notes"], body["description"], body.get("output", ""), *said, *story, restart]


def both(message: Message) -> tuple[Rendered, Rendered]:
    return render(message, LABEL, EN), render(message, LABEL, ES)


def test_english_is_noticed() -> None:
    assert english("El servidor is caído («the end»), unit o match: /the/path") == {"is"}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name.partition(".")[0])
def test_a_life_is_told_in_spanish(recording: Path) -> None:
    for message in told(steps(recording)):
        old, new = both(message)
        assert english(f"{new.subject} {new.body} {new.short}") == set(), new
        assert len(new.short) <= SHORT
        assert set(re.findall("«(.*?)»", new.body)) <= OTHERS
        assert len(new.body) <= 1.3 * len(old.body)
        assert len(new.subject) <= SUBJECT
    for one in views(recording):
        assert [text for text in texts(one) if english(text)] == []


def test_the_recordings_have_messages() -> None:
    assert len(RECORDINGS) > 20
    assert any(told(steps(recording)) for recording in RECORDINGS[:3])


walls = st.floats(1e9, 4e9)
pids = st.none() | st.integers(1, 2**22)
reasons = st.sampled_from(REASONS)
readings = st.none() | st.floats(0, 1e12) | st.builds(Unknown, reasons)
causes = st.builds(
    Cause,
    trouble=st.sampled_from(Trouble),
    wall=walls,
    pid=pids,
    signs=st.lists(st.sampled_from(Sign), unique=True).map(tuple),
    why=reasons | st.just(""),
    ended=st.none()
    | st.builds(Ended, st.none() | st.integers(0, 255), result=st.sampled_from(["", "oom-kill"]))
    | st.builds(Ended, signal=st.integers(1, 64), dumped=st.booleans()),
    reading=readings,
    eater=st.none() | st.builds(Eater, st.integers(1), st.just("java"), st.integers(0, 2**40)),
    measure=st.sampled_from([*TASKS]),
)
deeds = st.builds(
    Done,
    deed=st.sampled_from([deed for deed in Deed if deed is not Deed.COLLECTED]),
    wall=walls,
    pid=pids,
    until=st.none() | walls | st.just(float("inf")),
    window=st.none() | st.just(Window(6, 600.0)),
    why=reasons | st.just("host-memory, disk-low"),
)
messages = st.builds(
    Message,
    id=st.just("7-1-opened"),
    chapter=st.sampled_from([chapter for chapter in Chapter if chapter is not Chapter.DIGEST]),
    reason=st.sampled_from(Reason),
    left=st.integers(0, 3),
    made=st.none() | walls,
    incident=st.builds(
        Incident,
        number=st.integers(1),
        topic=st.sampled_from([SERVER, *CONDITIONS]),
        opened=walls,
        causes=st.lists(causes, min_size=1, max_size=4).map(tuple),
        done=st.lists(deeds, max_size=4).map(tuple),
        clients=readings,
        left_out=st.integers(0, 3),
        absence=st.none() | st.builds(Absence, walls, walls, st.sampled_from(Meanwhile)),
        closed=st.none() | walls,
        proof=st.none()
        | st.builds(Proof, st.just(Identity(101, 2)), st.floats(0, 60), reasons | st.just("")),
        ack=st.none() | st.builds(Ack, walls, st.just("ana"), st.just("on my way") | st.just("")),
        related=st.lists(causes, max_size=2).map(tuple),
    ),
)
digests = st.lists(messages, min_size=1, max_size=4).map(
    lambda parts: Message("7-1-digest", Chapter.DIGEST, parts[-1].incident, together=tuple(parts), made=4e9)
)


@given(messages | digests)
def test_any_incident_is_told_in_spanish(message: Message) -> None:
    old, new = both(message)
    assert english(f"{new.subject} {new.body} {new.short}") == set(), new
    assert len(new.short) <= SHORT
    assert len(new.body) <= 1.3 * len(old.body) + 40
    assert 0 < len(new.subject) <= SUBJECT


@pytest.mark.parametrize(
    ("trouble", "reading", "said"),
    [
        (Trouble.DISK_LOW, 812.5 * 2**20, "812,5 MiB"),
        (Trouble.FDS_HIGH, 0.864, "86\u00a0%"),
        (Trouble.HOST_MEMORY, 4.0, "4\u00a0%"),
        (Trouble.THREADS_MANY, 21_500.0, "21\u00a0500 hilos"),
        (Trouble.DISK_FILLING, 3 * 3600.0, "en 3 h"),
        (Trouble.HOST_SWAP, 1.5 * 2**20, "1,5 MiB/s"),
    ],
)
def test_numbers_are_written_as_spanish_does(trouble: Trouble, reading: float, said: str) -> None:
    assert said in sentences.cause(Cause(trouble, 0.0, reading=reading), ES, 0.0)


def test_a_short_time_has_its_comma() -> None:
    assert (figures.duration(0.0004, ES), figures.milliseconds(0.01, ES)) == ("0,4 ms", "10,0 ms")


def test_a_person_s_word_is_quoted() -> None:
    said = sentences.pause(Pause(60.0, "the new version comes", "ana"), ES, 0.0)
    assert "(«the new version comes»)" in said
    assert ", por deseo de ana" in said
    assert "(the new version comes)" in sentences.pause(Pause(60.0, "the new version comes", "ana"), EN, 0.0)


def test_a_pause_of_the_calendar_is_nobody_s_wish() -> None:
    said = sentences.pause(Pause(60.0, "upgrade", planned=True), ES, 0.0)
    assert ", por mantenimiento programado («upgrade»)" in said


def test_where_the_evidence_is_is_no_reason() -> None:
    done = Done(Deed.COLLECTED, 0.0, why="/state/evidence/no answer")
    assert sentences.deed(done, ES, 0.0).endswith("reunidos en /state/evidence/no answer")


def test_a_signal_without_a_name() -> None:
    assert sentences.ending(Ended(signal=40), ES) == "lo mató la señal 40 (señal 40)"


def test_the_whole_message() -> None:
    cause = Cause(Trouble.EXITED, 1_800_000_000.0, 100, ended=Ended(signal=9))
    done = Done(Deed.RESTARTED, 1_800_000_000.0)
    incident = Incident(1, SERVER, 1_800_000_000.0, (cause,), (done,), 4012.0)
    said = render(Message("1-a", Chapter.OPENED, incident), LABEL, ES)
    assert said.subject == "CAÍDO: Cloud Server en fermat-1: lo mató SIGKILL (señal 9)"
    assert said.body == (
        "Qué se vio:\n"
        "- 08:00:00 UTC: El Cloud Server (PID 100) terminó: lo mató SIGKILL (señal 9).\n"
        "- Conexiones abiertas justo antes: 4012, incluidas las del propio sidecar.\n\n"
        "Qué se hizo:\n"
        "- 08:00:00 UTC: reinicio ordenado\n\n"
        "Pendiente (2027-01-15 08:00:00 UTC): el reinicio está ordenado; aún no está comprobado que el "
        "servidor vuelva a funcionar. Se avisará cuando lo esté.\n\n"
        "Qué hacer: Nada, si llega un mensaje RECUPERADO. Si vuelve a ocurrir, buscar la causa en "
        "/state/server-output.log y en el propio fermat_server.log del servidor.\n\n"
        "Mensaje 1-a del sidecar en fermat-1. El mismo id dos veces es el mismo mensaje. "
        "http://127.0.0.1:9191/\n"
    )


def test_the_catalogue_itself() -> None:
    assert [text for text in msgspec.to_builtins(ES)["stand"].values() if english(text)] == []
