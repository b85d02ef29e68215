"""What flags change of a plan: where it goes and the size of the whole, not its shape. Pure."""

from __future__ import annotations

import typing
from collections.abc import Callable

import msgspec

from fermatkit.toml.plain import plain
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.plan import Plan
from loadgen.scenario.stages import Ramp, Stage


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """One field for each flag; None: as the plan says. Texts with units are as in a file."""

    seed: int | None = None
    url: str | None = None
    connections: int | None = None
    ramp: str | None = None
    """Connects a second."""
    duration: str | None = None
    """Of all stages together: each becomes longer or shorter in proportion."""
    rate: str | None = None
    """The highest of all stages: the others rise or fall in proportion."""
    ca: str | None = None
    source: list[str] | None = None
    size: str | None = None
    """Of an echo's message, as of the others below: of all that the mix has."""
    subprotocol: str | None = None
    header: list[str] | None = None


def overridden(plan: Plan, by: Overrides) -> tuple[Plan, list[str]]:
    """The plan with these changes, and what is wrong with them, each after the name of its flag."""
    wrong: list[str] = []
    for flag, change in _CHANGES.items():
        value = getattr(by, flag)
        if value is not None:
            try:
                plan = change(plan, value)
            except ValueError as error:
                wrong.append(f"--{flag}: {error}")
    return plan, wrong


def _field(key: str) -> Callable[[Plan, object], Plan]:
    """Puts a value into the plan's field of this name."""

    def change(plan: Plan, value: object) -> Plan:
        return msgspec.structs.replace(plan, **{key: _read(value, Plan, key)})

    return change


def _echo(key: str) -> Callable[[Plan, object], Plan]:
    """Puts a value into this field of each echo."""

    def change(plan: Plan, value: object) -> Plan:
        if not plan.echoes:
            raise ValueError("is for echoes, and this plan has Cloud Clients; loadgen echo has them")
        read = {key: _read(value, Echo, key)}
        return msgspec.structs.replace(plan, mix=tuple(msgspec.structs.replace(e, **read) for e in plan.mix))

    return change


def _read(value: object, kind: type[msgspec.Struct], key: str) -> object:
    return plain(value, typing.get_type_hints(kind, include_extras=True)[key])


def _ramp(plan: Plan, value: str) -> Plan:
    if plan.ramp.shape == "steps":
        raise ValueError("cannot change a ramp in steps; write each and every of [ramp] in a plan file")
    ramp = msgspec.structs.replace(plan.ramp, rate=_read(value, Ramp, "rate"))
    return msgspec.structs.replace(plan, ramp=ramp)


def _duration(plan: Plan, value: str) -> Plan:
    length = typing.cast("float", _read(value, Stage, "duration"))
    if not plan.duration:
        raise ValueError("cannot stretch stages that last no time; write it into [[stage]]")
    return _stages(plan, time=length / plan.duration)


def _rate(plan: Plan, value: str) -> Plan:
    rate = typing.cast("float", _read(value, Stage, "rate"))
    highest = max(max(stage.rate, stage.last_rate) for stage in plan.stages)
    if not highest:
        raise ValueError("cannot raise the rate of stages without messages; write it into [[stage]]")
    return _stages(plan, rate=rate / highest)


def _stages(plan: Plan, time: float = 1.0, rate: float = 1.0) -> Plan:
    stages = tuple(
        msgspec.structs.replace(
            stage,
            duration=stage.duration * time,
            rate=stage.rate * rate,
            to=None if stage.to is None else stage.to * rate,
        )
        for stage in plan.stages
    )
    return msgspec.structs.replace(plan, stages=stages)


_CHANGES: dict[str, Callable[[Plan, typing.Any], Plan]] = {
    "seed": _field("seed"),
    "url": _field("url"),
    "connections": _field("clients"),
    "ramp": _ramp,
    "duration": _duration,
    "rate": _rate,
    "ca": _field("ca"),
    "source": _field("sources"),
    "size": _echo("size"),
    "subprotocol": _echo("subprotocol"),
    "header": _echo("headers"),
}


def bare(seed: int) -> Plan:
    """What flags alone describe: listers that come evenly, and one stage as soon as they are there."""
    return Plan(seed=seed, name="flags", settle=0.0)
