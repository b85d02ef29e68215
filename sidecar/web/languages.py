"""Which of our languages a reader wants: ``Accept-Language`` (RFC 9110, 12.5.4)."""

from __future__ import annotations

from collections.abc import Collection


def preferred(accepted: str, ours: Collection[str], otherwise: str) -> str:
    """The one of ours that is wanted most, by its first part: ``es-AR`` is ``es``; nonsense wants nothing."""
    if not accepted:
        return otherwise  # a program, which asks a thousand times as often as a person
    wishes = [_wish(part) for part in accepted.split(",")]
    most = max((weight for weight, language in wishes if language in ours), default=0.0)
    first = (language for weight, language in wishes if language in ours and weight == most)
    return next(first, otherwise) if most else otherwise


def _wish(part: str) -> tuple[float, str]:
    """How much which language is wanted, from 0 to 1."""
    name, _, parameter = part.partition(";")
    language = name.strip().lower().partition("-")[0]
    key, _, value = parameter.strip().partition("=")
    if not parameter:
        return 1.0, language
    try:
        weight = float(value) if key.strip() == "q" else 0.0
    except ValueError:
        return 0.0, language
    return (weight if 0 <= weight <= 1 else 0.0), language
