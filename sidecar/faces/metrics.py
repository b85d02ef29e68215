"""``/metrics``: a view as samples. What is not known has no sample, and one in ``fermat_unknown``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Severity, Sign, Trouble
from sidecar.core.phases import Stand
from sidecar.core.view import Status, View
from sidecar.faces.exposition import Family, Kind, Sample
from sidecar.faces.label import Label
from sidecar.faces.series import SERIES

BUILD = Family("fermat_sidecar_build_info", "Which sidecar this is, and of which server.", Kind.INFO)
UP = Family("fermat_server_up", "Whether the server's process is there.")
READY = Family("fermat_server_ready", "Whether it has proven that it serves: a registration was answered.")
PORT_OWNED = Family("fermat_server_port_owned", "Whether the server's port is its own.")
STARTED = Family("fermat_server_start_time_seconds", "When the server's process started, to a second.")
VERDICT = Family("fermat_health", "The verdict of /health: 1 for the one that holds.")
STAND = Family("fermat_recovery_stand", "Where the sidecar's recovery stands: 1 for the rung it is on.")
FINDING = Family("fermat_finding", "What is wrong now, by its name and severity: 1 while it is.")
UNKNOWN = Family("fermat_unknown", "1 for each measure, named as in /health, that cannot be read.")
LATENCY = Family("fermat_sign_latency_seconds", "How long the last good answer took, for each sign of life.")
ANSWERED = Family("fermat_sign_last_success_timestamp_seconds", "When the last good answer came.")
MISSING = Family("fermat_sign_missing", "Whether the sign of life is missing now.")
REGISTERED = Family("fermat_registration_latency_seconds", "How long the sidecar's registration took.")
RESTARTS = Family(
    "fermat_restarts_total", "Restarts counted against the budget since the sidecar started.", Kind.COUNTER
)
LEFT = Family("fermat_restart_budget_left", "Restarts that may still be made within a window of the budget.")
LIMIT = Family("fermat_restart_budget_limit", "Restarts that such a window allows.")
INCIDENTS = Family("fermat_incidents_open", "Incidents that are open.")
IN_HAND = Family("fermat_incidents_acknowledged", "Open incidents that somebody has in hand.")
PAUSED = Family("fermat_sidecar_paused", "Whether the sidecar keeps its hands off.")
WAITING = Family("fermat_sidecar_outbox_waiting", "Messages that a channel has not taken yet, by channel.")
ATTEMPTS = Family(
    "fermat_sidecar_channel_failed_attempts", "Of the message that its channel refused most often; 0: none."
)
OLDEST = Family(
    "fermat_sidecar_outbox_oldest_timestamp_seconds", "Since when the longest waiting message does."
)
UNSAVED = Family("fermat_sidecar_failed_saves", "Attempts in a row to save the memory that have failed.")
UNHEARD = Family(
    "fermat_sidecar_deadman_failed_attempts", "Attempts in a row that the dead-man switch missed."
)

OWN = {
    "resident": Family("process_resident_memory_bytes", "Resident memory of the sidecar."),
    "virtual": Family("process_virtual_memory_bytes", "Virtual memory of the sidecar."),
    "cpu": Family("process_cpu_seconds_total", "User and system CPU time of the sidecar.", Kind.COUNTER),
    "fds": Family("process_open_fds", "File descriptors that the sidecar has open."),
    "fds_limit": Family("process_max_fds", "File descriptors that the sidecar may have open."),
    "started": Family("process_start_time_seconds", "When the sidecar started."),
}
"""What a Prometheus client says of itself, by the names that dashboards expect."""


def samples(view: View, label: Label, own: dict[str, float]) -> list[Sample]:
    """All of them; ``own`` are figures of the sidecar's process, by the keys of `OWN`."""
    return [
        Sample(BUILD, 1, (("version", label.version), ("address", label.server), ("host", label.host))),
        *_server(view),
        *_readings(view),
        *_signs(view),
        *_findings(view),
        *_recovery(view),
        *_sidecar(view),
        *(Sample(OWN[name], value) for name, value in own.items()),
    ]


def _server(view: View) -> Iterator[Sample]:
    if view.stand is not Stand.UNKNOWN:
        yield Sample(UP, view.identity is not None)
    yield Sample(READY, view.ready)
    if view.owned is not None:
        yield Sample(PORT_OWNED, view.owned)
    uptime = view.readings.get(Measure.UPTIME)
    if isinstance(uptime, float | int):  # of two clocks, which differ by a little each time
        yield Sample(STARTED, round(view.read[Measure.UPTIME] - uptime))
    yield from _one_of(VERDICT, "status", Status, view.status)


def _readings(view: View) -> Iterator[Sample]:
    for series in SERIES:
        for measure, labels in series.measures.items():
            reading = view.readings.get(measure)
            if reading is not None and not isinstance(reading, Unknown):
                yield Sample(series.family, reading * series.scale, labels)
    for measure, reading in sorted(view.readings.items()):
        if isinstance(reading, Unknown):
            yield Sample(UNKNOWN, 1, (("measure", measure),))


def _signs(view: View) -> Iterator[Sample]:
    known = [(fact, (("sign", str(sign)),)) for sign in Sign if (fact := view.signs.get(sign))]
    yield from (Sample(LATENCY, fact.latency, by) for fact, by in known if fact.latency is not None)
    yield from (Sample(ANSWERED, fact.good_at, by) for fact, by in known if fact.good_at is not None)
    asked = [(fact, by) for fact, by in known if fact.good_at is not None or fact.missing_since is not None]
    yield from (Sample(MISSING, fact.missing_since is not None, by) for fact, by in asked)
    if view.proof is not None:
        yield Sample(REGISTERED, view.proof.latency)


def _findings(view: View) -> Iterator[Sample]:
    now = {(finding.trouble, finding.severity) for finding in view.findings}
    for trouble in Trouble:
        for severity in Severity:
            yield Sample(FINDING, (trouble, severity) in now, (("name", trouble), ("severity", severity)))


def _recovery(view: View) -> Iterator[Sample]:
    yield from _one_of(STAND, "stand", Stand, view.stand)
    yield Sample(RESTARTS, view.restarts)
    windows = {(("within_seconds", f"{one.window.within:.0f}"),): one for one in view.budget}
    for labels, one in windows.items():
        yield Sample(LEFT, max(0, one.window.restarts - one.spent), labels)
    for labels, one in windows.items():
        yield Sample(LIMIT, one.window.restarts, labels)
    yield Sample(INCIDENTS, len(view.open))
    yield Sample(IN_HAND, sum(incident.ack is not None for incident in view.open.values()))


def _sidecar(view: View) -> Iterator[Sample]:
    yield Sample(PAUSED, view.pause is not None)
    channels = {(("channel", name),): one for name, one in view.channels.items()}
    yield from (Sample(WAITING, one.waiting, labels) for labels, one in channels.items())
    yield from (Sample(ATTEMPTS, one.failed_attempts, labels) for labels, one in channels.items())
    if view.outbox is not None:
        yield Sample(OLDEST, view.outbox.oldest)
    yield Sample(UNSAVED, view.failed_saves)
    if view.deadman is not None:
        yield Sample(UNHEARD, view.deadman.failed)


def _one_of(family: Family, label: str, values: Iterable[str], now: str) -> Iterator[Sample]:
    return (Sample(family, value == now, ((label, value),)) for value in values)
