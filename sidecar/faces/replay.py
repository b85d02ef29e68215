"""A replay in lines: what was found, told and done, when, and because of what."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from sidecar.core import actions as act
from sidecar.core.brief import brief
from sidecar.core.engine import State
from sidecar.core.observations import Collected
from sidecar.core.policy import Policy
from sidecar.core.replay import Step, TakenUp
from sidecar.core.stories import HELD, NOT_MEANT
from sidecar.faces import sentences
from sidecar.faces.label import Label
from sidecar.faces.message import render
from sidecar.faces.words import words


def told(steps: Iterable[TakenUp | Step]) -> Iterator[str]:
    """One line for each thing that happened, in order."""
    label = Label("", "", "", "", "")
    for one in steps:
        if isinstance(one, TakenUp):
            label = msgspec.structs.replace(label, host=one.opening.host)
            yield _taken_up(one)
        else:
            yield from (
                f"{_time(one.seen.wall)}  {what}  ({brief(one.seen.what)})" for what in _what(one, label)
            )


def differences(recorded: Policy, other: Policy) -> Iterator[str]:
    """What is decided by in the one and not in the other, a line each."""
    before, after = _flat(recorded), _flat(other)
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            yield f"{name}: {_shown(before.get(name))} -> {_shown(after.get(name))}"


def _flat(policy: Policy) -> dict[str, object]:
    """Each rule by itself; one that the other's version does not know is null there."""
    fields = msgspec.structs.asdict(policy)
    rules = fields.pop("rules")
    return {**fields, **{f"rules.{trouble}": rule for trouble, rule in rules.items()}}


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _time(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"


def _taken_up(one: TakenUp) -> str:
    opening = one.opening
    what = f"recording of life {opening.life} on {opening.host}, version {opening.version}"
    if one.lost:
        what += f": {one.lost} observations are missing here; taken up again with the state after them"
    return what


def _what(step: Step, label: Label) -> Iterator[str]:
    if step.after.facts.away:
        yield f"away      nobody looked for {step.after.facts.away:.1f} s"
    yield from _findings(step.before, step.after)
    yield from _incidents(step.before, step.after)
    for action in step.actions:
        match action:
            case act.Signal(identity=identity, signal=number):
                yield f"signal    {signal.Signals(number).name} to pid {identity.pid}"
            case act.Start():
                yield "start     the server"
            case act.Collect(identity=identity, label=why):
                yield f"evidence  of pid {identity.pid} ordered: {why}"
            case act.Explain(message=message, channel=channel, reason=reason) if reason in HELD:
                yield f"held back {message} from {channel}: {reason}"
            case act.Explain(message=message, channel=channel, reason=reason) if reason in NOT_MEANT:
                yield f"not told  {message} to {channel}: {reason}"
            case act.Finish():
                yield "finish    nothing is left to do"
    if isinstance(step.seen.what, Collected):
        yield _evidence(step.seen.what)
    yield from _stand(step)
    yield from _messages(step, label)


def _findings(before: State, after: State) -> Iterator[str]:
    for trouble, finding in after.findings.items():
        old = before.findings.get(trouble)
        if old is None:
            about = ", ".join([*finding.signs, *([finding.why] if finding.why else [])])
            yield f"finding   {trouble} appeared, {finding.severity}" + (f": {about}" if about else "")
        elif old.severity is not finding.severity:
            yield f"finding   {trouble} is {finding.severity} now"
    for trouble in before.findings:
        if trouble not in after.findings:
            yield f"finding   {trouble} cleared"


def _incidents(before: State, after: State) -> Iterator[str]:
    for topic, incident in after.incidents.open.items():
        if topic not in before.incidents.open:
            yield f"incident  {incident.number} ({topic}) opened: {incident.causes[0].trouble}"
    for topic, incident in after.incidents.last.items():
        if incident != before.incidents.last.get(topic):
            yield f"incident  {incident.number} ({topic}) closed"


def _evidence(what: Collected) -> str:
    """The only place that tells of a bundle that came when its incident was over."""
    if what.bundle:
        return f"evidence  of pid {what.identity.pid} is in {what.bundle}"
    return f"evidence  of pid {what.identity.pid} could not be gathered: {'; '.join(what.missing)}"


def _stand(step: Step) -> Iterator[str]:
    phase = step.after.recovery.phase
    if type(phase) is type(step.before.recovery.phase):
        return
    until = phase.until
    if until is None:
        yield f"stand     {phase.stand}"
    else:
        end = step.seen.wall + until - step.seen.at
        yield f"stand     {phase.stand} until {sentences.moment(end, step.seen.wall, words())}"


def _messages(step: Step, label: Label) -> Iterator[str]:
    """When they are made: when they leave is up to disks and channels."""
    known = {entry.owed.message.id for entry in step.before.outbox.entries}
    channels: dict[str, list[str]] = {}
    for entry in step.after.outbox.entries:
        if entry.owed.message.id not in known:
            subject = render(entry.owed.message, label, words()).subject
            channels.setdefault(subject, []).append(entry.owed.channel)
    for subject, names in channels.items():
        yield f"message   to {', '.join(names)}: {subject}"
