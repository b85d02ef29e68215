"""What a leader and its workers say to each other: one JSON object a line. Pure.

A worker reads the leader's lines from its standard input, and writes its own to its standard output.
"""

from __future__ import annotations

from importlib.metadata import version

import msgspec

from fermatkit.errors import ExitCode
from loadgen.outcome import Outcome
from loadgen.results import Second
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard

VERSION = version("fermat-sidecar")
LEASE = 10.0
"""Seconds without a word from the leader after which it is taken for gone, or frozen."""


class Message(msgspec.Struct, frozen=True, tag_field="type", tag=str.lower):
    """Anything that is said."""


class Job(Message, frozen=True):
    """The leader's first word: what this worker is to do."""

    plan: Plan
    """The whole plan."""
    shard: Shard
    version: str = VERSION
    """The leader's; a worker of another one refuses."""


class Begin(Message, frozen=True):
    """The ramp begins at this moment, seconds of the worker's own `time.monotonic`."""

    at: float


class Hold(Message, frozen=True):
    """The holding begins at this moment, seconds of the worker's own `time.monotonic`."""

    at: float


class Still(Message, frozen=True):
    """The leader is still there. Who hears nothing for LEASE stops by itself: it would load for nobody."""


class Stop(Message, frozen=True):
    """End early: goodbyes for two seconds at most. The end of the leader's lines means the same."""


class Ready(Message, frozen=True):
    """The job was read, and what it takes is there; nothing has been connected yet."""


class Refused(Message, frozen=True):
    """The job cannot be done here."""

    why: str
    code: ExitCode


class Settled(Message, frozen=True):
    """Each client of this shard has been registered, or has failed; waiting for `Hold`."""


class Ended(Message, frozen=True):
    """The last word: what the shard came to."""

    outcome: Outcome


ToWorker = Job | Begin | Hold | Still | Stop
FromWorker = Ready | Refused | Settled | Ended | Second

_TO_WORKER: msgspec.json.Decoder[ToWorker] = msgspec.json.Decoder(ToWorker)
_FROM_WORKER: msgspec.json.Decoder[FromWorker] = msgspec.json.Decoder(FromWorker)


def encode(message: ToWorker | FromWorker) -> bytes:
    """A message as its line, with the end of the line."""
    return msgspec.json.encode(message) + b"\n"


def to_worker(line: bytes | str) -> ToWorker:
    """What the leader says; msgspec.DecodeError when the line is none of its messages."""
    return _TO_WORKER.decode(line)


def from_worker(line: bytes | str) -> FromWorker:
    """What a worker says; msgspec.DecodeError when the line is none of its messages."""
    return _FROM_WORKER.decode(line)
