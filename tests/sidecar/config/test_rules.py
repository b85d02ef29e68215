"""``[rules.NAME]``: each number in its unit, every mistake with its key."""

from __future__ import annotations

import pytest

from sidecar.config.load import parse
from sidecar.core.nouns import Act, Severity, Trouble
from sidecar.core.rules import DEFAULTS, METRICS, Rule

SERVER = '[server]\ncommand = ["java"]\n'


def rules(text: str) -> dict[Trouble, Rule]:
    settings, mistakes = parse(SERVER + text)
    assert settings is not None, mistakes
    return settings.policy.rules


def mistakes(text: str) -> list[str]:
    settings, found = parse(SERVER + text)
    assert settings is None
    return [str(mistake) for mistake in found]


def test_without_a_word_the_defaults_hold() -> None:
    assert rules("") == DEFAULTS
    assert set(DEFAULTS) == set(METRICS)


def test_what_is_written_changes_and_the_rest_stays() -> None:
    changed = rules(
        '[[channel]]\nname = "mail"\nurl = "json://x"\n'
        '[rules.fd-limit]\nthreshold = "90%"\nclear = "80%"\n'
        'for = "1m"\nact = "restart"\nchannels = ["mail"]\n'
        '[rules.disk-low]\nthreshold = "2GiB"\nclear = "3GiB"\nseverity = "fail"\n'
        '[rules.host-memory]\nthreshold = "4%"\nclear = "8%"\n'
        '[rules.host-swap]\nthreshold = "8MiB"\n'
    )
    assert changed[Trouble.FD_LIMIT] == Rule(0.9, 0.8, Act.RESTART, 60.0, channels=("mail",))
    assert changed[Trouble.DISK_LOW] == Rule(2 * 2.0**30, 3 * 2.0**30, severity=Severity.FAIL)
    assert changed[Trouble.HOST_MEMORY] == Rule(4.0, 8.0, Act.HOLD, last=30.0)
    assert changed[Trouble.HOST_SWAP].threshold == 8 * 2.0**20
    assert changed[Trouble.FDS_HIGH] == DEFAULTS[Trouble.FDS_HIGH]


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("[rules.fd-limits]", "rules.fd-limits", "did you mean 'fd-limit'?"),
        ('[rules.fd-limit]\ntreshold = "9%"', "rules.fd-limit.treshold", "did you mean 'threshold'?"),
        ('[rules.fd-limit]\nthreshold = "2GiB"', "rules.fd-limit.threshold", "85%"),
        ("[rules.fd-limit]\nthreshold = 85", "rules.fd-limit.threshold", "has no unit"),
        ('[rules.fd-limit]\nthreshold = "120%"', "rules.fd-limit.threshold", "at most 100%"),
        ('[rules.host-memory]\nthreshold = "120%"', "rules.host-memory.threshold", "at most 100%"),
        ("[rules.host-memory]\nthreshold = 6", "rules.host-memory.threshold", "has no unit"),
        ("[rules.host-swap]\nthreshold = 6", "rules.host-swap.threshold", "has no unit"),
        ('[rules.disk-low]\nthreshold = "10%"', "rules.disk-low.threshold", "10MiB"),
        ('[rules.disk-low]\nclear = "1MiB"', "rules.disk-low.clear", "clear must be above the threshold"),
        ('[rules.fd-limit]\nclear = "99%"', "rules.fd-limit.clear", "clear must be below the threshold"),
        ('[rules.fd-limit]\nfor = "soon"', "rules.fd-limit.for", "10s"),
        ('[rules.fd-limit]\nact = "dance"', "rules.fd-limit.act", '"note" or "tell"'),
        ('[rules.fd-limit]\nseverity = "bad"', "rules.fd-limit.severity", '"warn" or "fail"'),
        ('[rules.fd-limit]\nchannels = ["nobody"]', "rules.fd-limit.channels", "no [[channel]]"),
        ('rules = "many"', "server.rules", "is not a setting"),
        ("[rules]\nfd-limit = 3", "rules.fd-limit", "must be a table"),
    ],
)
def test_a_mistake_names_its_key_and_says_what_to_write(text: str, key: str, problem: str) -> None:
    (only,) = mistakes(text)
    assert only.startswith(f"{key}: ")
    assert problem in only


def test_under_a_load_a_rule_may_have_another_threshold_on_the_same_side_of_clear() -> None:
    found = rules('[rules.fd-limit]\nload_threshold = "95%"\n[rules.disk-low]\nload_threshold = "512MiB"\n')
    assert found[Trouble.FD_LIMIT].load_threshold == 0.95
    assert found[Trouble.DISK_LOW].load_threshold == 2.0**29
    (low,) = mistakes('[rules.fd-limit]\nload_threshold = "70%"\n')
    assert "rules.fd-limit.load_threshold" in low
    assert "must be above clear" in low
    (high,) = mistakes('[rules.disk-low]\nload_threshold = "2GiB"\n')
    assert "must be below clear" in high


def test_a_rule_with_one_mistake_hides_no_other() -> None:
    found = mistakes('[rules.fd-limit]\nthreshold = 85\nclear = "99%"\nchannels = ["nobody"]')
    assert [one.partition(":")[0] for one in found] == ["rules.fd-limit.threshold", "rules.fd-limit.channels"]
