"""What can be set: one struct for each table of the file, with the defaults and the meanings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from fermatkit.toml.texts import host, line
from sidecar.config import rules, texts
from sidecar.config.secrets import Secret
from sidecar.core.maintenance import WEEK, Day, Maintenance
from sidecar.core.nouns import Severity, Trouble
from sidecar.core.policy import Abilities, Limits, Policy, Route
from sidecar.core.quantities import Bytes, Seconds, TimeOfDay
from sidecar.core.rules import DEFAULTS, Rule

Port = Annotated[int, msgspec.Meta(ge=1, le=65535, description="a whole number from 1 to 65535")]
Text = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[^\0]+\Z", description="a text that is not empty and has no NUL in it, in quotes"
    ),
]
Command = Annotated[
    tuple[Text, ...],
    msgspec.Meta(
        min_length=1,
        description='a list of texts, like ["java", "-jar", "server.jar"], none empty or with a NUL',
    ),
]
Line = Annotated[str, msgspec.Meta(extra={"read": line})]
Host = Annotated[str, msgspec.Meta(extra={"read": host})]
Hosts = Annotated[tuple[str, ...], msgspec.Meta(extra={"read": texts.hosts})]
Interval = Annotated[float, msgspec.Meta(ge=10, extra={"unit": "duration"})]
"""From one request to the next: the one before has been given up by then."""
Unit = Annotated[str, msgspec.Meta(extra={"read": texts.unit})]
Output = Annotated[str, msgspec.Meta(extra={"read": texts.output})]
Days = Annotated[tuple[Day, ...], msgspec.Meta(extra={"read": texts.days})]


def example(value: object) -> msgspec.Meta:
    """For the reference, of a setting without a default that shows how it is written."""
    return msgspec.Meta(examples=[value])


class AdminSettings(msgspec.Struct, frozen=True):
    """``[server.admin]``: the login of the server's administrator, for its own counters."""

    password: Annotated[Secret, example({"credential": "admin"})]
    """The word itself; the server's default is "fermat"."""
    user: Line = "fermat"
    """The name that it logs in by."""


class ServerSettings(msgspec.Struct, frozen=True):
    """``[server]``: the Cloud Server and how it is run: by systemd, by `command`, or by others."""

    unit: Annotated[Unit, example("fermat-cloud-server.service")] = ""
    """The service by which systemd runs it, and through which alone the sidecar acts on it."""
    command: Annotated[Command, example(("java", "-jar", "server.jar"))] = ()
    """The program and its arguments; no shell is involved. Without it the sidecar starts and ends none."""
    pidfile: Annotated[Line, example("/run/cloud.pid")] = ""
    """A file with the pid of the server that somebody else runs."""
    match: Annotated[Line, example("-jar /opt/fermat-cloud-server/fermat-cloud-server.jar")] = ""
    """A text that its command line has, and no other's. With neither this nor `pidfile` it is who listens on
    `port`."""
    directory: Text = "."
    """Its working directory: the real server keeps its configuration, webapp and log there."""
    host: Host = "127.0.0.1"
    """Where the probes reach it."""
    port: Port = 9090
    """The port that the probes connect to; the server reads its own from its configuration."""
    on_stop: Literal["stop", "leave"] = "stop"
    """What becomes of the server when the sidecar is stopped."""
    output: Output = "server-output.log"
    """What the server prints goes to this file in the state directory."""
    admin: AdminSettings | None = None
    """Without a login the server's own counters are unknown."""
    output_limit: Bytes = 10 * 2.0**20
    """Beyond this size the file is moved to ``….1``, replacing the one before."""

    @property
    def abilities(self) -> Abilities:
        """What can be done for a server that is run in this way."""
        return Abilities(can_start=bool(self.command or self.unit), restarts_itself=bool(self.unit))


class StateSettings(msgspec.Struct, frozen=True):
    """``[state]``: what the sidecar itself writes."""

    directory: Text = "/var/lib/fermat-sidecar"
    """Incidents, unsent messages, the probe's keys, the server's output."""


class HealthSettings(msgspec.Struct, frozen=True):
    """``[health]``: where ``/health`` and the page are served."""

    host: Host = "127.0.0.1"
    """Anything but loopback shows the server's state to the network, and wants a token."""
    port: Port = 9191
    """The port of both."""
    names: Annotated[Hosts, example(("status.example.org",))] = ()
    """Under which others ask for it, a reverse proxy's, say; its own address needs none."""
    token: Annotated[Secret, example({"credential": "api"})] | None = None
    """Who shows it may ask for a pause, acknowledge and silence over HTTP; without one nobody may."""
    monit_password: Annotated[Secret, example({"credential": "monit"})] | None = None
    """Of ``/monit/``, which the Cloud Server's own admin page can show; without one there is no such page."""


class ChannelSettings(msgspec.Struct, frozen=True):
    """``[[channel]]``: somebody who is told."""

    name: Annotated[Line, example("telegram")]
    """By which messages, `/health` and `[rules]` speak of it; no two have the same."""
    url: Annotated[Secret, example("tgram://BOT_TOKEN/CHAT_ID")]
    """As Apprise writes them: ``tgram://…``, ``mailto://…``, ``slack://…``."""
    severity: Literal["warn", "fail"] = "warn"
    """The least that it is told of. A server that is down is a fail."""
    quiet_from: TimeOfDay = 0.0
    """When its quiet hours begin, UTC: what is less than a fail is told at their end, as one digest."""
    quiet_to: TimeOfDay = 0.0
    """When they end; the same as their beginning: there are none."""
    after: Seconds = 0.0
    """Told only of what nobody has acknowledged (``fermat-sidecar ack``) by then."""

    @property
    def route(self) -> Route:
        """What of this the core decides by."""
        return Route(Severity(self.severity), self.quiet_from, self.quiet_to, self.after)


class DeadmanSettings(msgspec.Struct, frozen=True):
    """``[deadman]``: who is told again and again that the sidecar is alive, and raises the alarm when not."""

    url: Annotated[Secret, example("https://hc-ping.com/YOUR-UUID")]
    """As Healthchecks.io gives it. Told at ``…/start``, at the url itself, and at ``…/fail``."""
    interval: Interval = 60.0
    """How often it is told that all is well; let the switch wait for three of them."""


class MaintenanceSettings(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """``[[maintenance]]``: a pause by the calendar; all of it is UTC."""

    begin: Annotated[TimeOfDay, example(3 * 3600.0)]
    """When it begins."""
    end: Annotated[TimeOfDay, example(4 * 3600.0)]
    """When it ends; earlier than its beginning: on the next day."""
    days: Days = WEEK
    """The days on which it begins."""
    why: Annotated[Line, example("weekly upgrade")] = ""
    """What for: it is shown while it lasts."""

    @property
    def window(self) -> Maintenance:
        """What the core decides by."""
        return Maintenance(self.begin, self.end, self.days, self.why)


class Settings(msgspec.Struct, frozen=True, rename={"channels": "channel"}):
    """The whole file."""

    server: ServerSettings
    language: Literal["en", "es"] = "en"
    """In which people are told, and the page and `/health` are written. Stands before the first table."""
    state: StateSettings = StateSettings()
    health: HealthSettings = HealthSettings()
    channels: tuple[ChannelSettings, ...] = ()
    deadman: DeadmanSettings | None = None
    limits: Limits = Limits()
    """The numbers the core decides by."""
    rules: Annotated[dict[Trouble, Rule], msgspec.Meta(extra={"table": rules.read})] = msgspec.field(
        default_factory=DEFAULTS.copy
    )
    """The findings with a threshold: ``[rules.NAME]``."""
    maintenance: tuple[MaintenanceSettings, ...] = ()

    @property
    def output(self) -> Path | None:
        """Where the sidecar keeps what the server prints, if it does."""
        return Path(self.state.directory) / self.server.output if self.server.command else None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All of them, wherever each is written."""
        admin = (self.server.admin.password,) if self.server.admin else ()
        deadman = (self.deadman.url,) if self.deadman else ()
        health = tuple(one for one in (self.health.token, self.health.monit_password) if one)
        return (*admin, *(channel.url for channel in self.channels), *deadman, *health)

    @property
    def credentials(self) -> tuple[Secret, ...]:
        """The secrets that systemd hands over."""
        return tuple(one for one in self.secrets if one.credential)

    @property
    def policy(self) -> Policy:
        """By what the core decides: the limits, what can be done and when, and who is told."""
        names = tuple(channel.name for channel in self.channels)
        return Policy(
            **msgspec.structs.asdict(self.limits),
            channels=names,
            routes={one.name: one.route for one in self.channels if one.route != Route()},
            abilities=self.server.abilities,
            deadman=self.deadman.interval if self.deadman else None,
            rules=self.rules,
            maintenance=tuple(one.window for one in self.maintenance),
        )
