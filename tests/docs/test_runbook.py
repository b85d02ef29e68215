"""docs/runbook.md says something of each finding, by the names, numbers and commands that are in force."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sidecar.actuators.evidence.plan import Server, plan
from sidecar.cli import _parser
from sidecar.config.reference import tables
from sidecar.config.texts import _OUR_DIRECTORIES
from sidecar.core.findings.server import _COLD_BURST_SHOWN
from sidecar.core.learning import _EXPECTED_FOR
from sidecar.core.nouns import Act, Identity, Trouble
from sidecar.core.policy import Limits
from sidecar.core.rules import DEFAULTS, METRICS
from sidecar.core.stories import Chapter
from sidecar.faces.health import _OWN
from sidecar.faces.words import Words, words
from sidecar.probes.http import _PATH

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "runbook.md"
KEYS = {table.header: {key.name: (key.default or "").strip('"') for key in table.keys} for table in tables()}
SHOWN = {Trouble.SILENT, Trouble.BUSY, Trouble.RESTED, Trouble.COLD_BURST}
"""No message is about these: what comes of them has a name of its own, or an operator wants it."""
OURS = {*_OWN, "sidecar:away"}
"""What `/health` says of the sidecar itself."""
OF_NO_FINDING = [
    "The restart budget is spent",
    "A message does not arrive",
    "Nothing is saved",
    "The dead-man switch does not answer",
    "The dead-man switch rings",
    "No sidecar had watched",
]
OTHERS = {"dbus.socket", "polkit.service", "UNIT"}
"""Units that are not shipped; the last stands for any."""
VERBS = {"edit", "kill", "reload", "reset-failed", "restart", "set-property", "start", "status", "stop"}
"""Of systemctl: those that systemctl(1) has, of which the page speaks."""
PROGRAMS = {"curl", "du", "fermat-sidecar", "find", "journalctl", "ls", "ps", "ss", "sysctl", "systemctl"}
PROGRAMS |= {"systemd-cgls", "ulimit"}
"""Those that a Debian with a Cloud Server has; what comes after them is tried by hand."""
UNIT = (ROOT / "systemd" / "fermat-cloud-server.service").read_text()
RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.txt"))
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def told(trouble: Trouble) -> str:
    """How its section begins: the message's names; what is found, and what follows from it, by default."""
    both = words("en"), words("es")
    names = " / ".join(named(trouble, language) for language in both)
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
    if rule.act is Act.RESTART:  # then it is an outage, by that name; its own is for who cannot restart
        downs = " / ".join(down(trouble, language) for language in both)
        names = f"{downs}**; where it is only told **{names}"
    return f"**{names}**: {found}; `{key['act']}`, `{key['severity']}`"


def named(trouble: Trouble, language: Words) -> str:
    """As a message's subject begins; what is a part of the server's story by that and in few words."""
    if trouble is Trouble.NOT_FOUND:
        return language.phrases.not_found.partition(":")[0]
    if trouble in SHOWN:
        return language.brief[trouble]
    return language.name.get(trouble) or down(trouble, language)


def down(trouble: Trouble, language: Words) -> str:
    """As an outage is told for it."""
    return f"{opening(language.subject[Chapter.OPENED])}: … {dotted(language.brief[trouble])}".replace(
        "… …", "…"
    )


def opening(subject: str) -> str:
    """What it begins with, whoever it is about."""
    return dotted(subject).partition(":")[0]


def dotted(text: str) -> str:
    """With dots for what is filled in."""
    return re.sub(r"\{\w+\}", "…", text)


def codes() -> list[str]:
    """What stands as code, on one line each, outside of blocks."""
    plain = re.sub(r"^```.*?^```$", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", plain)]


def sections() -> dict[str, str]:
    """By their headings, without the blocks before the first."""
    found = re.split(r"^### (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_each_finding_has_its_section_and_what_is_none() -> None:
    named = [heading for heading in sections() if not heading[0].isupper()]
    assert sorted(named) == sorted(Trouble)
    assert [heading for heading in sections() if heading[0].isupper()] == OF_NO_FINDING


@pytest.mark.parametrize("trouble", Trouble)
def test_it_begins_with_what_is_in_force_and_says_what_to_do(trouble: Trouble) -> None:
    first, _, rest = sections()[trouble].strip().partition("\n")
    assert first == told(trouble)
    assert re.search(r"^- .", rest, re.MULTILINE), "nothing to do is something to say"


def test_the_limits_that_it_names_are_the_defaults() -> None:
    """``hung_after` (10s)``."""
    said = re.findall(r"`(\w+)`\s+\(([\w:]+%?)\)", PAGE.read_text())
    assert len(said) > 8
    assert set(said) == {(name, KEYS["[limits]"][name]) for name, _ in said}


def test_each_message_is_in_the_table_by_its_beginning() -> None:
    _, _, rest = PAGE.read_text().partition("| The message begins with | |")
    table = rest.partition("\n\n")[0]
    for language in (words("en"), words("es")):
        own = [*language.subject.values(), *language.condition.values(), language.phrases.not_found]
        first = {opening(subject) for subject in (*own, language.trial.subject)} - {"…"}
        assert {f"`{one}`" for one in first if f"`{one}`" not in table} == set()


def test_the_budget_is_the_one_in_force() -> None:
    """The sidecar's, and the one that follows from the unit: the first of its starts is no restart."""
    short, day = Limits().budget
    starts, span = (
        int(re.findall(rf"^StartLimit{key}=(\d+)$", UNIT, re.MULTILINE)[0])
        for key in ("Burst", "IntervalSec")
    )
    assert (day.within, span) == (86400, short.within)
    said = sections()["The restart budget is spent"]
    assert f"{short.restarts} restarts in {short.within / 60:.0f} minutes and {day.restarts} in a day" in said
    assert f"the {starts - 1} in {span / 60:.0f} minutes" in said
    assert f"limit of {starts} starts" in said
    assert f"{starts} starts in {span / 60:.0f} minutes" in sections()["exited"]


def test_the_spans_that_cannot_be_set_are_right() -> None:
    first, longest = Limits().backoff_first, Limits().backoff_max
    assert f" {first:g}, {2 * first:g}, {4 * first:g} … {longest:g} s." in sections()["exited"]
    assert (_COLD_BURST_SHOWN, _EXPECTED_FOR) == (600, 3600)
    assert "shown for ten minutes" in sections()["cold-burst"]
    assert "waited for an hour" in " ".join(sections()["clients-missing"].split())


def test_what_health_says_of_the_sidecar_has_its_section() -> None:
    found = [sections()[heading] for heading in OF_NO_FINDING]
    assert {one for one in OURS for text in found if f"`{one}`" in text} == OURS
    assert all(re.search(r"^- .", text, re.MULTILINE) for text in found)


def test_the_evidence_that_it_names_is_gathered() -> None:
    server = Server(9090, Path("/"), None, Path("/"))
    lanes = plan(Identity(1, 1), server, lambda: None, 0.0).values()
    parts = {part.name for lane in lanes for part in lane} | {"summary.json"}
    named = {code for code in codes() if re.fullmatch(r"[a-z-]+\.(txt|json|jsonl)", code)}
    assert len(named) > 5
    assert named <= parts


def test_its_units_and_what_is_done_to_them_are_there() -> None:
    shipped = {path.stem for path in (ROOT / "systemd").glob("*.service")}
    ordered = [shlex.split(code) for code in codes() if code.startswith("systemctl ")]
    assert len(ordered) > 12
    assert {order[1] for order in ordered} <= VERBS
    units = {one for order in ordered for one in order[2:] if one[0] != "-" and "=" not in one}
    asked = [shlex.split(code) for code in codes() if code.startswith(("journalctl -u", "systemd-cgls -u"))]
    assert units | {order[2] for order in asked} <= shipped | OTHERS


def test_its_keys_are_there() -> None:
    """``[limits] budget``, ``on_stop = "leave"``."""
    named = [one.groups() for code in codes() if (one := re.fullmatch(r"(\[[\w.]+\]) (\w+)", code))]
    assert len(named) > 5
    assert all(key in KEYS[table] for table, key in named)
    every = {key for keys in KEYS.values() for key in keys}
    assigned = {code.partition(" = ")[0] for code in codes() if re.match(r"\w+ = ", code)}
    assert assigned <= every
    assert {code for code in codes() if re.fullmatch(r"[a-z]+(_[a-z]+)+", code)} <= every


def test_what_it_says_of_the_unit_is_in_it() -> None:
    """Its settings by name, where the page wants another value; those of its restarts whole."""
    lines = [line.partition("=") for line in UNIT.splitlines() if not line.startswith("#")]
    settings = {name: value for name, _, value in lines}
    set_ = [one.groups() for code in codes() for one in re.finditer(r"(?:^| )([A-Z]\w+)=(\w*)", code)]
    assert len(set_) > 8
    assert {name for name, _ in set_} <= {*settings, "LimitNPROC"}
    whole = [(name, value) for name, value in set_ if name.startswith(("Restart", "StartLimit"))]
    assert len(whole) == 3
    assert all(settings[name] == value for name, value in whole)
    assert "-Xmx512m " in UNIT
    assert settings["MemoryMax"] == "1280M"
    assert {"-Xmx512m", "MemoryMax=1280M"} <= set(codes())


def test_its_paths_and_figures_are_those_of_the_guide() -> None:
    text, guide = PAGE.read_text(), (ROOT / "INSTALL.md").read_text()
    state = KEYS["[state]"]["directory"]
    own = {f"{state}/{name}" for name in (*_OUR_DIRECTORIES, KEYS["[server]"]["output"])}
    paths = {path.rstrip("/") for path in re.findall(r"`[^`]*?(/(?:opt|usr|var)/[\w./-]+)", text)}
    assert len(paths) > 4
    assert {path for path in paths - own if path not in UNIT + guide} == set()
    assert set(re.findall(r"[\d.,]+ [KMG]B", text)) <= set(re.findall(r"[\d.,]+ [KMG]B", guide))
    assert set(re.findall(r"/fermat/[\w/]+", text)) == {_PATH}


def test_its_programs_are_no_others() -> None:
    commands = [code for code in codes() if re.match(r"[a-z-]+ [^=]", code) and "/" not in code.split()[0]]
    assert len(commands) > 30
    assert {command.split()[0] for command in commands} <= PROGRAMS


def test_its_commands_are_taken() -> None:
    text = PAGE.read_text()
    inline = [code.removeprefix("fermat-sidecar ") for code in codes() if code.startswith("fermat-sidecar ")]
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
