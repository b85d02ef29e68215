"""Every sentence of a report, in one catalogue a language."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from fermatkit.labels import labels
from fermatkit.measures import Measure
from loadgen.capacity.result import By
from loadgen.report.untested import Untested
from loadgen.tally import Operation
from loadgen.verdict import Word
from loadgen.watched import Kind

LANGUAGES = ("en", "es")
"""What there is a catalogue of."""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Titles, heads and sentences. ``{…}`` are filled in where they are used."""

    title: str
    about: str
    """Which run, when, how long, against whom."""
    made_by: str
    passed: str
    passed_without_messages: str
    departed: str
    # The figures that come first.
    clients: str
    clients_note: str
    answered: str
    answered_note: str
    response: str
    response_note: str
    connects: str
    connects_note: str
    lost: str
    lost_note: str
    generator: str
    generator_note: str
    # Sections.
    timeline: str
    server: str
    distribution: str
    phases: str
    accounting: str
    errors: str
    own_health: str
    thresholds: str
    capacity: str
    drills: str
    environment: str
    plan: str
    untested: str
    # Charts and their lines.
    load: str
    offered: str
    achieved: str
    open: str
    registered: str
    latency: str
    service: str
    connect: str
    errors_per_second: str
    other: str
    lateness: str
    lag: str
    loop_lag: str
    processor: str
    percent_axis: str
    # Of the table behind the charts.
    in_figures: str
    least: str
    most: str
    last: str
    # Heads of tables.
    milliseconds: str
    operation: str
    due: str
    sent: str
    answered_head: str
    in_flight: str
    late: str
    twice: str
    kind: str
    times: str
    threshold: str
    result: str
    held: str
    missed: str
    passed_drill: str
    failed_drill: str
    what: str
    at: str
    lasted: str
    unknown_result: str
    resource: str
    predicted: str
    used: str
    why: str
    carried: str
    not_carried: str
    drill: str
    detected: str
    acted: str
    listening: str
    proven: str
    back: str
    messages_lost: str
    messages_twice: str
    alerts: str
    objective: str
    at_most: str
    took: str
    never: str
    # Sentences.
    no_server: str
    seen_by: str
    seconds_a_point: str
    no_errors: str
    sum_of: str
    response_row: str
    service_row: str
    lag_row: str
    connect_row: str
    wait_row: str
    curve_about: str
    phases_about: str
    own_about: str
    interval: str
    interval_open: str
    gave_out: str
    not_known_what: str
    proves_nothing: str
    harm: str
    no_thresholds: str
    nothing_untested: str
    processor_row: str
    memory_row: str
    busiest_row: str
    collections_row: str
    longest_row: str
    result_file: str
    seed: str
    shard: str
    needs_javascript: str


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language."""

    language: str
    """As HTML names it."""
    decimal: str
    thousands: str
    unknown: str
    verdict: dict[Word, str]
    verdict_says: dict[Word, str]
    """What the word means, before the reasons."""
    untested: dict[Untested, str]
    operation: dict[Operation, str]
    phase: dict[str, str]
    mark: dict[Kind, str]
    load: dict[By, str]
    """The unit of what a search tries."""
    measure: dict[Measure, str]
    """Of the charts' lines."""
    environment: dict[str, str]
    text: Texts
    reason: dict[str, str] = {}
    """By what the verdict says in English, with ``{places}``; English needs none."""
    trouble: dict[str, str] = {}
    """By the kinds of `loadgen.trouble`; likewise."""


@cache
def words(language: str = "en") -> Words:
    """The catalogue of a language that ships with this program."""
    table = msgspec.toml.decode(files(__name__).joinpath(f"{language}.toml").read_bytes())
    return msgspec.convert(table | {"measure": labels(language)}, Words)
