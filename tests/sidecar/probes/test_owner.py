"""Whose the port of another user's server is: real processes and cgroups, seen by who may do little."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator

import pytest

from sidecar.core.nouns import Identity
from sidecar.core.observations import Listened
from sidecar.probes import heartbeat
from support.groups import group
from support.heartbeats import Make, heartbeats
from support.reports import Reports
from support.running import free_port
from support.users import another_user


@pytest.fixture
async def make(reports: Reports) -> AsyncIterator[Make]:
    async with heartbeats(reports) as make:
        yield make


async def test_another_users_server_has_its_port_as_far_as_its_cgroup_tells(
    make: Make, reports: Reports
) -> None:
    with group("server.service") as (_, start):
        pid, port = start(listens=True)
        alone = Identity(pid, 1)
        with another_user():
            make(port).watch(alone)
            assert await reports.until(Listened) == Listened(alone, owned=True)
        start()
        together = Identity(pid, 2)
        with another_user():
            make(port).watch(together)
            told = await reports.until(Listened, identity=together)
    why = (
        "it belongs to a process that we may not look into; its socket was made in server.service, which has"
    )
    assert told == Listened(together, owned=None, why=f"port {port}: {why} 2 processes")


async def test_another_unit_on_the_port_is_named(make: Make, reports: Reports) -> None:
    with group("server.service") as (_, start), group("thief.service") as (_, start_thief):
        server = Identity(start()[0], 1)
        _, port = start_thief(listens=True)
        start_thief()
        with another_user():
            make(port).watch(server)
            told = await reports.until(Listened)
    assert told == Listened(server, owned=False, why=f"port {port} is held by thief.service")


async def test_a_port_of_nobody_knows_whom_is_not_that_of_a_server_that_we_may_look_into(
    make: Make, reports: Reports, ourselves: Identity
) -> None:
    with group("thief.service") as (_, start):
        _, port = start(listens=True)
        start()
        with another_user():
            make(port).watch(ourselves)
            told = await reports.until(Listened)
    assert told == Listened(ourselves, owned=False, why=f"port {port} is held by thief.service")


async def test_without_a_descriptor_of_ours_nobody_is_charged(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def want(*_: int) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(heartbeat, "holder", want)
    make(port := free_port()).watch(another)
    told = await reports.until(Listened)
    why = "its holder cannot be looked for: Too many open files"
    assert told == Listened(another, owned=None, why=f"port {port}: {why}")


async def test_another_users_server_on_another_port_is_told_or_why_that_cannot_be(
    make: Make, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "_ELSEWHERE_AFTER", 0.05)
    watched = free_port()
    with group("server.service") as (_, start):
        pid, port = start(listens=True)
        alone, together = Identity(pid, 1), Identity(pid, 2)
        with another_user():
            make(watched).watch(alone)
            told = await reports.until(Listened, identity=alone)
        assert told.elsewhere == (port,)
        start()
        with another_user():
            make(watched).watch(together)
            told = await reports.until(Listened, identity=together)
    why = "cannot be told: permission denied; server.service has 2 processes"
    assert told == Listened(
        together,
        owned=False,
        elsewhere_unknown=f"nobody listens on port {watched}, and on which others it does {why}",
    )
