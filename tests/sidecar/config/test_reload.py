"""What of a changed file is obeyed at once, and what is said to need a restart."""

from __future__ import annotations

import pytest

from sidecar.config.load import parse
from sidecar.config.reload import reload
from sidecar.config.settings import Settings
from sidecar.core.maintenance import Maintenance
from sidecar.core.nouns import Trouble
from sidecar.core.policy import Abilities

MAIL = "[[channel]]\nname = 'mail'\nurl = 'mailto://a'\n"
CHAT = "[[channel]]\nname = 'chat'\nurl = 'tgram://a'\n"


def read(server: str = "unit = 'cloud.service'", more: str = MAIL) -> Settings:
    settings, mistakes = parse(f"[server]\n{server}\n{more}")
    assert settings is not None, mistakes
    return settings


def test_the_same_again_changes_nothing() -> None:
    assert reload(read(), read()) == (read().policy, [])


def test_what_the_core_decides_by_is_obeyed() -> None:
    new = read(
        more=MAIL
        + "[[maintenance]]\nfrom = '23:00'\nto = '01:00'\n"
        + "[limits]\nhung_after = '20s'\n[rules.disk-low]\nthreshold = '2GiB'\nclear = '3GiB'\n"
    )
    policy, later = reload(read(), new)
    assert later == []
    assert policy.hung_after == 20.0
    assert policy.maintenance == (Maintenance(23 * 3600.0, 3600.0),)
    assert policy.rules[Trouble.DISK_LOW].threshold == 2 * 2.0**30
    assert policy.abilities == Abilities(restarts_itself=True)


def test_a_language_needs_no_restart() -> None:
    new, _ = parse("language = 'es'\n[server]\nunit = 'cloud.service'\n" + MAIL)
    assert new is not None
    assert new.language == "es"
    assert read().language == "en"
    assert reload(read(), new) == (read().policy, [])


@pytest.mark.parametrize(
    ("new", "keys"),
    [
        (read("unit = 'other.service'"), ["server.unit"]),
        (read("command = ['java']\nport = 9091"), ["server.unit", "server.command", "server.port"]),
        (read("unit = 'cloud.service'\nadmin = { password = 'x' }"), ["server.admin"]),
        (
            read(more=MAIL + "[health]\nport = 9192\n[state]\ndirectory = '/x'\n"),
            ["state.directory", "health.port"],
        ),
        (read(more=MAIL + "[deadman]\nurl = 'https://a/b'\n"), ["deadman"]),
        (read(more=MAIL.replace("//a", "//b")), ["channel mail"]),
        (read(more=MAIL + CHAT), ["channel chat"]),
    ],
)
def test_what_is_at_work_somewhere_waits_for_a_restart(new: Settings, keys: list[str]) -> None:
    policy, later = reload(read(), new)
    assert later == keys
    assert policy.channels == ("mail",)
    assert policy.abilities == read().policy.abilities
    assert policy.deadman is None


def test_who_is_no_longer_in_the_file_is_no_longer_told() -> None:
    policy, later = reload(read(more=MAIL + CHAT), read(more=CHAT))
    assert policy.channels == ("chat",)
    assert later == []


def test_the_dead_man_s_switch_that_runs_goes_on() -> None:
    switch = "[deadman]\nurl = 'https://a/{}'\ninterval = '{}s'\n"
    policy, later = reload(read(more=switch.format("b", 10)), read(more=switch.format("c", 20)))
    assert policy.deadman == 10.0
    assert later == ["deadman.url", "deadman.interval"]


def test_a_secret_that_has_changed_is_named_and_not_shown() -> None:
    _, later = reload(
        read(more="[server.admin]\npassword = 'old'\n"), read(more="[server.admin]\npassword = 'new'\n")
    )
    assert later == ["server.admin.password"]
