"""Every sentence, in one catalogue a language, keyed by the core's enums."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from fermatkit.labels import labels
from fermatkit.measures import Measure
from sidecar.core.actions import Pulse
from sidecar.core.moments import Meanwhile
from sidecar.core.nouns import Sign, Trouble
from sidecar.core.phases import Stand
from sidecar.core.stories import Chapter, Deed, Reason
from sidecar.core.view import Status

LANGUAGES = ("en", "es")
"""What there is a catalogue of."""


class Ends(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a process ended."""

    signal: str
    dumped: str
    code: str
    shell: str
    """An exit code by which a program says that a signal ended it: 128 + its number."""
    zero: str
    unknown: str
    result: str
    """All of these, with the word of the one that restarts the server."""
    nameless: str
    """A signal that has a number only."""


class Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How numbers are written."""

    decimal: str
    thousands: str
    share: str
    percent: str


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is no enum's: the parts that the sentences are joined with, and the headings."""

    server: str
    """What an incident of the server itself is called, in a list."""
    nobody: str
    none: str
    incidents_open: str
    incidents_last: str
    silences: str
    decisions: str
    incident_open: str
    incident_closed: str
    told: str
    held_back: str
    silenced: str
    decided: str
    pid_of: str
    eater: str
    pid_for: str
    pid_at: str
    pid_as: str
    why_after: str
    both: str
    seen: str
    also: str
    """What else is wrong."""
    done: str
    nothing_done: str
    spent: str
    left_out: str
    clients: str
    clients_unknown: str
    no_sample: str
    open: str
    open_restarted: str
    open_held: str
    not_found: str
    """The subject of a message that claims no outage: whether the server runs is not known."""
    open_entrusted: str
    open_awaited: str
    open_not_found: str
    open_left: str
    open_continued: str
    proof: str
    open_acting: str
    well: str
    """Why a story that needs no proven server counts as over."""
    proven: str
    proven_unowned: str
    """Where only the registration is a proof."""
    length: str
    next: str
    escalated: str
    flaps: str
    """Why this is the last message for a while."""
    left: str
    together: str
    """How a digest begins."""
    before: str
    acked: str
    to_ack: str
    by_hand: str
    to_start: str
    to_restart: str
    elsewhere: str
    """In place of the file that holds what the server printed, where the sidecar does not keep that."""
    signature: str
    unknown: str
    quoted: str
    """A reason in words that are none of ours."""
    paused: str
    in_load: str
    began_in_load: str
    by: str
    planned: str
    """In place of whose wish a pause is."""
    not_sampled: str
    not_asked: str
    registration: str
    owner: str
    configuration: str
    unowned: str
    """What is not known although the server is proven."""
    not_registered: str
    missing: str
    not_saved: str
    not_taken: str
    away: str
    no_absence: str
    no_deadman: str
    not_heard: str
    not_heard_yet: str
    never: str
    """In place of a moment that does not come by itself."""
    no_restart: str
    description: str


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message that was asked for only to see whether it arrives, and what became of it."""

    subject: str
    body: str
    taken: str
    not_taken: str


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table of the past: its heads, and the line below it."""

    time: str
    verdict: str
    available: str
    cpu: str
    memory: str
    threads: str
    fds: str
    connections: str
    clients: str
    whole: str


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page says of its own: the rest is what ``/health`` says."""

    title: str
    asking: str
    wrong: str
    restart: str
    disk: str
    budget: str
    messages: str
    measures: str
    history: str
    range: str
    incidents: str
    no_incidents: str
    mark_bad: str
    mark_warn: str
    mark_restarted: str
    as_json: str
    needs_javascript: str
    warn: str
    fail: str
    no_answer: str
    unknown: str
    since: str
    of: str
    free: str
    full_in: str
    not_filling: str
    restarted: str
    left: str
    unlimited: str
    waiting: str
    delivered: str
    down: str
    up: str
    as_pid: str
    version: str
    as_of: str
    silent: str
    not_known: str
    below: str
    still: str
    spoken: str
    chart_cpu: str
    chart_memory: str
    chart_latency: str
    chart_clients: str
    chart_sockets: str
    chart_threads: str
    chart_fds: str
    chart_disk: str


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language. A text's ``{…}`` are filled in by name where it is used."""

    language: str
    """As HTML and HTTP name it."""
    status: dict[Status, str]
    """The verdict in a sentence."""
    verdict: dict[Stand, str]
    """The verdict where that is fail, and the server was not proven."""
    stand: dict[Stand, str]
    """What the sidecar does about it."""
    trouble: dict[Trouble, str]
    """A whole sentence."""
    brief: dict[Trouble, str]
    """A few words, for a subject."""
    advice: dict[Trouble, str]
    """The next step for a human."""
    sign: dict[Sign, str]
    deed: dict[Deed, str]
    meanwhile: dict[Meanwhile, str]
    """What became of the server while there was no sidecar."""
    pulse: dict[Pulse, str]
    """What the dead-man switch is told, for whoever reads there why it rang."""
    subject: dict[Chapter, str]
    """Of a message about the server."""
    condition: dict[Chapter, str]
    """Of a message about a finding that is a story of its own, by its name below."""
    name: dict[Trouble, str]
    still: dict[Trouble, str]
    """What is open while it lasts."""
    over: dict[Trouble, str]
    """Why one may be called over, where that is not for its reading alone."""
    measure: dict[Measure, str]
    """A label."""
    limit: dict[Measure, str]
    """By what is counted: whose the limit is that the server may share, and how it is set."""
    why: dict[Reason, str]
    """What became of a message, and why."""
    ends: Ends
    numbers: Numbers
    trial: Trial
    phrases: Phrases
    history: History
    page: Page
    reason: dict[str, str] = {}
    """By what the probes and the system say, in English: none is needed for that."""


@cache
def words(language: str = "en") -> Words:
    """The catalogue of a language that ships with the sidecar."""
    table = msgspec.toml.decode(files(__name__).joinpath(f"{language}.toml").read_bytes())
    return msgspec.convert(table | {"measure": labels(language)}, Words)
