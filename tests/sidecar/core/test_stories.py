"""A whole story as it is stored and told: every field of it, also those that say nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fermatkit.measures import Eater, Measure
from sidecar.core.memory import Memory
from sidecar.core.nouns import Act, Ended, Identity, Trouble
from sidecar.core.observations import (
    Absent,
    Appeared,
    HostSampled,
    Restored,
    Sampled,
    SessionLost,
    Sign,
    StartFailed,
    Ticked,
)
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window
from sidecar.core.rules import DEFAULTS, Rule
from sidecar.core.stories import SERVER, Deed
from sidecar.core.view import Status
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)
NO_END = {"code": None, "signal": None, "dumped": False, "result": ""}
NO_CAUSE: dict[str, object] = {
    **dict.fromkeys(("pid", "ended", "reading", "eater", "measure")),
    "signs": [],
    "why": "",
    "severity": "fail",
}
LOW = {"trouble": "disk-low", "measure": "disk:free", "severity": "warn"}
NO_DEED = {"pid": None, "until": None, "window": None, "why": ""}


def plain(thing: object) -> Any:
    """As the disk has it."""
    return msgspec.json.decode(msgspec.json.encode(thing))


def test_a_death_and_its_end() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    died = book.wall
    book.sees(Appeared(B, adopted=False), after=1)
    book.proves(B)
    expected = {
        "number": 1,
        "topic": "server",
        "opened": died,
        "causes": [
            NO_CAUSE | {"trouble": "exited", "wall": died, "pid": 100, "ended": NO_END | {"signal": 9}}
        ],
        "done": [
            NO_DEED | {"deed": "restarted", "wall": died},
            NO_DEED | {"deed": "started", "wall": died + 1, "pid": 101},
        ],
        "clients": None,
        "left_out": 0,
        "told": ["opened"],
        "absence": None,
        "closed": died + 1,
        "proof": {"identity": {"pid": 101, "started": 2}, "latency": 0.01, "owner_unknown": ""},
        "ack": None,
        "load": None,
        "related": [],
    }
    assert plain(book.view.last) == {"server": expected}
    assert book.view.open == {}


def test_a_condition_has_a_story_without_a_process_and_the_last_of_each_topic_is_kept() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", {Measure.ESTABLISHED: 7.0, Measure.DISK_FREE: 5e8}), after=5)
    began = book.wall
    expected = {
        "number": 1,
        "topic": "disk-low",
        "opened": began,
        "causes": [NO_CAUSE | LOW | {"wall": began, "reading": 5e8}],
        "done": [],
        "clients": None,
        "left_out": 0,
        "told": ["opened"],
        "absence": None,
        "closed": None,
        "proof": None,
        "ack": None,
        "load": None,
        "related": [],
    }
    assert plain(book.view.open) == {"disk-low": expected}
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 5e9}), after=5)
    assert plain(book.view.last) == {"disk-low": expected | {"closed": began + 5}}
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    assert book.view.last.keys() == {"disk-low", SERVER}
    book.dies(B)
    assert [incident.number for incident in book.state.incidents.known] == [1, 2, 3], "the open one last"


def test_what_held_long_before_it_was_told_began_when_it_began() -> None:
    book = Playbook(Policy(gap=1e6))
    book.boots(A)
    began = book.wall
    book.falls_silent(A)
    book.waits(10)
    incident = book.state.incidents.open[SERVER]
    (cause,) = incident.causes
    assert (incident.began, incident.opened) == (began, began + 10)
    assert (cause.trouble, cause.wall, cause.signs) == (Trouble.HUNG, began, (Sign.PONG, Sign.HTTP))
    assert (cause.why, cause.ended, cause.reading) == ("no answer in 1.5 s", None, None)


def test_a_death_that_nobody_saw_is_told_without_how() -> None:
    book = Playbook()
    book.sees(Restored(Memory(seed=1, identity=A), seed=2))
    book.sees(Absent())
    (cause,) = plain(book.state.incidents.open[SERVER].causes)
    expected = {"trouble": "exited", "wall": book.wall, "pid": 100, "ended": NO_END}
    assert cause == NO_CAUSE | expected


def test_a_start_that_fails_is_told_with_the_reason_and_without_a_process() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(StartFailed("No such file"), after=1)
    failed = book.wall
    book.sees(Ticked(), after=0.5)
    book.sees(StartFailed("Permission denied"), after=0.5)
    first, second = plain(book.state.incidents.open[SERVER].causes)
    assert first == NO_CAUSE | {"trouble": "start-failed", "wall": failed, "why": "No such file"}
    assert second["why"] == "Permission denied"


def test_a_cause_without_a_process_has_none() -> None:
    rules = {**DEFAULTS, Trouble.HOST_LOAD: Rule(8.0, 4.0, Act.RESTART)}
    book = Playbook(Policy(rules=rules))
    book.dies(book.boots(A))
    book.sees(HostSampled({Measure.LOAD: 9.0}))
    causes = [(cause.trouble, cause.pid) for cause in book.state.incidents.open[SERVER].causes]
    assert causes == [(Trouble.EXITED, 100), (Trouble.HOST_LOAD, None)]


def test_a_kill_of_ours_is_no_new_cause_either() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    book.waits(10.1)
    book.dies(A)
    assert [cause.trouble for cause in book.state.incidents.open[SERVER].causes] == [Trouble.STOPPED]
    assert Deed.KILLED in [done.deed for done in book.state.incidents.open[SERVER].done]


def test_the_same_trouble_of_the_next_process_and_another_of_this_one_are_new_causes() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    book.sees(Sampled(A, "S", {}), after=1)
    book.falls_silent(A)
    book.waits(10.1)
    book.dies(A, Ended(code=143))
    book.sees(Appeared(B, adopted=False))
    book.sees(Sampled(B, "T", {}))
    causes = [(cause.trouble, cause.pid) for cause in book.state.incidents.open[SERVER].causes]
    assert causes == [(Trouble.STOPPED, 100), (Trouble.HUNG, 100), (Trouble.STOPPED, 101)]


def test_a_spent_budget_is_told_once_in_a_story() -> None:
    book = Playbook(Policy(channels=("mail",), budget=(Window(1, 1000.0),), jitter=0.0))
    server = book.boots(A)
    for number in range(4):
        book.dies(server)
        book.waits(990)
        server = Identity(200 + number, number)
        book.sees(Appeared(server, adopted=False))
    held = [done for done in book.state.incidents.open[SERVER].done if done.deed is Deed.HELD]
    assert len(held) > 1
    assert held[0].window == Window(1, 1000.0)
    chapters = [entry.owed.message.chapter for entry in book.state.outbox.entries]
    assert chapters == ["opened", "held"]


@pytest.mark.parametrize("deaths", [16, 17])
def test_a_story_of_sixteen_causes_is_kept_whole(deaths: int) -> None:
    book = Playbook(Policy(budget=(), jitter=0.0))
    server = book.boots(A)
    for number in range(deaths):
        book.dies(server, Ended(code=number))
        book.waits(61)
        server = Identity(200 + number, number)
        book.sees(Appeared(server, adopted=False))
    codes = [cause.ended.code for cause in book.state.incidents.open[SERVER].causes if cause.ended]
    assert codes == ([*range(16)] if deaths == 16 else [0, 1, 2, 3, *range(5, 17)])


def test_who_eats_the_memory_is_named_and_the_story_outlives_the_sidecar() -> None:
    book = Playbook()
    book.boots(A)
    java = Eater(77, "prometheus", 2**33)
    book.sees(HostSampled({Measure.MEMORY_AVAILABLE_SHARE: 3.0, Measure.STEAL: 50.0}, java))
    began = book.wall
    for _ in range(61):
        book.sees(HostSampled({Measure.MEMORY_AVAILABLE_SHARE: 3.0, Measure.STEAL: 50.0}, java), after=1)
    memory, steal = (book.state.findings[one] for one in (Trouble.HOST_MEMORY, Trouble.HOST_STEAL))
    assert (memory.eater, memory.act) == (java, Act.HOLD)
    assert steal.eater is None, "it explains nothing"
    heir = Playbook(at=5000.0)  # another clock, the same wall
    heir.wall = book.wall + 10
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    found = {finding.trouble: finding for finding in heir.view.findings}
    assert found[Trouble.HOST_MEMORY].eater == java
    assert found[Trouble.HOST_MEMORY].reading == 3.0
    assert found[Trouble.HOST_MEMORY].measure is Measure.MEMORY_AVAILABLE_SHARE
    assert found[Trouble.HOST_MEMORY].since == pytest.approx(began)


def test_a_server_that_eats_the_memory_itself_is_no_reason_to_hold_its_restart() -> None:
    book = Playbook()
    book.boots(A)
    wants = {Measure.MEMORY_AVAILABLE_SHARE: 3.0, Measure.STEAL: 50.0}
    for _ in range(61):
        book.sees(HostSampled(wants, Eater(A.pid, "java", 2**33)), after=1)
    acts = {trouble: finding.act for trouble, finding in book.state.findings.items()}
    assert acts == {Trouble.HOST_MEMORY: Act.TELL, Trouble.HOST_STEAL: Act.HOLD}


def test_the_eater_of_an_hour_ago_is_no_server_of_now() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    for _ in range(31):
        book.sees(HostSampled({Measure.MEMORY_AVAILABLE_SHARE: 3.0}), after=1)
    assert book.state.findings[Trouble.HOST_MEMORY].act is Act.HOLD


def test_each_that_eats_memory_is_sought_for_each_want_of_it() -> None:
    book = Playbook()
    book.boots(A)
    java = Eater(77, "prometheus", 2**33)
    wants = {Measure.SWAP_IN: 1e8, Measure.MEMORY_FULL: 50.0, Measure.MEMORY_AVAILABLE_SHARE: 3.0}
    for _ in range(31):
        book.sees(HostSampled(wants, java), after=1)
    assert {finding.trouble: finding.eater for finding in book.state.findings.values()} == {
        Trouble.HOST_MEMORY: java,
        Trouble.HOST_SWAP: java,
        Trouble.HOST_PRESSURE: java,
    }
    topics = [entry.owed.message.incident.topic for entry in book.state.outbox.entries]
    assert set(topics) == {"host-memory", "host-swap", "host-pressure"}, "a reason to hold is told"


def test_nothing_is_wrong_at_first() -> None:
    """Also on a machine that has just started, whose clock is near its beginning."""
    book = Playbook(at=0.5)
    for what in (Restored(None, seed=1), Absent(), Appeared(A, adopted=False), Ticked()):
        book.sees(what)
        assert book.state.findings == {}
    book.proves(A)
    assert book.view.status is Status.PASS
    assert book.view.findings == ()
    book.sees(SessionLost(A, "closed: 1001"))
    assert book.state.findings.keys() == {Trouble.SILENT}
