"""``[rules.NAME]``: the numbers of one rule, each in the unit of what it measures."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, cast

import msgspec

from fermatkit.measures import UNITS
from fermatkit.toml import texts
from fermatkit.toml.convert import under, unknown, values
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.plain import plain
from sidecar.core.nouns import Act, Severity, Trouble
from sidecar.core.quantities import Bytes, Seconds, Share
from sidecar.core.rules import DEFAULTS, METRICS, Rule

Line = Annotated[str, msgspec.Meta(extra={"read": texts.line})]
Number = Annotated[float, msgspec.Meta(ge=0)]


def _percent(value: object) -> float:
    """Of 100, as what it is compared with: written like every share."""
    return round(100 * cast("float", plain(value, Share)), 9)


_KINDS: dict[str, Any] = {
    "bytes": Bytes,
    "bytes/s": Bytes,
    "percent": Annotated[float, msgspec.Meta(extra={"read": _percent, "unit": "percent"})],
    "seconds": Seconds,
    "share": Share,
}
_ACTS = [act for act in Act if act not in (Act.AWAIT, Act.CONTINUE)]


def read(table: object, path: str, mistakes: list[Mistake]) -> dict[Trouble, Rule]:
    """The rules as this table changes them; mistakes are appended."""
    rules = dict(DEFAULTS)
    if not isinstance(table, dict):
        mistakes.append(Mistake(path, f"must hold tables, like [{path}.{Trouble.DISK_LOW}]"))
        return rules
    for name, one in table.items():
        where = under(path, name)
        if name not in METRICS:
            mistakes.append(
                Mistake(
                    where,
                    unknown(name, [trouble.value for trouble in METRICS]).replace("a setting", "a rule"),
                )
            )
            continue
        trouble, before = Trouble(name), len(mistakes)
        written = values(one, kind(trouble), where, mistakes)
        # With a mistake, too: what else is written may be another, its channels for one.
        good = {key: value for key, value in written.items() if value is not None}
        rules[trouble] = msgspec.structs.replace(DEFAULTS[trouble], **good)
        if len(mistakes) == before:
            mistakes += _crossed(
                trouble, rules[trouble], under(where, "clear" if "clear" in written else "threshold")
            )
    return rules


def kind(trouble: Trouble) -> type[msgspec.Struct]:
    """What can be written in this rule's table."""
    metric = METRICS[trouble]
    number = _KINDS.get("share" if metric.of else UNITS[metric.measure], Number)
    fields: list[Any] = [
        ("threshold", number, 0.0),
        ("clear", number, 0.0),
        ("last", Seconds, 0.0),
        ("act", Annotated[str, _choice(_ACTS)], ""),
        ("severity", Annotated[str, _choice(Severity)], ""),
        ("load_threshold", Annotated[number, msgspec.Meta(examples=[DEFAULTS[trouble].threshold])], 0.0),
        ("channels", Annotated[tuple[Line, ...], msgspec.Meta(examples=[("mail",)])], ()),
    ]
    return msgspec.defstruct(f"[rules.{trouble}]", fields, rename={"last": "for"}, frozen=True)


def _choice(members: Iterable[StrEnum]) -> msgspec.Meta:
    known = {member.value: member for member in members}

    def one_of(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in known:
            choices = " or ".join(f'"{word}"' for word in known)
            raise ValueError(f"must be {choices}, is {texts.shown(value)}")
        return known[value]

    return msgspec.Meta(extra={"read": one_of, "choices": tuple(known)})


def _crossed(trouble: Trouble, rule: Rule, path: str) -> list[Mistake]:
    """A rule that would be over before it begins."""
    falls = DEFAULTS[trouble].clear > DEFAULTS[trouble].threshold
    if rule.clear == rule.threshold or (rule.clear > rule.threshold) is not falls:
        side = "above" if falls else "below"
        return [Mistake(path, f"clear must be {side} the threshold: the finding would flap")]
    if rule.load_threshold is not None and (rule.clear > rule.load_threshold) is not falls:
        side = "below" if falls else "above"
        return [
            Mistake(
                f"{path.rpartition('.')[0]}.load_threshold", f"must be {side} clear: the finding would flap"
            )
        ]
    return []
