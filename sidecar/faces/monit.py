"""``/monit/``: a view as the tables of a Monit, for the Cloud Server's own admin page (cloud-server.md §2.5).

In English, whatever the language: Monit has no other.
"""

from __future__ import annotations

from html import escape

from fermatkit.measures import Measure, Unknown
from fermatkit.units import format_duration, format_size
from sidecar.core.nouns import Severity, Sign
from sidecar.core.phases import Stand
from sidecar.core.view import View
from sidecar.faces.check import iso
from sidecar.faces.label import Label

Rows = list[tuple[str, ...]]


def page(view: View, label: Label) -> bytes:
    """The whole page. A table for each type; the first column's header is the type."""
    tables = [
        _table(("System", "Status", "Load", "CPU", "Memory", "Swap"), _system(view, label)),
        _table(
            ("Process", "Status", "Uptime", "CPU Total", "Memory Total", "Threads", "Files"), _process(view)
        ),
        _table(("Filesystem", "Status", "Space Free", "Inodes Free", "Full In"), _disk(view)),
        _table(("Host", "Status", "Protocol(s)"), _signs(view, label)),
        _table(("Sidecar", "Status", "Restarts", "Incidents"), _sidecar(view, label)),
        _table(("Finding", "Status", "Since"), _findings(view)),
    ]
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>fermat-sidecar</title></head>'
    return f"{head}<body>{''.join(tables)}</body></html>".encode()


def _table(headers: tuple[str, ...], rows: Rows) -> str:
    first, *others = headers
    head = f'<th class="first">{first}</th>' + "".join(f"<th>{other}</th>" for other in others)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table id="header-row"><tr>{head}</tr>{body}</table>'


def _system(view: View, label: Label) -> Rows:
    load = _number(view, Measure.LOAD, "{:.2f} per core")
    cpu = f"{_percent(view, Measure.STEAL)} stolen, {_percent(view, Measure.IOWAIT)} wait"
    memory = (
        f"{_percent(view, Measure.MEMORY_AVAILABLE_SHARE)} free [{_size(view, Measure.MEMORY_AVAILABLE)}]"
    )
    return [(label.host, "Running", load, cpu, memory, _percent(view, Measure.SWAP_USED))]


def _process(view: View) -> Rows:
    used = (_percent(view, Measure.CPU), _size(view, Measure.MEMORY), _number(view, Measure.THREADS))
    fds = f"{_number(view, Measure.FDS)} of {_number(view, Measure.FDS_LIMIT)}"
    return [("cloud-server", _status(view), _duration(view, Measure.UPTIME), *used, fds)]


def _status(view: View) -> str:
    """In Monit's words, where it has one."""
    if view.stand is Stand.UNKNOWN:
        return "Initializing"
    if view.identity is None:
        return "Does not exist"
    return "Running" if view.ready else f"Execution failed | {view.stand}"


def _disk(view: View) -> Rows:
    free, full = view.readings.get(Measure.DISK_FREE), _duration(view, Measure.DISK_FULL_IN)
    status = "unknown" if free is None or isinstance(free, Unknown) else "Accessible"
    return [("server", status, _size(view, Measure.DISK_FREE), _percent(view, Measure.INODES_FREE), full)]


def _signs(view: View, label: Label) -> Rows:
    told = []
    for sign in Sign:
        fact = view.signs.get(sign)
        if fact is None or (fact.good_at is None and fact.missing_since is None):
            told.append(f"{sign}: not asked yet")
        elif fact.missing_since is not None:
            told.append(f"{sign}: no answer since {iso(fact.missing_since)}")
        else:
            told.append(f"{sign}: {(fact.latency or 0.0) * 1000:.1f} ms")
    missing = any(fact.missing_since is not None for fact in view.signs.values())
    return [(label.server, "Connection failed" if missing else "Online with all services", ", ".join(told))]


def _sidecar(view: View, label: Label) -> Rows:
    status = "Not monitored | paused" if view.pause else f"{view.status}"
    return [(f"fermat-sidecar {label.version}", status, str(view.restarts), f"{len(view.open)} open")]


def _findings(view: View) -> Rows:
    word = {Severity.WARN: "Warning", Severity.FAIL: "Failed"}
    return [(one.trouble, word[one.severity], iso(one.since) or "") for one in view.findings]


def _number(view: View, measure: Measure, form: str = "{:.0f}") -> str:
    reading = view.readings.get(measure)
    if reading is None or isinstance(reading, Unknown):
        return "unknown"
    return form.format(reading)


def _percent(view: View, measure: Measure) -> str:
    return _number(view, measure, "{:.1f}%")


def _size(view: View, measure: Measure) -> str:
    reading = view.readings.get(measure)
    return "unknown" if reading is None or isinstance(reading, Unknown) else format_size(reading)


def _duration(view: View, measure: Measure) -> str:
    reading = view.readings.get(measure)
    if reading is None or isinstance(reading, Unknown):
        return "unknown"
    return "never" if reading == float("inf") else format_duration(reading)
