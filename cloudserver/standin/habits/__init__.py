"""Bad habits: ways in which the real server was seen to fail, each a file with one function `take_up`.

The file's name is the habit's, with hyphens; the first line of its docstring tells what it does. So a new
habit is a new file. A habit is taken up in the running loop: at the very start, before the configuration is
read, or at any time later. One that needs a server that listens waits for the loop's next turn, for the start
is one turn. It is not given up again.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def known() -> dict[str, str]:
    """All habits, by name, with what they do."""
    return {name: (import_module(_module(name)).__doc__ or "").partition("\n")[0] for name in names()}


def names() -> list[str]:
    """The names of all habits, in order of the alphabet."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(__path__))


def take_up(name: str, standin: Standin) -> None:
    """Misbehave from now on; `name` is one of `names()`. Perhaps this never returns."""
    standin.habits.append(name)
    habit: Callable[[Standin], None] = import_module(_module(name)).take_up
    habit(standin)


def _module(name: str) -> str:
    return f"{__name__}.{name.replace('-', '_')}"
