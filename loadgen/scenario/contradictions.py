"""What is wrong between values that are right, each by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fermatkit.toml.mistakes import Mistake
from loadgen.scenario.behaviours import Cloud, Duplicate, Echo, Leaver, Pair, Returner, Sender
from loadgen.scenario.mix import group
from loadgen.scenario.plan import Plan
from loadgen.scenario.stages import OF_SHAPE
from loadgen.scenario.target import wrong_target

SHORTEST_THINK = 0.001
"""Seconds: between no pauses at all there would be messages without an end."""


def contradictions(plan: Plan, written: Mapping[str, object], *, any_host: bool) -> Iterator[Mistake]:
    """Of a plan, and of what was written for it."""
    yield from wrong_target(plan.url, any_path=plan.echoes, any_host=any_host)
    if plan.ca is not None and not plan.url.startswith("wss:"):
        yield Mistake("ca", "belongs to wss://, and url has none")
    if plan.comeback is not None and plan.echoes:
        yield Mistake("return", "belongs to Cloud Clients, and the mix has none")
    elif plan.comeback is not None and plan.comeback.first > plan.comeback.most:
        yield Mistake("return.first", "is longer than return.most")
    yield from _ramp(plan, written.get("ramp"))
    yield from _mix(plan)
    if not plan.stages:
        yield Mistake("stage", "must be at least one table ([[stage]])")
    elif not any(one.sends for one in plan.mix) and any(stage.messages for stage in plan.stages):
        yield Mistake("stage", 'has messages, and nobody in the mix sends any: give it rate = "0/s"')
    yield from _too_late(plan)


def _ramp(plan: Plan, written: object) -> Iterator[Mistake]:
    shape = plan.ramp.shape
    for key in written if isinstance(written, dict) else ():
        owners = [one for one, keys in OF_SHAPE.items() if key in keys]
        if owners and shape not in owners:
            yield Mistake(f"ramp.{key}", f"belongs to shape {' or '.join(map(repr, owners))}, not {shape!r}")


def _mix(plan: Plan) -> Iterator[Mistake]:
    counts = plan.counts
    for i, (one, count) in enumerate(zip(plan.mix, counts, strict=True)):
        if isinstance(one, Echo) and not plan.echoes:
            yield Mistake(
                f"mix[{i}].do", "'echo' is no Cloud Client, and others are: it needs a run of its own"
            )
        if isinstance(one, Pair) and not one.services.least:
            yield Mistake(f"mix[{i}].services", "must be at least 1: a VPN is between two of them")
        if isinstance(one, Sender | Echo) and one.think is not None and one.think.least < SHORTEST_THINK:
            yield Mistake(f"mix[{i}].think", "must be at least 1ms")
        if not count:
            least = f", and it needs {group(one)}" if group(one) > 1 else ""
            yield Mistake(f"mix[{i}].weight", f"gives it none of the {plan.clients:,} clients{least}")
    if sum(counts) < plan.clients:
        yield Mistake("clients", f"must be such that all are in a group: {sum(counts):,} would be")
    if not plan.ramping and isinstance(plan.mix[0], Cloud):
        yield Mistake("mix", "has only duplicates, and nobody whom they could double")


def _too_late(plan: Plan) -> Iterator[Mistake]:
    """What could never happen."""
    for i, one in enumerate(plan.mix):
        if isinstance(one, Leaver | Returner | Duplicate) and one.after.least >= plan.duration:
            yield Mistake(f"mix[{i}].after", "is not before the end of the last stage")
