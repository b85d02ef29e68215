"""One look for a terminal: the verdict, what is wrong, the questions asked first, the figures.

Each line begins with a mark for how it is; a terminal adds the colour. It shows what ``/health`` says.
"""

from __future__ import annotations

from datetime import datetime

from fermatkit.measures import Measure
from sidecar.core.view import Status, View
from sidecar.faces import figures, sentences
from sidecar.faces.check import Check, Checks
from sidecar.faces.checks import checks
from sidecar.faces.health import notes
from sidecar.faces.words import Page, Words

MARKS = {Status.PASS: "✓", Status.WARN: "!", Status.FAIL: "✗", None: "?"}
"""How something is; None: not known."""
_FIGURES = (
    Measure.CPU,
    Measure.MEMORY,
    Measure.THREADS,
    Measure.FDS,
    Measure.ESTABLISHED,
    Measure.CLIENTS_REGISTERED,
    Measure.DISK_FREE,
    Measure.DISK_FULL_IN,
    "protocol:pong",
    "protocol:http",
)
_WIDE = 26


def glance(view: View, words: Words) -> str:
    """All of it, in lines."""
    details, verdict = checks(view, words), notes(view, words)
    known = ("restarts:last", "restarts:budget", "outbox:waiting")
    rows = [
        (details[key][0].status if details[key] else Status.PASS, *_fact(key, details, words))
        for key in known
    ]
    rows += [(details[key][0].status, *_figure(details[key][0], words)) for key in _FIGURES]
    return "\n".join(
        [
            f"{MARKS[view.status]} {verdict[0]}",
            f"  {_since(details['process:state'][0], view, words)}",
            *(f"  {line}" for line in verdict[1:]),
            "",
            *(f"{MARKS[status]} {label:{_WIDE}} {value}" for status, label, value in rows),
        ]
    )


def _since(state: Check, view: View, words: Words) -> str:
    page = words.page
    if state.since is None:
        return page.not_known
    began = datetime.fromisoformat(state.since).timestamp()
    span = figures.duration(max(0.0, view.wall - began), words)
    said = page.down if view.status is Status.FAIL else page.up
    pid = page.as_pid.format(pid=state.component_id) if state.component_id else ""
    return said.format(time=sentences.date(began), ago=span) + pid


def _fact(key: str, details: Checks, words: Words) -> tuple[str, str]:
    page, all_of_it = words.page, details[key]
    match key:
        case "restarts:last":
            return page.restart, _restart(all_of_it[0])
        case "restarts:budget":
            return page.budget, ", ".join(_left(one, words) for one in all_of_it) or page.unlimited
    return page.messages, _messages(all_of_it[0], page)


def _restart(check: Check) -> str:
    if check.time is None:
        return check.output or ""
    return f"{check.observed_value}, {sentences.date(datetime.fromisoformat(check.time).timestamp())}"


def _left(check: Check, words: Words) -> str:
    limit, spent = check.limit or 0, check.observed_value
    left = limit - spent if isinstance(spent, int) else limit
    within = figures.duration(check.within or 0.0, words)
    return words.page.left.format(left=left, limit=limit, within=within)


def _messages(check: Check, page: Page) -> str:
    if check.output:
        return check.output
    return page.waiting.format(count=check.observed_value) if check.observed_value else page.delivered


def _figure(check: Check, words: Words) -> tuple[str, str]:
    label, value = check.label or "", check.observed_value
    if value is None:
        return label, check.output or words.page.unknown
    if isinstance(value, str):
        return label, words.page.not_filling
    return label, _written(value, check.observed_unit or "", words)


def _written(value: float, unit: str, words: Words) -> str:
    if unit == "percent":  # to a tenth, as the page has it
        return words.numbers.percent.format(number=figures.written(f"{value:.1f}", words))
    return figures.quantity(value, unit, words)
