"""systemd by D-Bus, message level: calls with their answers, and what it tells of one unit.

Names and signatures: org.freedesktop.systemd1(5).
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Any

from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

SYSTEMD = "org.freedesktop.systemd1"
MANAGER_PATH = "/org/freedesktop/systemd1"
MANAGER, UNIT, SERVICE = f"{SYSTEMD}.Manager", f"{SYSTEMD}.Unit", f"{SYSTEMD}.Service"
_BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
PROPERTIES = "org.freedesktop.DBus.Properties"
_ADDRESS = "unix:path=/var/run/dbus/system_bus_socket"
"""Where every system has it, unless DBUS_SYSTEM_BUS_ADDRESS says otherwise (dbus-daemon(1))."""
_TO_DO = {
    errno.ENOENT: "start it (systemctl start dbus.socket), or install the package dbus",
    errno.ECONNREFUSED: "start it (systemctl start dbus.socket)",
    errno.EACCES: "let the sidecar's user open that socket",
}
_PATIENCE = 5.0
"""Seconds for an answer. systemd gives it in milliseconds; polkit's first takes up to a second."""

Heard = Callable[[str, str, str, list[Any]], None]
"""Who hears a signal: its path, its interface, its name and what it says, on the event loop's thread."""


class Refused(OSError):
    """systemd, polkit or the bus did not do what was asked; the text says who says what."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EACCES, why)


class Bus:
    """One connection to the system bus."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._bus: MessageBus | None = None

    async def connect(self) -> None:
        """Connect. OSError when there is no bus, with the place where it should be, and what to do."""
        address = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or _ADDRESS
        try:
            async with asyncio.timeout(_PATIENCE):
                bus = await MessageBus(bus_address=address).connect()
        except (DBusError, EOFError, OSError, ValueError) as error:
            raise Refused(_no_bus(address.removeprefix("unix:path="), error)) from None
        bus.add_message_handler(self._hear)
        self._bus = bus

    async def lost(self) -> None:
        """Wait until the connection ends, whyever."""
        if self._bus is not None:
            ended = self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # it has no annotation
            await asyncio.gather(ended, return_exceptions=True)

    def close(self) -> None:
        """End it."""
        if self._bus is not None and self._bus.connected:
            self._bus.disconnect()

    async def listen(self, rule: str) -> None:
        """Hear the signals of systemd that this match rule names, without its sender."""
        name, path, interface = _BUS
        await self._ask(name, path, interface, "AddMatch", "s", f"type='signal',sender='{SYSTEMD}',{rule}")

    async def call(self, member: str, signature: str = "", *body: object) -> list[Any]:
        """Call the manager. OSError with the reason when that is refused, or not answered in time."""
        return await self._ask(SYSTEMD, MANAGER_PATH, MANAGER, member, signature, *body)

    async def properties(self, path: str, interface: str) -> dict[str, Any]:
        """All properties of a unit, by one of its interfaces. OSError likewise."""
        (found,) = await self._ask(SYSTEMD, path, PROPERTIES, "GetAll", "s", interface)
        return plain(found)

    async def _ask(
        self, to: str, path: str, interface: str, member: str, signature: str = "", *body: object
    ) -> list[Any]:
        if self._bus is None or not self._bus.connected:
            raise Refused(f"{member}: there is no connection to the system bus")
        message = Message(
            destination=to, path=path, interface=interface, member=member, signature=signature, body=[*body]
        )
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._bus.call(message)
        except (EOFError, OSError, DBusError, TimeoutError) as error:
            raise Refused(f"{member}: {error or 'not answered in time'}") from None
        if answer is None or answer.message_type is MessageType.ERROR:
            raise Refused(f"{member}: {_said(answer)}")
        return list(answer.body)

    def _hear(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            self._heard(message.path or "", message.interface or "", message.member or "", message.body)


def plain(found: dict[str, Variant]) -> dict[str, Any]:
    """Properties without their D-Bus types."""
    return {name: one.value for name, one in found.items()}


def _no_bus(place: str, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        why = f"no answer within {_PATIENCE:g} s"
    else:
        why = str(getattr(error, "strerror", None) or error or type(error).__name__)
    to_do = _TO_DO.get(getattr(error, "errno", None) or 0, "see what ails it (systemctl status dbus)")
    return f"D-Bus does not answer at {place} ({why}): {to_do}"


def _said(answer: Message | None) -> str:
    if answer is None:
        return "no answer"
    name = (answer.error_name or "").rpartition(".")[2]
    return f"{answer.body[0]} ({name})" if answer.body else name
