"""The part of ``checks`` that is about what the sidecar did and still owes: restarts, incidents, messages."""

from __future__ import annotations

from sidecar.core.accounts import Account
from sidecar.core.actions import Explain
from sidecar.core.phases import Stand
from sidecar.core.stories import SERVER, Deed, Incident, Topic
from sidecar.core.view import BudgetView, ChannelView, OutboxView, Status, View
from sidecar.faces import sentences
from sidecar.faces.check import DECIMALS, Check, Checks, Line, about, changed, iso, severity
from sidecar.faces.reasons import reason
from sidecar.faces.words import Words

_PAST = {"archives": "api/v1/incidents"}
_DECISIONS = 20
"""So many are shown, the newest last."""


def checks(view: View, words: Words) -> Checks:
    """All of these, always."""
    return {
        "restarts:budget": [_budget(window, view) for window in view.budget],
        "restarts:last": [_last_restart(view, words)],
        "incidents:open": [
            _incident(incident, _open(incident, view), words)
            for topic, incident in sorted(view.open.items(), key=lambda item: item[0] != SERVER)
        ],
        "incidents:last": [_incident(one, Status.PASS, words) for one in latest_first(view)],
        "outbox:waiting": [_outbox(view, words)],
        "outbox:channels": [_channel(name, one, words) for name, one in view.channels.items()],
        "outbox:oldest": [_oldest(view)],
        "outbox:attempts": [_attempts(view)],
        "alerts:held": [_held(account, words) for account in view.accounts if account.held is not None],
        "alerts:silenced": [_silenced(topic, view, words) for topic in view.silences],
        "alerts:decisions": [_decision(one, words) for one in view.rulings[-_DECISIONS:]],
        "sidecar:pause": [_pause(view, words)],
        "memory:unsaved": [_memory(view, words)],
        "sidecar:away": [_away(view, words)],
        "deadman:last": [_deadman(view, words)],
    }


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
            return changed(check, observed_value=reason, time=iso(deeds[-1].wall))
    return changed(check, status=None, output=sentences.unread(words.phrases.no_restart, words))


def latest_first(view: View) -> list[Incident]:
    """Of each topic the incident that ended last."""
    return sorted(view.last.values(), key=lambda incident: incident.closed or 0.0, reverse=True)


def _open(incident: Incident, view: View) -> Status:
    """How bad an open incident is: an outage fails, a condition is as bad as its finding."""
    if incident.topic == SERVER:
        return Status.FAIL
    wrong = about(incident.causes[0].trouble, view)
    return severity(wrong) if wrong else Status.WARN


def _incident(incident: Incident, status: Status, words: Words) -> Check:
    told = story(incident, words)
    return Check(
        component_type="component",
        component_id=str(incident.number),
        observed_value=incident.topic,
        status=status,
        output=told[0].text if status is not Status.PASS else None,
        since=iso(incident.opened),
        until=iso(incident.closed),
        story=told,
        links=_PAST,
    )


def story(incident: Incident, words: Words) -> list[Line]:
    """What was wrong, what was done, and why it may be called over, as far as it is; in the order of time."""
    now = incident.closed or incident.opened
    lines = [(cause.wall, sentences.cause(cause, words, now)) for cause in incident.causes]
    lines += [(done.wall, sentences.deed(done, words, now)) for done in incident.done]
    if incident.load is not None:
        lines.append((incident.opened, sentences.load(incident.load, words, now, began=True)))
    if incident.closed is not None:
        lines.append((incident.closed, sentences.proof(incident, words)))
    lines.sort(key=lambda line: line[0])
    return [Line(iso(wall) or "", text) for wall, text in lines]


def _outbox(view: View, words: Words) -> Check:
    box = view.outbox
    check = Check("component", observed_unit="messages", observed_value=box.waiting if box else 0)
    if box is None:
        return changed(check, status=Status.PASS)
    return _taken(changed(check, component_id=box.channel if box.failed_attempts else None), box, words)


def _channel(name: str, channel: ChannelView, words: Words) -> Check:
    """What one of them has not taken yet."""
    check = Check("component", name, observed_value=channel.waiting, observed_unit="messages")
    return _taken(check, channel, words)


def _taken(check: Check, box: OutboxView | ChannelView, words: Words) -> Check:
    """Or not, and why."""
    if not box.failed_attempts:
        return changed(check, status=Status.PASS)
    why = reason(box.why, words)
    said = words.phrases.not_taken.format(channel=check.component_id, attempts=box.failed_attempts, why=why)
    return changed(check, status=Status.WARN, output=said)


def _oldest(view: View) -> Check:
    """For how long the message that has waited longest does; 0 when none waits."""
    box = view.outbox
    age = max(0.0, view.wall - box.oldest) if box else 0.0
    since = iso(box.oldest) if box else None
    return Check("component", observed_value=round(age, DECIMALS), observed_unit="s", since=since)


def _attempts(view: View) -> Check:
    """How often the message that failed most often has failed."""
    box = view.outbox
    return Check("component", observed_value=box.failed_attempts if box else 0, observed_unit="attempts")


def _held(account: Account, words: Words) -> Check:
    """What a channel is to hear later."""
    why = words.why[account.reason]
    return Check(
        "component",
        account.channel,
        observed_value=account.topic,
        output=words.phrases.held_back.format(channel=account.channel, why=why),
    )


def _silenced(topic: Topic, view: View, words: Words) -> Check:
    silence = view.silences[topic]
    said = sentences.silence(topic, silence, words, view.wall)
    return Check("component", observed_value=topic, output=said, until=iso(silence.until))


def _decision(ruling: Explain, words: Words) -> Check:
    """What became of a message for one channel."""
    return Check(
        "component",
        ruling.message,
        label=ruling.channel,
        observed_value=ruling.reason,
        time=iso(ruling.wall),
        output=words.why[ruling.reason],
    )


def _pause(view: View, words: Words) -> Check:
    if view.pause is None:
        return Check("component", observed_value="none", status=Status.PASS)
    said = sentences.pause(view.pause, words, view.wall)
    until = iso(view.pause.until)
    return Check("component", observed_value="paused", status=Status.WARN, output=said, until=until)


def _memory(view: View, words: Words) -> Check:
    failed = view.failed_saves
    check = Check("component", observed_value=failed, observed_unit="failed attempts", status=Status.PASS)
    if not failed:
        return check
    why = reason(view.unsaved, words)
    return changed(check, status=Status.WARN, output=words.phrases.not_saved.format(why=why))


def _deadman(view: View, words: Words) -> Check:
    """Whether the dead-man switch outside has heard of us, and when it last did."""
    switch, phrases = view.deadman, words.phrases
    check = Check("component")
    if switch is None:
        return changed(check, output=sentences.unread(phrases.no_deadman, words))
    check = changed(check, time=iso(switch.heard))
    if switch.failed:
        why = phrases.not_heard.format(attempts=switch.failed, why=reason(switch.why, words))
        return changed(check, observed_value="not heard", status=Status.WARN, output=why)
    if switch.heard is None:
        return changed(check, output=sentences.unread(phrases.not_heard_yet, words))
    return changed(check, observed_value="heard", status=Status.PASS)


def _away(view: View, words: Words) -> Check:
    """How long there was no sidecar before this one, and what became of the server meanwhile."""
    absence = view.absence
    check = Check("component", observed_unit="s")
    if absence is None:
        return changed(check, output=sentences.unread(words.phrases.no_absence, words))
    told = [Line(iso(absence.until) or "", sentences.absence(absence, words))] if absence.matters else None
    check = changed(check, observed_value=round(absence.until - absence.since, 1), status=Status.PASS)
    return changed(check, since=iso(absence.since), until=iso(absence.until), story=told)
