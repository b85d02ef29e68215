"""``fermat-sidecar test-alert``: a real message through the whole path, and what each channel answers."""

from __future__ import annotations

import asyncio
import difflib
import socket
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from fermatkit.toml.texts import shown
from sidecar.actuators.sender import Sender
from sidecar.config.load import load
from sidecar.config.settings import ChannelSettings
from sidecar.faces import figures
from sidecar.faces.label import label
from sidecar.faces.message import Rendered, trial
from sidecar.faces.reasons import reason
from sidecar.faces.words import Words, words


def test_alert(config: Path, channel: str | None) -> ExitCode:
    """A line for each channel as soon as it has answered; good only if all have taken the message."""
    settings = load(config)
    channels = _chosen(settings.channels, channel, config)
    for one in channels:
        one.url.reveal()  # a credential that is not there is told before anything is sent
    texts = words(settings.language)
    known_by = label(settings, socket.gethostname(), version("fermat-sidecar"))
    answers = asyncio.run(_tell(channels, trial(known_by, texts, time.time()), texts))
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


async def _tell(channels: Sequence[ChannelSettings], message: Rendered, texts: Words) -> list[bool]:
    """All at once: no channel waits for another."""
    sender = Sender(channels, lambda _: message, lambda _: None)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_attempt(sender, one.name, message, texts)) for one in channels]
    finally:
        await sender.close()
    return [task.result() for task in tasks]


async def _attempt(sender: Sender, channel: str, message: Rendered, texts: Words) -> bool:
    began = time.monotonic()
    why = await sender.attempt(channel, message)
    took = figures.duration(time.monotonic() - began, texts)
    line = (
        texts.trial.taken.format(channel=channel, took=took)
        if why is None
        else texts.trial.not_taken.format(channel=channel, why=reason(why, texts))
    )
    print(line, flush=True)
    return why is None
