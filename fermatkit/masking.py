"""Texts without their secrets; in doubt, too much is masked rather than too little."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec

MASK = "***"
_SECRET = r"(?:passw|passphrase|pwd|token|secret|credential|authorization|bearer|cookie|api_?key)"  # noqa: S105 - words, no secret
_NAMED = re.compile(rf"(?i)({_SECRET}[\w.-]*[\\\"']*\s*[=:])[^\n]*")
"""A name like these, and whatever follows it on its line."""
_BEARER = re.compile(r"(?i)(bearer\s+)\S+")
_USER_INFO = re.compile(r"(://)[^/@\s]+@")
_KEY = re.compile(rf"(?i){_SECRET}|url$|(?:^|[_.-])key$")
"""Names in a file of configuration whose values are never shown."""
_FLAG = re.compile(rf"(?i)-[\w.-]*{_SECRET}[\w.-]*")
_COMMENT = re.compile(rf"(?i)(\s*[#!]).*{_SECRET}.*")
_PROPERTY = re.compile(r"\s*([^\s=:]+)\s*[=:\s]\s*(.*)")


def text(content: str) -> str:
    """Any lines, such as a log's."""
    return _USER_INFO.sub(rf"\1{MASK}@", _BEARER.sub(rf"\1{MASK}", _NAMED.sub(rf"\1{MASK}", content)))


def words(several: Sequence[str]) -> list[str]:
    """A command line; what follows a flag like ``--password`` is masked, too."""
    flags = [bool(_FLAG.fullmatch(word)) for word in ("", *several)]
    return [MASK if after else text(word) for after, word in zip(flags, several, strict=False)]


def properties(content: str) -> str:
    """A Java properties file; its comments, too, for a secret may have been commented out."""
    logical = re.sub(r"\\\r?\n[ \t]*", "", content)  # a line that goes on in the next
    return "".join(f"{_property(line)}\n" for line in logical.splitlines())


def _property(line: str) -> str:
    if comment := _COMMENT.fullmatch(line):
        return f"{comment[1]} {MASK}"
    match = _PROPERTY.fullmatch(line)
    if match is None:
        return text(line)
    hidden = "\\" in match[1] or _KEY.search(match[1])  # written with escapes, a name may be any
    return f"{match[1]} = {MASK}" if hidden else text(line)


def toml(content: str) -> bytes:
    """A TOML file, as JSON: only what is understood is shown. ValueError if it is not TOML."""
    return msgspec.json.format(msgspec.json.encode(_value("", tomllib.loads(content)), enc_hook=str))


def _value(key: str, value: Any) -> Any:  # noqa: ANN401 - whatever TOML can hold
    if _KEY.search(key):
        return MASK
    if isinstance(value, dict):
        return {name: _value(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        flags = [isinstance(item, str) and bool(_FLAG.fullmatch(item)) for item in ("", *value)]
        return [MASK if after else _value("", item) for after, item in zip(flags, value, strict=False)]
    return text(value) if isinstance(value, str) else value
