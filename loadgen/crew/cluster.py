"""Workers on other machines: each shard is a task of a Dask scheduler, and the words go through its queues.

A task is pinned to its Dask worker, never retried, and refuses to be begun twice (see `errand`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from math import inf
from time import monotonic
from typing import Any
from uuid import uuid4

import msgspec
from distributed import Client, Future, Queue, Security

from fermatkit.errors import UserError
from loadgen.crew import errand
from loadgen.crew.crew import Events, Gone
from loadgen.crew.messages import Begin, Hold, ToWorker, encode, from_worker

_CONNECT_WITHIN = 10.0
_LOOK_EVERY = 1.0
_CLOCK_READS = 5


class Tls(msgspec.Struct, frozen=True):
    """Paths of PEM files, as the scheduler and its workers have them."""

    ca: str
    cert: str
    key: str


class Cluster:
    """Workers of the Dask scheduler at `address`, one a Dask worker."""

    lead = 1.0

    def __init__(
        self,
        address: str,
        tls: Tls | None,
        counts: tuple[int, int],
        seconds: float,
        note: Callable[[str], None],
    ) -> None:
        """Between `counts` of them; each has `seconds` at most. `note` is told how well clocks are known."""
        self._address = address
        self._tls = tls
        self._least, self._most = counts
        self._within = seconds
        self._note = note
        self._run = f"loadgen {uuid4()}"
        self._hosts: list[str] = []
        self._ahead: list[float] = []
        self._left: set[int] = set()
        self._words: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    @asynccontextmanager
    async def hire(self, events: Events) -> AsyncIterator[list[str]]:
        """See `Link`; UserError when there is no such scheduler, or it has too few workers."""
        for name in (
            "distributed",
            "distributed.client",
        ):  # what it would log with tracebacks, we say in a line
            logging.getLogger(name).setLevel(logging.CRITICAL)
        client = await self._connected()
        try:
            self._hosts = self._chosen(await _workers(client))
            count = len(self._hosts)
            names = [f"worker {number + 1} of {count} ({host})" for number, host in enumerate(self._hosts)]
            for name, host in zip(names, self._hosts, strict=True):
                ahead, doubt = await _clock(client, host)
                self._ahead.append(ahead)
                self._note(f"{name} begins with the others to within {doubt * 1000:.1f} ms")
            self._left = set(range(count))
            outbox = await Queue(errand.outbox(self._run), client=client)
            inboxes = [await Queue(errand.inbox(self._run, number), client=client) for number in range(count)]
            async with asyncio.TaskGroup() as group:
                works = (
                    self._post(client, inboxes, events),
                    self._collect(outbox, events),
                    self._look(client, events),
                )
                tasks = [group.create_task(self._while_there(work, events)) for work in works]
                yield names
                for task in tasks:
                    task.cancel()
            await self._while_there(self._dismiss(outbox, inboxes), events)
        finally:
            await client.close()

    def tell(self, worker: int, message: ToWorker) -> None:
        """See `Link`. Moments are told by the worker's own clock."""
        if isinstance(message, Begin | Hold):
            message = type(message)(message.at + self._ahead[worker])
        self._words.put_nowait((worker, encode(message).decode()))

    def end(self, worker: int) -> None:
        """See `Link`."""
        self._words.put_nowait((worker, errand.END))

    async def _connected(self) -> Client:
        tls = self._tls
        try:
            security = (
                Security(
                    tls_ca_file=tls.ca,
                    tls_client_cert=tls.cert,
                    tls_client_key=tls.key,
                    require_encryption=True,
                )
                if tls
                else None
            )
            client: Client = await Client(
                self._address,
                asynchronous=True,
                security=security,
                set_as_default=False,
                timeout=_CONNECT_WITHIN,
            )
        except (OSError, ValueError) as error:
            raise UserError(
                f"--scheduler {self._address}: no Dask scheduler answers there: {error}"
            ) from error
        return client

    def _chosen(self, there: list[str]) -> list[str]:
        if len(there) < self._least:
            raise UserError(
                f"--scheduler {self._address}: {len(there)} Dask workers are there, {self._least} are needed:"
                f" start more (dask worker {self._address})"
            )
        return there[: self._most]

    async def _while_there(self, work: Coroutine[Any, Any, None], events: Events) -> None:
        """Do some work with the scheduler. When that is gone, so are all workers: they end by themselves."""
        try:
            await work
        except* OSError:
            for number in sorted(self._left):
                self._gone(number, "cannot be reached any more: the Dask scheduler is gone", events)

    async def _post(self, client: Client, inboxes: list[Queue], events: Events) -> None:
        """Words to the workers, each worker's in order; its job first, and then the errand that takes it."""
        sent = set()
        async with asyncio.TaskGroup() as errands:
            while True:
                number, word = await self._words.get()
                await inboxes[number].put(word)
                if number not in sent:
                    sent.add(number)
                    future = self._send(client, number)
                    errands.create_task(self._await(number, future, events))

    def _send(self, client: Client, number: int) -> Future[Any]:
        return client.submit(
            errand.carry,
            self._run,
            number,
            self._within,
            key=errand.inbox(self._run, number),
            workers=[self._hosts[number]],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )

    async def _await(self, number: int, future: Future[Any], events: Events) -> None:
        """An errand that fails says nothing of itself."""
        error = await future.exception()
        if error is not None:
            self._gone(number, f"failed: {type(error).__name__}: {error}", events)

    async def _collect(self, outbox: Queue, events: Events) -> None:
        """Words from the workers."""
        while True:
            number, kind, text = await outbox.get()
            if kind == errand.GONE:
                self._gone(number, text, events)
            else:
                events.put_nowait((number, from_worker(text)))

    async def _look(self, client: Client, events: Events) -> None:
        """Which Dask workers the scheduler still has."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            there = await _workers(client)
            for number in sorted(self._left):
                if self._hosts[number] not in there:
                    self._gone(number, "is gone: the Dask scheduler has lost it", events)

    async def _dismiss(self, outbox: Queue, inboxes: list[Queue]) -> None:
        for number in sorted(self._left):
            await inboxes[number].put(errand.LEAVE)
        for queue in (outbox, *inboxes):
            queue.close()

    def _gone(self, number: int, why: str, events: Events) -> None:
        self._left.discard(number)
        events.put_nowait((number, Gone(why)))


async def _workers(client: Client) -> list[str]:
    """The addresses of a scheduler's Dask workers."""
    if client.scheduler is None:
        raise OSError("the client is closed")
    identity = await client.scheduler.identity(n_workers=-1)
    return sorted(identity["workers"])


async def _clock(client: Client, host: str) -> tuple[float, float]:
    """How far a Dask worker's `monotonic` is ahead of ours, and to how many seconds that is known.

    It was read some time between the question and the answer, of which the quickest of a few is taken.
    """
    best = (0.0, inf)
    for _ in range(_CLOCK_READS):
        asked = monotonic()
        there = (await client.run(monotonic, workers=[host]))[host]
        doubt = (monotonic() - asked) / 2
        best = min(best, (there - asked - doubt, doubt), key=lambda read: read[1])
    return best
