"""A plan file is read to a plan, or all its mistakes are told at once: line, key, what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.errors import ExitCode, UserError
from loadgen.scenario.behaviours import Duplicate, Echo, Leaver, Lister, Pair, Returner, SlowReader
from loadgen.scenario.comeback import Return
from loadgen.scenario.load import load, parse
from loadgen.scenario.plan import Limits, Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.stages import Ramp, Stage
from loadgen.scenario.thresholds import threshold

GOOD = """\
seed = 42
name = "an example"
url = "wss://10.0.0.7:9443"
ca = "ca.pem"
clients = 5000
settle = "1s"
thresholds = ["list response p99 < 200ms", "lost = 0"]

[ramp]
shape = "steps"
each = 500
every = "10s"

[[stage]]
name = "up"
duration = "1m"
rate = "0/s"
to = "30/m"

[[stage]]
duration = "5m"
rate = "200/s"

[[mix]]
do = "lister"
weight = 7.5
services = "0-15"
pings = 17

[[mix]]
do = "pair"
think = "1s-3s"
size = "64B-4KiB"

[[mix]]
do = "returner"
after = "1m"
away = "5s-90s"
times = 3
code = 1000

[[mix]]
do = "slow-reader"
bite = "256B"
every = "500ms"

[limits]
pending = 100
answered_within = "2s"

[return]
first = "500ms"
jitter = 0.5
"""
PLAN = Plan(
    seed=42,
    name="an example",
    url="wss://10.0.0.7:9443",
    ca="ca.pem",
    clients=5000,
    settle=1.0,
    thresholds=(threshold("list response p99 < 200ms"), threshold("lost = 0")),
    ramp=Ramp(shape="steps", each=500, every=10.0),
    stages=(
        Stage(name="up", duration=60.0, rate=0.0, to=0.5),
        Stage(duration=300.0, rate=200.0),
    ),
    mix=(
        Lister(weight=7.5, services=Span(0, 15), pings=17),
        Pair(think=Span(1, 3), size=Span(64, 4096)),
        Returner(after=Span(60, 60), away=Span(5, 90), times=3, code=1000),
        SlowReader(bite=256.0, every=0.5),
    ),
    limits=Limits(pending=100, answered_within=2.0),
    comeback=Return(first=0.5, jitter=0.5),
)


def said(text: str, *, any_host: bool = False) -> list[str]:
    return [str(mistake) for mistake in parse(text, 1, any_host=any_host)[1]]


def test_a_plan_in_full() -> None:
    assert parse(GOOD, 1) == (PLAN, [])


def test_an_empty_file_is_a_plan_with_the_seed_that_was_drawn() -> None:
    assert parse("", 12) == (Plan(seed=12), [])


def test_a_certificate_is_meant_from_where_the_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(GOOD)
    assert load(path, 1).ca == str(tmp_path / "ca.pem")


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    spoilt = GOOD
    for good, bad in (
        ("clients", "client"),
        ("p99 <", "p98 <"),
        ('"steps"', '"step"'),
        ('"10s"', "10"),
        ('"0/s"', '"0"'),
        ("7.5", "-7.5"),
        ('"0-15"', '"0-16"'),
        ("pings = 17", "pigns = 17"),
        ('"pair"', '"pairs"'),
        ("1000", "1001"),
        ('"256B"', "256"),
        ("answered_within", "answerd_within"),
    ):
        assert good in spoilt
        spoilt = spoilt.replace(good, bad, 1)
    path.write_text(spoilt)
    with pytest.raises(UserError) as caught:
        load(path, 1)
    assert caught.value.code is ExitCode.USAGE
    assert str(caught.value).replace(f"{path}", "plan.toml").splitlines() == [
        "plan.toml:5: client: is not a setting; did you mean 'clients'?",
        "plan.toml:7: thresholds[0]: 'list response p98' is not measured; did you mean 'response p99'?",
        "plan.toml:10: ramp.shape: must be 'linear' or 'steps' or 'poisson', is 'step'",
        'plan.toml:12: ramp.every: 10 has no unit; write it as a text like "10s"',
        "plan.toml:17: stage[0].rate: '0' is not a number with one of the units /h, /m, /s (like '250/s')",
        "plan.toml:26: mix[0].weight: must be more than 0, is -7.5",
        "plan.toml:27: mix[0].services: must be 0 to 15, is '0-16'",
        "plan.toml:28: mix[0].pigns: is not a setting; did you mean 'pings'?",
        "plan.toml:31: mix[1].do: 'pairs' is not a behaviour; did you mean 'pair'?",
        "plan.toml:40: mix[2].code: must be 1000 or 1006, is 1001",
        'plan.toml:44: mix[3].bite: 256 has no unit; write it as a text like "10MiB"',
        "plan.toml:49: limits.answerd_within: is not a setting; did you mean 'answered_within'?",
    ]


STAGE = '[[stage]]\nduration = "20s"\nrate = "1/s"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('url = "http://127.0.0.1:80"', "url: must be like ws://127.0.0.1:9090 or wss://[::1]:9443, is"),
        ('url = "ws://127.0.0.1:80/chat"', "url: names '/chat', but a Cloud Server's clients connect to"),
        ('url = "ws://example.org:80"', "url: names example.org, which is neither a loopback nor a private"),
        ('ca = "x"', "ca: belongs to wss://, and url has none"),
        ('[ramp]\nshape = "steps"\nrate = "1/s"', "ramp.rate: belongs to shape 'linear' or 'poisson', not"),
        ("[ramp]\neach = 7", "ramp.each: belongs to shape 'steps', not 'linear'"),
        ("stage = []", "stage: must be at least one table ([[stage]])"),
        ("mix = []", "mix: must be a list of tables ([[mix]])"),
        ("mix = [3]", "mix[0]: must be a table ([[mix]])"),
        ("[[mix]]", "mix[0].do: is missing; there are: listener, lister,"),
        ('[[mix]]\ndo = "listener"', "stage: has messages, and nobody in the mix sends any"),
        ('clients = 3\n[[mix]]\ndo = "pair"', "clients: must be such that all are in a group: 2 would be"),
        ('[[mix]]\ndo = "pair"\nservices = 0', "mix[0].services: must be at least 1"),
        (
            'clients = 4\n[[mix]]\ndo = "lister"\n[[mix]]\ndo = "pair"\npartners = 4',
            "mix[1].weight: gives it none of the 4 clients, and it needs 5",
        ),
        (
            STAGE + '[[mix]]\ndo = "lister"\n[[mix]]\ndo = "leaver"\nafter = "20s"',
            "mix[1].after: is not",
        ),
        ('[[mix]]\ndo = "lister"\nthink = "0s-1s"', "mix[0].think: must be at least 1ms"),
        ('[[mix]]\ndo = "lister"\nthink = "3s-1s"', "mix[0].think: '3s-1s' ends before it begins"),
        ('[[mix]]\ndo = "lister"\nthink = 3', "mix[0].think: 3 has no unit; write it as a text like"),
        ('[[mix]]\ndo = "echo"\nsize = "3MiB"', "mix[0].size: must be at most 2.765656MiB, is '3MiB'"),
        (
            '[[mix]]\ndo = "lister"\nservices = true',
            "mix[0].services: must be a whole number, or a text like",
        ),
        ('[[mix]]\ndo = "lister"\nservices = "x"', "mix[0].services: must be a whole number, or"),
        ('[[mix]]\ndo = "echo"\nheaders = "x"', 'mix[0].headers: must be a list of texts, like ["Authoriz'),
        ('[[mix]]\ndo = "echo"\nheaders = ["x"]', "mix[0].headers: must be like 'Authorization: Bearer x'"),
        ('[[mix]]\ndo = "echo"\nheaders = ["A: b\\nC: d"]', "mix[0].headers: must be like 'Authorization"),
        (
            '[[mix]]\ndo = "echo"\nheaders = ["host: b"]',
            "mix[0].headers: host is the WebSocket upgrade's own",
        ),
        ('thresholds = "lost = 0"', 'thresholds: must be a list of texts, like "response p99 < 200ms"'),
        ('[[mix]]\ndo = "echo"\n[return]', "return: belongs to Cloud Clients, and the mix has none"),
        ('[return]\nfirst = "11s"', "return.first: is longer than return.most"),
        ("x = ", "is not TOML: Invalid value"),
    ],
)
def test_what_is_wrong(text: str, told: str) -> None:
    assert any(line.startswith(told) for line in said(text)), said(text)


def test_nobody_but_duplicates_and_an_echo_beside_cloud_clients() -> None:
    silent = '[[stage]]\nduration = "20s"\nrate = "0/s"\n'
    assert said(silent + '[[mix]]\ndo = "duplicate"') == [
        "mix: has only duplicates, and nobody whom they could double"
    ]
    assert said('[[mix]]\ndo = "lister"\n[[mix]]\ndo = "echo"') == [
        "mix[1].do: 'echo' is no Cloud Client, and others are: it needs a run of its own"
    ]


def test_an_echo_may_have_any_path_and_headers() -> None:
    text = 'url = "ws://[::1]:8080/chat?room=1"\n[[mix]]\ndo = "echo"\nsubprotocol = "v2.chat"\n'
    plan, mistakes = parse(text + 'headers = ["Authorization: Bearer x", "X-A:b"]', 1)
    assert mistakes == []
    assert plan is not None
    assert plan.mix == (Echo(subprotocol="v2.chat", headers=(("Authorization", "Bearer x"), ("X-A", "b"))),)


def test_a_public_host_is_a_target_only_when_it_is_meant_to_be() -> None:
    assert said('url = "wss://example.org:443"', any_host=True) == []


@given(st.text())
def test_any_text_is_a_plan_or_a_mistake(text: str) -> None:
    plan, mistakes = parse(text, 1)
    assert (plan is None) == bool(mistakes)


@given(st.text(), st.sampled_from(["url", "name", "ca", "settle", "thresholds", "mix", "ramp"]))
def test_any_value_is_right_or_told_in_one_line(value: str, key: str) -> None:
    mistakes: list[str] = said(f"{key} = '''\n{value}'''")
    assert all(len(line.splitlines()) == 1 for line in mistakes)


def test_behaviours_that_could_never_happen() -> None:
    plan = Plan(seed=1, mix=(Lister(), Leaver(after=Span(30, 40)), Duplicate(after=Span(29, 40))))
    text = '[[mix]]\ndo = "lister"\n[[mix]]\ndo = "leaver"\nafter = "30s-40s"\n'
    text += '[[mix]]\ndo = "duplicate"\nafter = "29s-40s"'
    assert plan.duration == 30
    assert said(text) == ["mix[1].after: is not before the end of the last stage"]
