"""The ``checks`` of ``/health``: one list of details for each ``component:measurement``.

Beside the draft's own keys a detail carries ``label``, ``since``, ``until``, ``limit``, ``within`` and
``story`` (its section 4.10 allows additional ones): they are what the page shows.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import msgspec

from fermatkit.measures import MACHINE, UNITS, Measure, Reading, Unknown
from sidecar.core.nouns import SERVER, Cause, Deed, Finding, Incident, Severity, Sign, Trouble
from sidecar.core.phases import Stand
from sidecar.core.rules import METRICS
from sidecar.core.view import BudgetView, Status, View
from sidecar.faces import sentences
from sidecar.faces.words import Words

_SIGNS_TELL = {Trouble.SILENT, Trouble.HUNG, Trouble.NOT_SERVING, Trouble.STUCK, Trouble.HTTP_DEAD}
_TOLD_ELSEWHERE = _SIGNS_TELL | set(METRICS)
_SYSTEM = {Measure.CPU, Measure.MEMORY} | MACHINE
_DECIMALS = 3


class Line(msgspec.Struct, frozen=True):
    """One line of an incident's story."""

    time: str
    text: str


class Check(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One detail. Without a value, ``output`` says why; without a status, it is not known."""

    component_type: str
    component_id: str | None = None
    label: str | None = None
    observed_value: float | str | None = None
    observed_unit: str | None = None
    status: Status | None = None
    time: str | None = None
    """When the value was read, ISO 8601 in UTC."""
    output: str | None = None
    """Only when not pass."""
    since: str | None = None
    until: str | None = None
    limit: int | None = None
    within: float | None = None
    """Seconds."""
    story: list[Line] | None = None


Checks = dict[str, list[Check]]


def checks(view: View, words: Words) -> Checks:
    """All of them, always: what is not known says so."""
    return {
        "process:state": [_process(view, words)],
        **{measure: [_measure(measure, view, words)] for measure in Measure},
        **{f"protocol:{sign}": [_sign(sign, view, words)] for sign in Sign},
        "protocol:registration": [_registration(view, words)],
        "findings:open": [_finding_check(finding, view, words) for finding in view.findings],
        "restarts:budget": [_budget(window, view) for window in view.budget],
        "restarts:last": [_last_restart(view, words)],
        "incidents:open": [
            _incident(incident, _open(incident, view), words)
            for topic, incident in sorted(view.open.items(), key=lambda item: item[0] != SERVER)
        ],
        "incidents:last": [_incident(one, Status.PASS, words) for one in _latest_first(view)],
        "outbox:waiting": [_outbox(view, words)],
        "sidecar:pause": [_pause(view, words)],
        "memory:unsaved": [_memory(view, words)],
    }


def told(finding: Finding, view: View) -> Cause:
    """A finding as its sentence wants it."""
    return Cause(
        trouble=finding.trouble,
        wall=finding.since,
        pid=view.identity.pid if view.identity else None,
        signs=finding.signs,
        why=finding.why,
        ended=finding.ended,
        reading=finding.reading,
        eater=finding.eater,
        measure=finding.measure,
    )


def _finding_check(finding: Finding, view: View, words: Words) -> Check:
    return Check(
        component_type="component",
        component_id=_pid(view),
        observed_value=finding.trouble,
        status=_severity(finding),
        output=sentences.cause(told(finding, view), words, view.wall),
        since=_iso(finding.since),
    )


def _process(view: View, words: Words) -> Check:
    well = view.stand is Stand.PROVEN and view.ready
    ours = [f for f in view.findings if f.trouble not in _TOLD_ELSEWHERE]
    said = [sentences.cause(told(finding, view), words, view.wall) for finding in ours]
    stand = sentences.stand(view.stand, view.stand_until, words, view.wall)
    return Check(
        component_type="component",
        component_id=_pid(view),
        observed_value=view.stand,
        status=_worst_of(ours) if well else Status.FAIL,
        time=_iso(view.wall),
        output=None if well and not ours else " ".join([words.verdict[view.stand], *said, stand]),
        since=_iso(_since(view)),
        until=_iso(view.stand_until),
    )


def _since(view: View) -> float | None:
    """Since when the server runs, or since when it does not."""
    uptime = view.readings.get(Measure.UPTIME)
    if view.status is Status.FAIL:
        beginnings = [finding.since for finding in view.findings]
        incident = view.open.get(SERVER)
        beginnings += [cause.wall for cause in incident.causes] if incident else []
        return min(beginnings, default=view.appeared)
    if isinstance(uptime, int | float) and Measure.UPTIME in view.read:
        return view.read[Measure.UPTIME] - uptime
    return view.appeared


def _measure(measure: Measure, view: View, words: Words) -> Check:
    reading: Reading = view.readings.get(measure, Unknown(words.phrases.not_sampled))
    if not isinstance(reading, Unknown) and not math.isfinite(reading):
        reading = Unknown(words.phrases.not_filling)  # JSON has no word for it
    finding = _worst(measure, view)
    return Check(
        component_type="system" if measure in _SYSTEM else "component",
        component_id=None if measure in MACHINE else _pid(view),
        label=words.measure[measure],
        observed_value=None if isinstance(reading, Unknown) else round(reading, _DECIMALS),
        observed_unit=UNITS[measure],
        status=_severity(finding) if finding else None if isinstance(reading, Unknown) else Status.PASS,
        time=_iso(view.read.get(measure) if measure in view.readings else None),
        output=sentences.cause(told(finding, view), words, view.wall)
        if finding
        else sentences.unknown(reading.why, words)
        if isinstance(reading, Unknown)
        else None,
    )


def _sign(sign: Sign, view: View, words: Words) -> Check:
    fact = view.signs.get(sign)
    check = Check("component", _pid(view), words.sign[sign], observed_unit="ms")
    if fact is None or (fact.latency is None and fact.missing_since is None):
        return _with(check, output=sentences.unknown(words.phrases.not_asked, words))
    if fact.missing_since is None:
        return _with(
            check, observed_value=_ms(fact.latency or 0.0), status=Status.PASS, time=_iso(fact.good_at)
        )
    worst = [_severity(f) for f in view.findings if sign in f.signs]
    since = sentences.moment(fact.missing_since, view.wall, words)
    return _with(
        check,
        status=Status.FAIL if Status.FAIL in worst else Status.WARN,
        output=words.phrases.missing.format(since=since, why=fact.why),
        since=_iso(fact.missing_since),
    )


def _registration(view: View, words: Words) -> Check:
    check = Check("component", _pid(view), words.phrases.registration, observed_unit="ms")
    if view.proof is None:
        return _with(check, output=sentences.unknown(words.phrases.not_registered, words))
    return _with(check, observed_value=_ms(view.proof.latency), status=Status.PASS)


def _budget(budget: BudgetView, view: View) -> Check:
    return Check(
        component_type="component",
        observed_value=budget.spent,
        observed_unit="restarts",
        status=Status.FAIL if view.stand is Stand.HELD else Status.PASS,
        limit=budget.window.restarts,
        within=budget.window.within,
    )


def _last_restart(view: View, words: Words) -> Check:
    """When the server was last started again, and the cause that came before it."""
    check = Check("component", status=Status.PASS)
    for incident in (view.open.get(SERVER), view.last.get(SERVER)):
        deeds = [done for done in incident.done if done.deed is Deed.RESTARTED] if incident else []
        if incident and deeds:
            before = [cause for cause in incident.causes if cause.wall <= deeds[-1].wall]
            reason = sentences.brief((before or incident.causes)[-1], words)
            return _with(check, observed_value=reason, time=_iso(deeds[-1].wall))
    return _with(check, status=None, output=sentences.unknown(words.phrases.no_restart, words))


def _latest_first(view: View) -> list[Incident]:
    return sorted(view.last.values(), key=lambda incident: incident.closed or 0.0, reverse=True)


def _open(incident: Incident, view: View) -> Status:
    """How bad an open incident is: an outage fails, a condition is as bad as its finding."""
    if incident.topic == SERVER:
        return Status.FAIL
    finding = _finding(incident.causes[0].trouble, view)
    return _severity(finding) if finding else Status.WARN


def _incident(incident: Incident, status: Status, words: Words) -> Check:
    now = incident.closed or incident.opened
    story = [(cause.wall, sentences.cause(cause, words, now)) for cause in incident.causes]
    story += [(done.wall, sentences.deed(done, words, now)) for done in incident.done]
    if incident.closed is not None:
        story.append((incident.closed, sentences.proof(incident, words)))
    story.sort(key=lambda line: line[0])
    return Check(
        component_type="component",
        component_id=str(incident.number),
        observed_value=incident.topic,
        status=status,
        output=story[0][1] if status is not Status.PASS else None,
        since=_iso(incident.opened),
        until=_iso(incident.closed),
        story=[Line(_iso(wall) or "", text) for wall, text in story],
    )


def _outbox(view: View, words: Words) -> Check:
    box = view.outbox
    check = Check("component", observed_unit="messages")
    if box is None or not box.failed_attempts:
        return _with(check, observed_value=box.waiting if box else 0, status=Status.PASS)
    why = words.phrases.not_taken.format(channel=box.channel, attempts=box.failed_attempts, why=box.why)
    return _with(check, component_id=box.channel, observed_value=box.waiting, status=Status.WARN, output=why)


def _pause(view: View, words: Words) -> Check:
    if view.pause is None:
        return Check("component", observed_value="none", status=Status.PASS)
    said = sentences.pause(view.pause, words, view.wall)
    until = _iso(view.pause.until)
    return Check("component", observed_value="paused", status=Status.WARN, output=said, until=until)


def _memory(view: View, words: Words) -> Check:
    failed = view.failed_saves
    check = Check("component", observed_value=failed, observed_unit="failed attempts", status=Status.PASS)
    if not failed:
        return check
    return _with(check, status=Status.WARN, output=words.phrases.not_saved.format(why=view.unsaved))


def _with(check: Check, **changes: object) -> Check:
    return msgspec.structs.replace(check, **changes)


def _finding(trouble: Trouble, view: View) -> Finding | None:
    return next((finding for finding in view.findings if finding.trouble is trouble), None)


def _worst(measure: Measure, view: View) -> Finding | None:
    """The finding about this reading that is worst."""
    about = [finding for finding in view.findings if finding.measure is measure]
    return max(about, key=lambda finding: finding.severity is Severity.FAIL, default=None)


def _severity(finding: Finding) -> Status:
    return Status.FAIL if finding.severity is Severity.FAIL else Status.WARN


def _worst_of(findings: list[Finding]) -> Status:
    grades = {_severity(finding) for finding in findings}
    return Status.FAIL if Status.FAIL in grades else Status.WARN if grades else Status.PASS


def _pid(view: View) -> str | None:
    return str(view.identity.pid) if view.identity else None


def _ms(seconds: float) -> float:
    return round(seconds * 1000, _DECIMALS)


def _iso(wall: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC: ``2026-11-23T21:13:06.250Z``."""
    if wall is None or not math.isfinite(wall):
        return None
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%dT%H:%M:%S}.{int(wall % 1 * 1000):03d}Z"
