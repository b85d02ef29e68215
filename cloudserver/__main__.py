"""`python -m cloudserver`: the stand-in Cloud Server."""

from __future__ import annotations

import argparse
import math
import os
import sys
from types import ModuleType
from typing import NoReturn

from cloudserver.standin import config, habits, standby
from fermatkit.errors import UserError

_STANDBY = "STANDIN_STANDBY_SECONDS"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"cloudserver: {message} (see --help)")


def main(arguments: list[str] | None = None) -> int:
    """Run the stand-in; the exit status, for the ways to end that are not a signal."""
    try:
        options = _parser().parse_args(arguments)
        _server().run(options.host, options.port, options.habit, _standby_seconds())
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.code
    return 0


def _server() -> ModuleType:
    try:
        from cloudserver.standin import server  # noqa: PLC0415 - only here can its lack of PyJWT be told
    except ModuleNotFoundError as error:
        if error.name != "jwt":
            raise
        raise UserError(
            "cloudserver: its login tokens need PyJWT: pip install 'fermat-sidecar[standin]'"
        ) from None
    return server


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > config.MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to {config.MAX_PORT})")
    return int(text)


def _standby_seconds() -> float:
    text = os.environ.get(_STANDBY, str(standby.SECONDS))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UserError(f"cloudserver: {_STANDBY}={text}: not a number of seconds")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m cloudserver",
        description="A stand-in for Fermat's Cloud Server.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="habits:\n"
        + "\n".join(f"  {name:18} {what}" for name, what in habits.known().items())
        + f"\n\nenvironment:\n  {_STANDBY}  seconds for which a lost client may come back (default: 60)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=config.DEFAULT_PORT,
        help=f"written to {config.FILE} if that is missing; otherwise the file's port wins (default: 9090)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--habit",
        action="append",
        default=[],
        choices=habits.names(),
        metavar="NAME",
        help="fail like the real one (below); may be repeated, taken up in this order",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
