"""``fermat-sidecar replay``: what was decided then, or would have been under another configuration."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from sidecar.config.load import load
from sidecar.core.policy import Policy
from sidecar.core.replay import Opening
from sidecar.core.replay import replay as fold
from sidecar.faces.replay import differences, told
from sidecar.store.recorded import read


def replay(recording: Path, config: Path | None) -> ExitCode:
    """Print what happened, a line each; UserError for what is no recording."""
    policy = load(config).policy if config else None
    lines = read(recording, _note)
    first = next(lines, None)
    if not isinstance(first, Opening):
        raise UserError(f"{recording}: is not a recording: there is nothing in it")
    if policy is not None:
        _say_what_if(first.policy, policy, config)
    try:
        for line in told(fold(chain([first], lines), policy)):
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough (head, less)
        sys.stdout = None  # nothing may be flushed to it at the end
    return ExitCode.GOOD


def _say_what_if(recorded: Policy, policy: Policy, config: Path | None) -> None:
    changes = list(differences(recorded, policy)) or ["nothing: the recording was made under the same"]
    print(f"Under {config}; what differs from the recording:")
    for change in changes:
        print(f"  {change}")
    print("What the world answered is what it answered then, to what was done then.")


def _note(what: str) -> None:
    print(f"fermat-sidecar: {what}", file=sys.stderr)
