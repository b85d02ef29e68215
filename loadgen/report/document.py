"""A report in the words of one language: what every face has, HTML and Markdown alike. Pure data."""

from __future__ import annotations

import msgspec

from loadgen.report.timeline import Column


class Fact(msgspec.Struct, frozen=True):
    """One of the figures that come first."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    """Empty, or warn or fail."""


class Facts(msgspec.Struct, frozen=True):
    """Several of them."""

    facts: tuple[Fact, ...]


class Table(msgspec.Struct, frozen=True):
    """Rows of texts; all columns but the first `words` are figures."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


class Text(msgspec.Struct, frozen=True):
    """A paragraph."""

    text: str


class Points(msgspec.Struct, frozen=True):
    """A list."""

    texts: tuple[str, ...]


class Code(msgspec.Struct, frozen=True):
    """As it stands."""

    text: str


class Line(msgspec.Struct, frozen=True):
    """One line of a chart; `least` and `most` where a point stands for many."""

    label: str
    mean: Column
    least: Column | None = None
    most: Column | None = None


class Chart(msgspec.Struct, frozen=True):
    """Lines over the time of the run."""

    title: str
    unit: str
    """As `fermatkit.measures` names units; "/s" of rates, "ms" of latencies."""
    at: tuple[float, ...]
    lines: tuple[Line, ...]
    wide: bool = False


class Moment(msgspec.Struct, frozen=True):
    """A mark on all charts of an axis."""

    since: float
    until: float
    kind: str
    """bad, warn or restarted: its colour, as in the sidecar's page."""


class Axis(msgspec.Struct, frozen=True):
    """Of time: seconds since the start of a run."""

    end: float
    moments: tuple[Moment, ...]
    legend: tuple[tuple[str, str], ...]
    """Colour of a mark → what it stands for; only of marks that there are."""


class Charts(msgspec.Struct, frozen=True):
    """Several on one axis."""

    charts: tuple[Chart, ...]
    axis: Axis
    caption: str
    """Of the table behind them."""
    table: Table


class Curve(msgspec.Struct, frozen=True):
    """The percentile curve: percent → milliseconds of each line."""

    percents: tuple[float, ...]
    lines: tuple[Line, ...]
    """Their `mean` are the values."""


Block = Facts | Table | Text | Points | Code | Charts | Curve


class Section(msgspec.Struct, frozen=True):
    """A chapter; without a title it belongs to the head."""

    title: str
    blocks: tuple[Block, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    language: str
    title: str
    status: str
    """pass, fail or none: the colour of the verdict."""
    verdict: str
    about: str
    """Which run, when, against whom."""
    sections: tuple[Section, ...]
    made_by: str
