"""One word for a decision or its reason: what a log line and a replay call it."""

from __future__ import annotations

import msgspec

from sidecar.core.actions import Action
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Observation
from sidecar.core.stories import Message


def brief(thing: Action | Observation) -> str:
    """The kind, and those fields that fit in a word."""
    words = [type(thing).__name__]
    for name, value in msgspec.structs.asdict(thing).items():
        if name == "wall":
            continue  # whoever reads this has its time
        if isinstance(value, Identity):
            words.append(f"pid={value.pid}")
        elif isinstance(value, Message):
            words.append(value.id)
        elif isinstance(value, Ended):
            words.append(f"code={value.code} signal={value.signal}")
        elif isinstance(value, str | int | float) and value != "":
            words.append(f"{name}={value}")
    return " ".join(words)
