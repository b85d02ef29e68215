"""docs/runbook.md says something of each finding, by the names, numbers and commands that are in force."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sidecar.cli import _parser
from sidecar.config.reference import tables
from sidecar.core.nouns import Trouble
from sidecar.core.rules import DEFAULTS, METRICS
from sidecar.core.stories import Chapter
from sidecar.faces.words import Words, words

PAGE = Path(__file__).parents[2] / "docs" / "runbook.md"
KEYS = {table.header: {key.name: (key.default or "").strip('"') for key in table.keys} for table in tables()}
SHOWN = {Trouble.SILENT, Trouble.BUSY, Trouble.RESTED, Trouble.COLD_BURST}
"""No message is about these: what comes of them has a name of its own, or an operator wants it."""
RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.txt"))
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def told(trouble: Trouble) -> str:
    """How its section begins: the message's names; what is found, and what follows from it, by default."""
    names = " / ".join(named(trouble, words(language)) for language in ("en", "es"))
    if trouble in SHOWN:
        return f"*Shown, and not told*: {names}"
    if trouble not in METRICS:
        return f"**{names}**"
    metric, rule, key = METRICS[trouble], DEFAULTS[trouble], KEYS[f"[rules.{trouble}]"]
    looked_at = " or ".join(
        f"`{one.measure}` of `{one.of}`" if one.of else f"`{one.measure}`" for one in (metric, *metric.others)
    )
    side = "below" if rule.clear > rule.threshold else "above"
    lasting = f" for `{key['for']}`" if rule.last else ""
    found = f"{looked_at} {side} `{key['threshold']}`{lasting}, over at `{key['clear']}`"
    return f"**{names}**: {found}; `{key['act']}`, `{key['severity']}`"


def named(trouble: Trouble, language: Words) -> str:
    """As a message's subject begins; what is a part of the server's story by that and in few words."""
    if trouble is Trouble.NOT_FOUND:
        return language.phrases.not_found.partition(":")[0]
    brief = re.sub(r"\{\w+\}", "…", language.brief[trouble])
    if trouble in SHOWN:
        return brief
    down = language.subject[Chapter.OPENED].partition(":")[0]
    return language.name.get(trouble) or f"{down}: … {brief}".replace("… …", "…")


def sections() -> dict[str, str]:
    """By their headings, without the blocks before the first."""
    found = re.split(r"^### (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_each_finding_has_its_section_and_no_other() -> None:
    named = [heading for heading in sections() if not heading[0].isupper()]
    assert sorted(named) == sorted(Trouble)


@pytest.mark.parametrize("trouble", Trouble)
def test_it_begins_with_what_is_in_force_and_says_what_to_do(trouble: Trouble) -> None:
    first, _, rest = sections()[trouble].strip().partition("\n")
    assert first == told(trouble)
    assert re.search(r"^- .", rest, re.MULTILINE), "nothing to do is something to say"


def test_the_limits_that_it_names_are_the_defaults() -> None:
    """``hung_after` (10s)``."""
    said = re.findall(r"`(\w+)` \((\w+%?)\)", PAGE.read_text())
    assert len(said) > 8
    assert set(said) == {(name, KEYS["[limits]"][name]) for name, _ in said}


def test_its_commands_are_taken() -> None:
    text = PAGE.read_text()
    inline = re.findall(r"`fermat-sidecar\s+([^`]+)`", text)
    blocks = re.findall(r"^fermat-sidecar (.*?)(?:\s+#.*)?$", "".join(SHELL.findall(text)), re.MULTILINE)
    assert len(inline) > 8
    assert len(blocks) > 2
    for command in inline + blocks:
        _parser().parse_args(shlex.split(command))


def test_what_is_only_shown_was_never_told_of() -> None:
    """In no recording; but all of them were found in one, but for what an operator does to a unit."""
    lines = [line for recording in RECORDINGS for line in recording.read_text().splitlines()]
    opened = {line.split(" opened: ")[1].split()[0] for line in lines if " opened: " in line}
    assert len(opened) > 20
    assert not opened & SHOWN
    found = {trouble for trouble in SHOWN if any(f"finding   {trouble} appeared" in line for line in lines)}
    assert found == SHOWN - {Trouble.RESTED}
