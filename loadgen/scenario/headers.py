"""What a plan adds to the WebSocket upgrade: headers of its own, a subprotocol. Pure."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from fermatkit.toml.texts import shown

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
"""RFC 9110 §5.6.2, token."""
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]{0,8000}[\x21-\x7e])?")
_OURS = {"host", "upgrade", "connection", "content-length", "transfer-encoding"}
"""Without these, and those of ``Sec-WebSocket-``, as they are it is no upgrade (RFC 6455 §4.1)."""


def read(value: object) -> tuple[tuple[str, str], ...]:
    """Names and values of a list like ``["Authorization: Bearer x"]``; ValueError says what is wrong."""
    if not isinstance(value, list):
        raise ValueError(f'must be a list of texts, like ["Authorization: Bearer x"], is {shown(value)}')  # noqa: TRY004 - one kind of error for all mistakes
    return tuple(map(_header, value))


def _header(text: object) -> tuple[str, str]:
    name, colon, value = text.partition(":") if isinstance(text, str) else ("", "", "")
    value = value.strip()
    if not (colon and _NAME.fullmatch(name) and _VALUE.fullmatch(value)):
        raise ValueError(f"must be like 'Authorization: Bearer x', in ASCII, is {shown(text)}")
    if name.lower() in _OURS or name.lower().startswith("sec-websocket-"):
        raise ValueError(f"{name} is the WebSocket upgrade's own; leave it out")
    return name, value


def spell(headers: tuple[tuple[str, str], ...]) -> list[str]:
    """As they are written."""
    return [f"{name}: {value}" for name, value in headers]


def token(value: object) -> str:
    """The name of a subprotocol; ValueError says what is wrong."""
    if not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise ValueError(f"must be one word, like 'v2.chat', is {shown(value)}")
    return value


Headers = Annotated[tuple[tuple[str, str], ...], msgspec.Meta(extra={"read": read, "spell": spell})]
Subprotocol = Annotated[str, msgspec.Meta(extra={"read": token})]
