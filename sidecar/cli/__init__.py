"""``fermat-sidecar``: one command a file."""

from __future__ import annotations

import argparse
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode, UserError
from fermatkit.version import ShowVersion

DEFAULT_CONFIG = Path("/etc/fermat-sidecar/sidecar.toml")


class _Argument(NamedTuple):
    """One argument of a command, as argparse's ``add_argument`` takes it."""

    name: str
    options: dict[str, Any]


_CONFIG = _Argument(
    "--config", {"type": Path, "default": DEFAULT_CONFIG, "metavar": "FILE", "help": "default: %(default)s"}
)
_RECORDING = _Argument(
    "recording",
    {"type": Path, "metavar": "RECORDING", "help": "a file, or the directory with all of them"},
)
_WHAT_IF = _Argument(
    "--config",
    {"type": Path, "metavar": "NEW", "help": "decide by this file's limits, not by the recorded ones"},
)
_DURATION = _Argument("duration", {"help": "such as 30m or 2h, 7d at most; then it ends by itself"})
_DRY_RUN = _Argument("--dry-run", {"action": "store_true", "help": "say what would be done, and do nothing"})
_WATCH = _Argument("--watch", {"action": "store_true", "help": "look again each two seconds, until Ctrl-C"})
_CHANNEL = _Argument("--channel", {"metavar": "NAME", "help": "only this one; all of them without it"})
_NUMBER = _Argument("number", {"type": int, "help": "of the incident, as its messages say"})
_TOPIC = _Argument("topic", {"help": "server, or a finding, such as disk-low"})
_WHY = _Argument("why", {"nargs": "?", "default": "", "help": "the reason, in quotes: it is shown to others"})
_SINCE = _Argument(
    "--since",
    {"default": "24h", "help": "24h (so long ago), 2026-11-26T10:00:00Z, or seconds: -3600; default: 24h"},
)
_FROM_FILE = _Argument(
    "--since",
    {"help": "from the history, so far back (30d), with the whole stories; also when no sidecar runs"},
)
_UNTIL = _Argument("--until", {"default": "", "help": "likewise; default: now"})
_MEASURE = _Argument(
    "--measure",
    {
        "action": "append",
        "default": [],
        "metavar": "NAME",
        "help": "as in /health, cpu:utilization, say; can be repeated",
    },
)
_JSON = _Argument("--json", {"action": "store_true", "help": "as the API gives it"})
_CSV = _Argument("--csv", {"action": "store_true", "help": "a line for each step, with all figures"})
_EXAMPLE = _Argument("--example", {"action": "store_true", "help": "as a file with every key in it"})
_COMMANDS = {
    "run": ("watch the server until stopped (SIGTERM or Ctrl-C)", (_CONFIG,)),
    "check": ("read the configuration and say all that is wrong with it", (_CONFIG,)),
    "config": ("show every key that can be set, with its type, default and meaning", (_EXAMPLE,)),
    "test-alert": (
        "send a test message to the channels, as an outage would be told, and say what each answers",
        (_CHANNEL, _CONFIG),
    ),
    "pause": (
        "keep the sidecar's hands off the server for a while: no restart, no message about an outage",
        (_DURATION, _WHY, _CONFIG),
    ),
    "resume": ("end a pause", (_CONFIG,)),
    "status": ("show how the server is; exit code 1 when it is not well", (_WATCH, _CONFIG)),
    "incidents": (
        "show what is open, what was, and who was told of it, or why not",
        (_FROM_FILE, _JSON, _CONFIG),
    ),
    "history": (
        "show what was measured, and whether the server was well; also when no sidecar runs",
        (_SINCE, _UNTIL, _MEASURE, _JSON, _CSV, _CONFIG),
    ),
    "restart": (
        "replace the server that runs, well or not: evidence, SIGTERM, SIGKILL, a start, the proof",
        (_WHY, _CONFIG),
    ),
    "ack": (
        "say that you have an incident in hand: no more reminders, and no further channel is told",
        (_NUMBER, _WHY, _CONFIG),
    ),
    "silence": ("send no messages about one thing for a while", (_TOPIC, _DURATION, _WHY, _CONFIG)),
    "unsilence": ("end a silence", (_TOPIC, _CONFIG)),
    "replay": (
        "say what a recording's sidecar found, told and did, and why; or would have, with --config",
        (_RECORDING, _WHAT_IF),
    ),
    "install-units": ("put the systemd units and all that they need in place", (_DRY_RUN,)),
    "uninstall-units": ("take away what install-units put in place", (_DRY_RUN,)),
}
"""What each is for, and its arguments; it gets them by name."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a user's mistake is told in lines, without a traceback."""
    try:
        chosen = vars(_parser().parse_args(arguments))
        name = chosen.pop("command").replace("-", "_")
        command = import_module(f"sidecar.cli.{name}")  # a command pays for its own imports only
        return int(getattr(command, name)(**chosen))
    except UserError as error:
        for line in str(error).splitlines():
            print(f"fermat-sidecar: {line}", file=sys.stderr)
        return int(error.code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except Exception:  # noqa: BLE001 - a bug: its traceback, and a status that is nobody's mistake
        traceback.print_exc()
        return int(ExitCode.INTERNAL)


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(
        prog="fermat-sidecar", description="The watchdog of Fermat's Cloud Server.", allow_abbrev=False
    )
    parser.add_argument("--version", action=ShowVersion)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (words, arguments) in _COMMANDS.items():
        sub = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        for argument in arguments:
            sub.add_argument(argument.name, **argument.options)
        sub.set_defaults(command=name)
    return parser
