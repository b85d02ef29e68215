"""Reasons in the reader's language: a probe's, the operating system's, a library's come in English.

A reason is data of its moment, in recordings and in the memory: it stays as it was said, and only a face
translates. The catalogue knows our own and the commonest of the system by their English text; what it does
not know, such as a person's word, is quoted, so that no sentence is half of each language.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from sidecar.faces.figures import written
from sidecar.faces.words import Words
from sidecar.faces.words import words as catalogue

_PART = re.compile(r"\{([a-z]+)\d*\}")
_SHAPES = {"number": r"-?\d+(?:\.\d+)?", "pid": r"\d+", "name": r"\S+", "path": r"\S+"}
"""What may stand for a part of a reason; for any other, anything."""
_ABOUT = re.compile(r"(\S+): (.+)", re.DOTALL)
"""What an error is about, a file or a call, and what is wrong with it."""
_LONGEST = 400
"""Characters of a reason that is looked into: a longer one is a server's own, and could go on for ever."""
_KEPT = 512
"""Translations: those of a server's readings are asked for each second."""


def reason(why: str, words: Words) -> str:
    """A reason as part of a sentence."""
    if not why or not words.reason:
        return why
    known = _translated(why, words.language) if len(why) <= _LONGEST else ""
    return known or quoted(why, words)


def quoted(text: str, words: Words) -> str:
    """What a person or a program said, in whatever language."""
    return words.phrases.quoted.format(why=text) if text else ""


@lru_cache(_KEPT)
def _translated(why: str, language: str) -> str:
    """The reason, or those that are joined in it; "" if it is not known."""
    words = catalogue(language)
    return _whole(why, words) or _all(why.split("; "), words) or _findings(why, words) or _about(why, words)


def _whole(why: str, words: Words) -> str:
    for pattern, text in _known(words.language):
        found = pattern.fullmatch(why)
        if found is not None:
            return text.format(**{name: _part(name, part, words) for name, part in found.groupdict().items()})
    return ""


def _part(name: str, text: str, words: Words) -> str:
    match name.rstrip("0123456789"):
        case "why" | "what":
            return reason(text, words)
        case "who":  # a name, if it is no reason why there is none
            return _translated(text, words.language) or text
        case "said":
            return quoted(text, words)
        case "number":
            return written(text, words)
    return text


def _all(parts: list[str], words: Words) -> str:
    return "; ".join(reason(part, words) for part in parts) if len(parts) > 1 else ""


def _findings(why: str, words: Words) -> str:
    """Why no restart would help: findings, named as in the subjects of their own messages."""
    names = {str(trouble): name for trouble, name in words.name.items()}
    parts = why.split(", ")
    return ", ".join(names[part] for part in parts) if set(parts) <= set(names) else ""


def _about(why: str, words: Words) -> str:
    found = _ABOUT.fullmatch(why)
    rest = _translated(found[2], words.language) if found else ""
    return f"{found[1]}: {rest}" if found and rest else ""


@cache
def _known(language: str) -> list[tuple[re.Pattern[str], str]]:
    """The most definite first: what has most letters of its own."""
    texts = sorted(catalogue(language).reason.items(), key=lambda one: -len(_PART.sub("", one[0])))
    return [(_pattern(english), text) for english, text in texts]


def _pattern(english: str) -> re.Pattern[str]:
    """Of a text, whose ``{…}`` stand for anything of their shape."""
    pattern, end = "", 0
    for part in _PART.finditer(english):
        name, shape = part[0][1:-1], _SHAPES.get(part[1], ".+?")
        pattern += f"{re.escape(english[end : part.start()])}(?P<{name}>{shape})"
        end = part.end()
    return re.compile(pattern + re.escape(english[end:]), re.DOTALL)
