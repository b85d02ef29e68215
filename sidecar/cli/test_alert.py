"""``fermat-sidecar test-alert``: a real message through the whole path, and what each channel answers."""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Sequence
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from fermatkit.units import format_duration
from sidecar.actuators.sender import Sender
from sidecar.config.load import load
from sidecar.config.settings import ChannelSettings
from sidecar.config.texts import shown
from sidecar.faces.label import label
from sidecar.faces.message import Rendered, trial
from sidecar.faces.words import words


def test_alert(config: Path, channel: str | None) -> ExitCode:
    """A line for each channel as soon as it has answered; good only if all have taken the message."""
    settings = load(config)
    channels = _chosen(settings.channels, channel, config)
    for one in channels:
        one.url.reveal()  # a credential that is not there is told before anything is sent
    answers = asyncio.run(_tell(channels, trial(label(settings), words(), time.time())))
    return ExitCode.GOOD if all(answers) else ExitCode.UNHEALTHY


def _chosen(channels: Sequence[ChannelSettings], name: str | None, config: Path) -> list[ChannelSettings]:
    """All, or the one of this name. UserError if that is nobody."""
    chosen = [one for one in channels if name in (None, one.name)]
    if chosen:
        return chosen
    names = [one.name for one in channels]
    if not names:
        why = "has no [[channel]], so nobody is told: write one"
    else:
        near = difflib.get_close_matches(name or "", names, n=1)
        hint = f"did you mean {shown(near[0])}?" if near else f"known here: {', '.join(names)}"
        why = f"{shown(name or '')} is the name of no [[channel]]; {hint}"
    raise UserError(f"{config}: {why}", ExitCode.CONFIGURATION)


async def _tell(channels: Sequence[ChannelSettings], message: Rendered) -> list[bool]:
    """All at once: no channel waits for another."""
    sender = Sender(channels, lambda _: message, lambda _: None)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_attempt(sender, one.name, message)) for one in channels]
    return [task.result() for task in tasks]


async def _attempt(sender: Sender, channel: str, message: Rendered) -> bool:
    began, texts = time.monotonic(), words().trial
    why = await sender.attempt(channel, message)
    took = format_duration(time.monotonic() - began)
    line = (
        texts.taken.format(channel=channel, took=took)
        if why is None
        else texts.not_taken.format(channel=channel, why=why)
    )
    print(line, flush=True)
    return why is None
