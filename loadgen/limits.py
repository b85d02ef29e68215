"""Does the plan fit this machine? Reckoned up, and refused in one line, before the first connect."""

from __future__ import annotations

import resource
from contextlib import suppress
from math import ceil
from pathlib import Path

import msgspec
import psutil

from fermatkit.errors import ExitCode, UserError
from fermatkit.units import format_size

RESERVE = 100
"""File descriptors kept back, those that are taken among them: at the limit not even /proc can be opened."""
_SPARE = 50
"""Of them, that are not taken yet, at least."""
CLIENT_BYTES = 24 * 1024
"""Memory for each client: 16 KiB of this process's and 4.7 KiB of the kernel's were measured, 5,000 held."""
_OPEN_MAX = 10240
"""What macOS takes for a soft limit, where it says that the hard one is without end (setrlimit(2) there)."""
_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What there is; None is unknown, and no reason to refuse."""

    open: int
    """File descriptors that are taken already."""
    descriptors: int | None
    """That this process may have at most; None: no limit."""
    ports: int | None
    """Local ports of one source address."""
    sources: int
    """Addresses from which connects are made."""
    memory: int | None
    """Bytes that are available."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the budget."""

    what: str
    needed: int
    there: int | None
    each: int = 1
    """How much of it one client takes; bytes, if it is more than one."""
    remedy: str
    """What else to do than ask for fewer clients."""

    @property
    def too_many(self) -> int:
        """Clients for whom there is not enough of it; 0 when there is for all, or nobody knows."""
        lack = 0 if self.there is None else self.needed - self.there
        return max(ceil(lack / self.each), 0)


def budget(connections: int, machine: Machine) -> tuple[Item, ...]:
    """What so many clients need, beside what there is. Pure."""
    descriptors = max(machine.open + _SPARE, RESERVE) + connections
    several = machine.sources > 1
    return (
        Item(
            what="file descriptors",
            needed=descriptors,
            there=machine.descriptors,
            remedy=f"raise the hard limit (ulimit -Hn {descriptors} as root, or LimitNOFILE= in the unit)",
        ),
        Item(
            what=f"local ports of {machine.sources} source addresses" if several else "local ports",
            needed=connections,
            there=None if machine.ports is None else machine.ports * machine.sources,
            remedy="name more addresses with --source, or widen net.ipv4.ip_local_port_range",
        ),
        Item(
            what="memory",
            needed=connections * CLIENT_BYTES,
            there=machine.memory,
            each=CLIENT_BYTES,
            remedy="end what else takes memory",
        ),
    )


def refusal(connections: int, items: tuple[Item, ...]) -> str | None:
    """What to say when something is not to be had, in one line; None when all is."""
    short = [item for item in items if item.too_many]
    if not short:
        return None
    lacks = " and ".join(
        f"{_shown(item, item.needed)} {item.what} and there are {_there(item)}" for item in short
    )
    fitting = connections - max(item.too_many for item in short)
    fewer = f"ask for at most --connections {fitting}, or " if fitting > 0 else ""
    return f"--connections {connections} needs {lacks}: {fewer}{'; '.join(item.remedy for item in short)}"


def line(items: tuple[Item, ...]) -> str:
    """The budget for people; of what is without a limit, or unknown, only what is needed."""
    parts = (
        f"{_shown(item, item.needed)}{_there(item) and f' of {_there(item)}'} {item.what}" for item in items
    )
    return f"needs {', '.join(parts)}"


def _there(item: Item) -> str:
    """How much there is; "" if that is without a limit, or unknown."""
    return "" if item.there is None else _shown(item, item.there)


def _shown(item: Item, value: int) -> str:
    return format_size(value) if item.each > 1 else f"{value:,}"


def here(sources: int = 1) -> Machine:
    """What this machine has now, with the limit of open files raised as far as allowed."""
    found = ports()
    return Machine(
        open=psutil.Process().num_fds(),
        descriptors=_descriptors(),
        ports=None if found is None else found[1] - found[0] + 1,
        sources=sources,
        memory=psutil.virtual_memory().available,
    )


def _descriptors() -> int | None:
    """How many this process may have, now that it has been given as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (hard, _OPEN_MAX) if soft != hard else ():
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            break
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft in {resource.RLIM_INFINITY, -1} else soft


def make_room(connections: int, sources: int = 1) -> tuple[Item, ...]:
    """Raise the limit of open files as far as allowed; the budget. UserError if the clients do not fit.

    `sources`: how many addresses the connects are made from.
    """
    items = budget(connections, here(sources))
    if words := refusal(connections, items):
        raise UserError(words, ExitCode.INVALID_RUN)
    return items


def ports() -> tuple[int, int] | None:
    """The first and the last local port that a connect may take; None where the system does not tell."""
    try:
        first, last = _PORTS.read_text().split()
    except OSError:
        return None
    return int(first), int(last)
