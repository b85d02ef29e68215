"""``[return]``: whether, and how, clients come back that lost their connection against their will. Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

Wait = Annotated[float, msgspec.Meta(ge=0.01, le=3600, extra={"unit": "duration"})]


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """They try again until they are registered, or the run ends.

    The defaults are the real client's, which never gives up: 5 s from the loss to the first attempt (Tyrus'
    own delay), 5 s more after a connect that failed (cloud-server.md §3); and a little chance, as phones are.
    """

    first: Wait = 5.0
    """From the loss to the first attempt; it doubles with each that fails …"""
    most: Wait = 10.0
    """… up to this."""
    jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1
    """Each wait is longer by up to this part of it, evenly."""
