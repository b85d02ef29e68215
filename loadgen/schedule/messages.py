"""What a behaviour's message is: which operation, and how long. Pure."""

from __future__ import annotations

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Discoverer, Echo, Known, Pair

Message = tuple[Act, int | None, int]
"""The operation; its shortest length, None where the protocol says what is in it; how many lengths."""


def message(behaviour: Known) -> Message:
    """What such a client sends."""
    if isinstance(behaviour, Pair | Echo):
        least, most = int(behaviour.size.least), int(behaviour.size.most)
        return Act.ECHO if isinstance(behaviour, Echo) else Act.RELAY, least, most - least + 1
    return Act.DISCOVERY if isinstance(behaviour, Discoverer) else Act.LIST, None, 1
