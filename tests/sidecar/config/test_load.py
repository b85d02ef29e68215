"""A file is right, or every mistake in it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.errors import ExitCode, UserError
from sidecar.config.load import load, parse
from sidecar.core.maintenance import Day, Maintenance
from sidecar.core.nouns import Severity
from sidecar.core.policy import Limits, Route
from sidecar.core.quantities import Rate, Window

SMALLEST = '[server]\ncommand = ["java", "-jar", "server.jar"]\n'


def complaint(tmp_path: Path, text: str) -> str:
    path = tmp_path / "sidecar.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load(path)
    assert caught.value.code is ExitCode.CONFIGURATION
    return str(caught.value).replace(str(tmp_path) + "/", "")


def test_the_smallest_file_has_every_default(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.toml"
    path.write_text(SMALLEST)
    settings = load(path)
    assert settings.server.port == 9090
    assert settings.health.port == 9191
    assert settings.limits == Limits()
    assert settings.policy.channels == ()
    assert settings.server.directory == str(tmp_path)


@pytest.mark.parametrize(("written", "seconds"), [("", 60.0), ('interval = "10s"\n', 10.0)])
def test_a_dead_man_s_switch_is_told_each_minute_unless_it_says_otherwise(
    tmp_path: Path, written: str, seconds: float
) -> None:
    path = tmp_path / "sidecar.toml"
    path.write_text(f'{SMALLEST}[deadman]\nurl = "HTTPS://hc-ping.com/hunter2"\n{written}')
    settings = load(path)
    assert settings.policy.deadman == seconds
    assert "hunter2" not in repr(settings)
    path.write_text(SMALLEST)
    assert load(path).policy.deadman is None


def test_limits_are_written_with_their_units(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.toml"
    path.write_text(
        SMALLEST + '[limits]\nterm_deadline = "1s"\nhung_after = "20s"\njitter = "20%"\n'
        'budget = [{ restarts = 40, within = "1h" }]\n'
    )
    limits = load(path).limits
    assert limits.term_deadline == 1.0
    assert limits.hung_after == 20.0
    assert limits.jitter == pytest.approx(0.2)
    assert limits.budget == (Window(40, 3600.0),)


def test_maintenance_is_each_day_unless_it_says_otherwise() -> None:
    daily = '[[maintenance]]\nfrom = "23:00"\nto = "01:30"\n'
    settings, _ = parse(SMALLEST + daily + daily + 'days = ["sun", "wed"]\nwhy = "upgrade"\n')
    assert settings is not None
    assert settings.policy.maintenance == (
        Maintenance(82800.0, 5400.0, tuple(Day)),
        Maintenance(82800.0, 5400.0, (Day.SUN, Day.WED), "upgrade"),
    )


CHANNEL = '[[channel]]\nname = "a"\nurl = "x:/"\n'


def test_a_channel_is_told_of_everything_at_once_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.toml"
    path.write_text(
        SMALLEST
        + CHANNEL
        + CHANNEL.replace('"a"', '"phone"')
        + 'severity = "fail"\nquiet_from = "22:00"\nquiet_to = "07:30"\nafter = "15m"\n'
    )
    policy = load(path).policy
    assert policy.route("a") == Route()
    assert policy.route("phone") == Route(Severity.FAIL, 22 * 3600.0, 7.5 * 3600.0, 900.0)


def test_how_much_is_told_and_how_often_people_are_reminded(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.toml"
    path.write_text(
        SMALLEST + '[limits]\nstorm_limit = { times = 5, within = "1m" }\n'
        'flap_limit = { times = 2, within = "2h" }\nflap_settled = "30m"\n'
        'remind_first = "2h"\nremind_max = "3d"\n'
    )
    limits = load(path).limits
    assert (limits.storm_limit, limits.flap_limit) == (Rate(5, 60.0), Rate(2, 7200.0))
    assert (limits.flap_settled, limits.remind_first, limits.remind_max) == (1800.0, 7200.0, 259200.0)
    path.write_text(SMALLEST + '[limits]\nremind_first = "0s"\n')
    assert load(path).limits.remind_first == 0.0


def test_every_mistake_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
[server]
comand = ["x"]
port = "9090"

[limits]
term_deadline = 5
stable_after = "3 parsecs"

[[channel]]
name = "mail"
url = ""

[[channel]]
name = "chat"

[helth]

[server.admin]
pasword = "fermat"
"""
    written = 'a text that is not empty and has no NUL in it, or { credential = "NAME" }'
    units = "a number with one of the units ms, s, m, h, d (like '10s')"
    assert complaint(tmp_path, text).splitlines() == [
        "sidecar.toml:2: server.comand: is not a setting; did you mean 'command'?",
        "sidecar.toml:3: server.port: must be a whole number from 1 to 65535, is '9090'",
        "sidecar.toml:19: server.admin.pasword: is not a setting; did you mean 'password'?",
        "sidecar.toml:18: server.admin.password: is missing, and has no default",
        'sidecar.toml:6: limits.term_deadline: 5 has no unit; write it as a text like "10s"',
        f"sidecar.toml:7: limits.stable_after: '3 parsecs' is not {units}",
        f"sidecar.toml:11: channel[0].url: must be {written}",
        "sidecar.toml:13: channel[1].url: is missing, and has no default",
        "sidecar.toml:16: helth: is not a setting; did you mean 'health'?",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server\n", "is not TOML"),
        ("", "server: is missing"),
        ("server = 3\n", "server: must be a table"),
        (SMALLEST + "port = 0\n", "server.port"),
        ('[server]\ncommand = "java -jar x"\n', "server.command"),
        ("[server]\ncommand = []\n", "server.command"),
        (SMALLEST + 'on_stop = "explode"\n', "server.on_stop"),
        ('language = "fr"\n' + SMALLEST, "language: must be 'en' or 'es', is 'fr'"),
        ("language = 1\n" + SMALLEST, "language: must be 'en' or 'es', is 1"),
        (SMALLEST + 'language = "es"\n', "server.language: is not a setting"),
        (SMALLEST + "[health]\nport = 9090\n", "health.port: 9090 is the server's own port"),
        (SMALLEST + '[limits]\nbackoff_max = "0.5s"\n', "limits.backoff_first: is above backoff_max"),
        (SMALLEST + '[limits]\nbudget = { restarts = 1, within = "1s" }\n', "must be a list of tables"),
        (SMALLEST + "[limits]\nchannels = []\n", "limits.channels: is not a setting"),
        (
            SMALLEST + '[[maintenance]]\nfrom="03:00"\nto="03:00"\n',
            ":5: maintenance[0].to: is the same as from; write another time of day",
        ),
        (
            SMALLEST + '[[maintenance]]\nfrom="03:00"\ndays=["sun", "sonntag"]\n',
            ":5: maintenance[0].days: 'sonntag' is no day: write mon, tue, wed, thu, fri, sat, sun\n",
        ),
        (
            SMALLEST + '[[maintenance]]\nfrom="03:00"\ndays=[]\n',
            ':5: maintenance[0].days: must be a list of days, like ["sat", "sun"], of mon, tue, wed, thu, ',
        ),
        (
            SMALLEST + '[[maintenance]]\nfrom="03:00"\n',
            ":3: maintenance[0].to: is missing, and has no default",
        ),
        (SMALLEST + "[maintenance]\nfrom='03:00'\n", "must be a list of tables ([[maintenance]])"),
        (
            SMALLEST + '[[channel]]\nname="a"\nurl="x:/"\n[[channel]]\nname="a"\nurl="y:/"\n',
            "earlier channel",
        ),
        (SMALLEST + CHANNEL + 'severity = "info"\n', "channel[0].severity: must be 'warn' or 'fail'"),
        (SMALLEST + CHANNEL + 'after = "soon"\n', "channel[0].after: 'soon' is not a number with one of"),
        (
            SMALLEST + CHANNEL + 'after = "15m"\n',
            "sidecar.toml:6: channel[0].after: every channel has it, so nobody is told at once; leave it out",
        ),
        (SMALLEST + CHANNEL + 'quiet_to = "7"\n', "channel[0].quiet_to: '7' is not a time of day"),
        (SMALLEST + '[limits]\nremind_max = "59m"\n', "limits.remind_first: is above remind_max"),
        (SMALLEST + "[limits]\nstorm_limit = 20\n", "limits.storm_limit"),
        (SMALLEST + '[limits]\nstorm_limit = { times = 0, within = "1m" }\n', "limits.storm_limit.times"),
        (SMALLEST + '[limits]\nflap_limit = { times = 2, within = "0s" }\n', "limits.flap_limit.within"),
        (SMALLEST + "[limits]\nflap_limit = { times = 2 }\n", "limits.flap_limit.within: is missing"),
    ],
)
def test_a_wrong_file_is_named_with_the_key(tmp_path: Path, text: str, expected: str) -> None:
    said = complaint(tmp_path, text)
    assert said.startswith("sidecar.toml")
    assert expected in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No such file or directory: name a readable file with --config"):
        load(tmp_path / "absent.toml")


def test_a_secret_is_never_shown() -> None:
    settings, _ = parse(SMALLEST + '[[channel]]\nname = "m"\nurl = "mailto://user:hunter2@host"\n')
    assert settings is not None
    assert "hunter2" not in repr(settings)
    assert settings.channels[0].url.reveal() == "mailto://user:hunter2@host"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_settings_or_mistakes(text: str) -> None:
    settings, mistakes = parse(text)
    assert (settings is None) == bool(mistakes)
