"""``fermat-sidecar``: one command a file."""

from __future__ import annotations

import argparse
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from fermatkit.errors import ExitCode, UserError

DEFAULT_CONFIG = Path("/etc/fermat-sidecar/sidecar.toml")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a user's mistake is told in lines, without a traceback."""
    chosen = vars(_parser().parse_args(arguments))
    name = chosen.pop("command")
    try:
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
    parser = argparse.ArgumentParser(
        prog="fermat-sidecar", description="The watchdog of Fermat's Cloud Server.", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (words, own) in _COMMANDS.items():
        sub = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        for argument, options in own.items():
            sub.add_argument(argument, **options)
        sub.add_argument(
            "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help="default: %(default)s"
        )
        sub.set_defaults(command=name)
    return parser


_COMMANDS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "run": ("watch the server until stopped (SIGTERM or Ctrl-C)", {}),
    "check": ("read the configuration and say all that is wrong with it", {}),
    "pause": (
        "keep the running sidecar's hands off the server for a while: no restart, no message about an outage",
        {
            "duration": {"help": "such as 30m or 2h, 7d at most; then the pause ends by itself"},
            "why": {"nargs": "?", "default": "", "help": "the reason, in quotes: it is shown to others"},
        },
    ),
    "resume": ("end a pause", {}),
}
"""Each command: what it does, and its arguments beside --config. Its module has a function of its name."""
