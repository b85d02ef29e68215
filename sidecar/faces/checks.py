"""The ``checks`` of ``/health``: one list of details for each ``component:measurement``."""

from __future__ import annotations

from fermatkit.measures import MACHINE, UNITS, Measure, Unknown
from sidecar.core.nouns import Finding, Severity, Sign, Trouble
from sidecar.core.phases import Stand
from sidecar.core.rules import METRICS
from sidecar.core.stories import SERVER, Cause, cause_of
from sidecar.core.view import Status, View
from sidecar.faces import records, sentences
from sidecar.faces.check import Check, Checks, about, changed, history, iso, ms, pid, severity, shown
from sidecar.faces.reasons import reason
from sidecar.faces.words import Words

_SIGNS_TELL = {Trouble.SILENT, Trouble.HUNG, Trouble.NOT_SERVING, Trouble.STUCK, Trouble.HTTP_DEAD}
_TOLD_ELSEWHERE = _SIGNS_TELL | set(METRICS)
_SYSTEM = {Measure.CPU, Measure.MEMORY} | MACHINE


def checks(view: View, words: Words) -> Checks:
    """All of them, always: what is not known says so."""
    return {
        "process:state": [_process(view, words)],
        **{measure: [_measure(measure, view, words)] for measure in Measure},
        **{f"protocol:{sign}": [_sign(sign, view, words)] for sign in Sign},
        "protocol:registration": [_registration(view, words)],
        "port:owner": [_owner(view, words)],
        "configuration:port": [_configuration(view, words)],
        "findings:open": [_finding_check(finding, view, words) for finding in view.findings],
        **records.checks(view, words),
    }


def told(finding: Finding, view: View) -> Cause:
    """A finding as its sentence wants it."""
    return cause_of(finding, view.identity.pid if view.identity else None, finding.since)


def _finding_check(finding: Finding, view: View, words: Words) -> Check:
    return Check(
        component_type="component",
        component_id=pid(view),
        observed_value=finding.trouble,
        status=severity(finding),
        output=sentences.cause(told(finding, view), words, view.wall),
        since=iso(finding.since),
        links=history(finding.measure),
    )


def _process(view: View, words: Words) -> Check:
    well = view.stand is Stand.PROVEN and view.ready
    ours = [f for f in view.findings if f.trouble not in _TOLD_ELSEWHERE]
    said = [sentences.cause(told(finding, view), words, view.wall) for finding in ours]
    stand = sentences.stand(view.stand, view.stand_until, words, view.wall)
    return Check(
        component_type="component",
        component_id=pid(view),
        observed_value=view.stand,
        status=_worst_of(ours) if well else Status.FAIL,
        time=iso(view.wall),
        output=None if well and not ours else " ".join([words.verdict[view.stand], *said, stand]),
        since=iso(_since(view)),
        until=iso(view.stand_until),
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
    reading = view.readings.get(measure)
    number = None if reading is None or isinstance(reading, Unknown) else shown(reading)
    finding = _worst(measure, view)
    return Check(
        component_type="system" if measure in _SYSTEM else "component",
        component_id=None if measure in MACHINE else pid(view),
        label=words.measure[measure],
        observed_value=number,
        observed_unit=UNITS[measure],
        status=severity(finding) if finding else None if number is None else Status.PASS,
        time=iso(view.read.get(measure) if measure in view.readings else None),
        output=sentences.cause(told(finding, view), words, view.wall)
        if finding
        else _unread(reading if isinstance(reading, Unknown) else None, words)
        if number is None
        else None,
        links=history(measure) if finding else None,
    )


def _unread(reading: Unknown | None, words: Words) -> str:
    """That there is no number to be shown, and why."""
    if reading is None:
        return sentences.unread(words.phrases.not_sampled, words)
    return sentences.unknown(reading.why, words)


def _sign(sign: Sign, view: View, words: Words) -> Check:
    fact = view.signs.get(sign)
    check = Check("component", pid(view), words.sign[sign], observed_unit="ms")
    if fact is None or (fact.latency is None and fact.missing_since is None):
        return changed(check, output=sentences.unread(words.phrases.not_asked, words))
    if fact.missing_since is None:
        return changed(
            check, observed_value=ms(fact.latency or 0.0), status=Status.PASS, time=iso(fact.good_at)
        )
    worst = [severity(f) for f in view.findings if sign in f.signs]
    since = sentences.moment(fact.missing_since, view.wall, words)
    return changed(
        check,
        status=Status.FAIL if Status.FAIL in worst else Status.WARN,
        output=words.phrases.missing.format(since=since, why=reason(fact.why, words)),
        since=iso(fact.missing_since),
    )


def _registration(view: View, words: Words) -> Check:
    check = Check("component", pid(view), words.phrases.registration, observed_unit="ms")
    if view.proof is None:
        return changed(check, output=sentences.unread(words.phrases.not_registered, words))
    return changed(check, observed_value=ms(view.proof.latency), status=Status.PASS)


def _owner(view: View, words: Words) -> Check:
    """Whose the server's port is."""
    check = Check("component", pid(view), words.phrases.owner)
    if view.owned is None:
        return changed(check, output=_unread(Unknown(view.owner_why) if view.owner_why else None, words))
    if view.owned:
        return changed(check, observed_value="server", status=Status.PASS)
    value = "another" if view.owner_why else "nobody"
    why = reason(view.owner_why, words)
    return changed(check, observed_value=value, status=Status.FAIL, output=why or None)


def _configuration(view: View, words: Words) -> Check:
    """The port that the server's own configuration names."""
    check, config = Check("component", label=words.phrases.configuration), view.config
    if config is None:
        return changed(check, output=_unread(None, words))
    check = changed(check, component_id=config.path)
    if config.problem:
        bad = about(Trouble.BAD_CONFIG, view)
        return changed(check, status=severity(bad) if bad else None, output=reason(config.problem, words))
    if config.port is None:
        return changed(check, output=sentences.unknown(config.unknown, words))
    return changed(check, observed_value=config.port, status=Status.PASS)


def _worst(measure: Measure, view: View) -> Finding | None:
    """The finding about this reading that is worst."""
    about = [finding for finding in view.findings if finding.measure is measure]
    return max(about, key=lambda finding: finding.severity is Severity.FAIL, default=None)


def _worst_of(findings: list[Finding]) -> Status:
    grades = {severity(finding) for finding in findings}
    return Status.FAIL if Status.FAIL in grades else Status.WARN if grades else Status.PASS
