"""A good file, spoilt in any number of places: each is told with its line and key, in one line."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fermatkit.errors import ExitCode
from sidecar.cli import main

GOOD: dict[str, dict[str, str]] = {
    "[server]": {
        "command": '["java", "-jar", "server.jar"]',
        "directory": '"server"',
        "host": '"::1"',
        "port": "9090",
        "on_stop": '"leave"',
        "output": '"server-output.log"',
        "output_limit": '"10MiB"',
    },
    "[server.admin]": {"user": '"fermat"', "password": '"hunter2"'},
    "[state]": {"directory": '"state"'},
    "[health]": {"host": '"localhost"', "port": "9191", "names": '["status.example.org"]'},
    "[[channel]]": {
        "name": '"mail"',
        "url": '"mailto://user:hunter2@example.org"',
        "severity": '"fail"',
        "quiet_from": '"22:00"',
        "after": '"0s"',
    },
    "[deadman]": {"url": '"https://hc-ping.com/hunter2"', "interval": '"1m"'},
    "[[maintenance]]": {"days": '["sat", "sun"]', "from": '"23:00"', "to": '"01:00"', "why": '"upgrade"'},
    "[limits]": {
        "term_deadline": '"10s"',
        "quiet_from": '"02:30"',
        "jitter": '"10%"',
        "budget": '[{ restarts = 6, within = "10m" }]',
        "storm_limit": '{ times = 20, within = "10m" }',
        "flap_settled": '"15m"',
        "remind_first": '"1h"',
    },
    "[rules.disk-low]": {
        "threshold": '"1GiB"',
        "clear": '"2GiB"',
        "for": '"10s"',
        "act": '"note"',
        "severity": '"warn"',
        "channels": '["mail"]',
    },
    "[rules.fd-limit]": {"threshold": '"85%"'},
}
"""Table → key → value, as they are written."""
NO_TYPE = (
    "true",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "1979-05-27",
    "{}",
    "{ a = 1 }",
    "[[]]",
    "[1]",
    "0x" + "f" * 5000,
)
"""What no setting is."""
NO_TEXT = (*NO_TYPE, "1", "9.5", '""', "[]", '"a\\u0000b"')
NO_NUMBER = (*NO_TYPE, '"9090"', '"inf"', "9.5", "[]", '""', "-1")
NO_QUANTITY = (*NO_NUMBER, '"10"', '"3 parsecs"', '"-1s"', '"1e400s"', '"nan s"', '"infs"', f'"{"9" * 400}s"')
NO_LINE = (*NO_TEXT, '"a\\nb"', '"\\u0007"', '" "')
NO_HOST = (*NO_LINE, '"a b"', '"a/b"', '"http://a"', '"[::1]"', '"a..b"', '"999.1.1.1"', '"é"')
NO_OUTPUT = (*NO_LINE, '"/a"', '"a/b"', '"."', '".."', '"memory.json.new"', '"server.lock"', f'"{"x" * 300}"')
WRONG: dict[tuple[str, str], tuple[str, ...]] = {
    ("[server]", "command"): (*(one for one in NO_TEXT if one != '"a"'), '"java"', '[""]', '["a\\u0000"]'),
    ("[server]", "unit"): (*NO_LINE, "'cloud'", "'a b.service'", "'cloud.socket'", "'../cloud.service'"),
    ("[server]", "pidfile"): NO_LINE,
    ("[server]", "match"): NO_LINE,
    ("[server]", "directory"): NO_TEXT,
    ("[server]", "host"): NO_HOST,
    ("[server]", "port"): (*NO_NUMBER, "0", "65536", "9" * 30),
    ("[server]", "on_stop"): (*NO_TEXT, '"explode"'),
    ("[server]", "output"): NO_OUTPUT,
    ("[server]", "output_limit"): (*NO_QUANTITY, '"10MB"', '"10s"', f'"{"9" * 400}TiB"'),
    ("[server.admin]", "user"): NO_LINE,
    ("[server.admin]", "password"): (*(one for one in NO_TEXT if one != '"a\\u0000b"'), '"hunter2\\u0000"'),
    ("[state]", "directory"): NO_TEXT,
    ("[health]", "host"): NO_HOST,
    ("[health]", "port"): (*NO_NUMBER, "0", "65536"),
    ("[health]", "names"): (*NO_TYPE, '"a.example"', '["a b"]', '["https://a.example"]', "[7]"),
    ("[[channel]]", "name"): NO_LINE,
    ("[[channel]]", "url"): (*NO_TEXT, '"hunter2\\u0000"'),
    ("[[channel]]", "severity"): (*NO_TEXT, '"info"', '"FAIL"'),
    ("[[channel]]", "quiet_from"): (*NO_QUANTITY, '"24:00"', '"22"'),
    ("[[channel]]", "after"): (*NO_QUANTITY, '"10MiB"'),
    ("[deadman]", "url"): (*NO_TEXT, '"hunter2\\u0000"'),
    ("[deadman]", "interval"): (*NO_QUANTITY, '"9s"', '"10MiB"'),
    ("[[maintenance]]", "days"): (*NO_TYPE, '"sun"', "[]", '["sun", "sonntag"]', '["SUN"]', '["sun", 7]'),
    ("[[maintenance]]", "from"): (*NO_QUANTITY, '"24:00"', '"3:00"', '"1h"'),
    ("[[maintenance]]", "to"): (*NO_QUANTITY, '"24:00"'),
    ("[[maintenance]]", "why"): NO_LINE,
    ("[limits]", "term_deadline"): (*NO_QUANTITY, '"10MiB"', '"0s"', '"99999d"'),
    ("[limits]", "quiet_from"): (*NO_QUANTITY, '"24:00"', '"3 o\'clock"', '"03:60"'),
    ("[limits]", "storm_limit"): (
        *(one for one in NO_NUMBER if one != "[[]]"),
        '{ times = 0, within = "1m" }',
        '{ times = 1.5, within = "1m" }',
        '{ times = 1, within = "0s" }',
        "{ times = 1 }",
        '[{ times = 1, within = "1m" }]',
    ),
    ("[limits]", "flap_settled"): (*NO_QUANTITY, '"0s"', '"10MiB"'),
    ("[limits]", "remind_first"): (*NO_QUANTITY, '"10MiB"'),
    ("[rules.disk-low]", "threshold"): (*NO_QUANTITY, '"10s"', '"10%"'),
    ("[rules.disk-low]", "for"): (*NO_QUANTITY, '"10MiB"'),
    ("[rules.disk-low]", "act"): (*NO_TEXT, '"continue"', '"dance"'),
    ("[rules.disk-low]", "severity"): (*NO_TEXT, '"awful"'),
    ("[rules.disk-low]", "channels"): (*(one for one in NO_TYPE if one != "[[]]"), '"mail"', "[1]"),
    ("[rules.fd-limit]", "threshold"): (*NO_QUANTITY, '"101%"', '"10MiB"'),
    ("[limits]", "jitter"): (*NO_QUANTITY, '"101%"', '"10s"'),
    ("[limits]", "budget"): (
        *(one for one in NO_NUMBER if one != "[]"),
        "[{ restarts = 1 }]",
        '[{ restarts = -1, within = "1s" }]',
        '[{ restarts = 1, within = "0s" }]',
    ),
}
BETWEEN: dict[tuple[str, str], tuple[str, ...]] = {
    ("[server]", "unit"): ('"fermat-cloud-server.service"', '"cloud@1.service"'),
    ("[server]", "pidfile"): ('"cloud.pid"',),
    ("[server]", "match"): ('"cloud-server.jar"',),
    ("[[channel]]", "url"): ('"hunter2"', '"hunter2://hunter2"', '"tgram://hunter2"'),
    ("[health]", "port"): ("9090",),
    ("[health]", "host"): ('"0.0.0.0"', '"node.example.org"'),
    ("[deadman]", "url"): ('"hc-ping.com/hunter2"', '"ftp://hunter2"', '"https:///hunter2"'),
    ("[[maintenance]]", "to"): ('"23:00"',),
    ("[rules.disk-low]", "clear"): ('"1MiB"', '"1GiB"'),
    ("[rules.disk-low]", "channels"): ('["nobody"]',),
    ("[rules.fd-limit]", "threshold"): ('"10%"',),
    ("[limits]", "remind_first"): ('"25h"',),
}
"""Wrong only beside what is right elsewhere, or for Apprise: told when the table itself is well."""


@st.composite
def spoilt(draw: st.DrawFn) -> dict[tuple[str, str], str | None]:
    """Which settings are to be what; None: another key in place of a required one."""
    keys = draw(st.lists(st.sampled_from(sorted(WRONG)), min_size=1, max_size=5, unique=True))
    required = {
        ("[server]", "command"),
        ("[server.admin]", "password"),
        ("[[channel]]", "name"),
        ("[[channel]]", "url"),
        ("[[maintenance]]", "from"),
        ("[[maintenance]]", "to"),
        ("[deadman]", "url"),
    }
    return {key: draw(st.sampled_from((*WRONG[key], *((None,) if key in required else ())))) for key in keys}


def written(wrong: dict[tuple[str, str], str | None]) -> str:
    lines = []
    for table, keys in GOOD.items():
        lines.append(table)
        others = {key: "" for place, key in wrong if place == table and key not in keys}
        for key, value in (keys | others).items():
            now = wrong.get((table, key), value)
            lines.append(f"x{key} = 1" if now is None else f"{key} = {now}")
    return "\n".join(lines) + "\n"


def check(path: Path, text: str) -> tuple[int, str]:
    path.touch(0o600)
    path.write_text(text)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = main(["check", "--config", str(path)])
    return code, said.getvalue()


pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "sidecar.toml"


def test_the_good_file_is_good(path: Path) -> None:
    assert check(path, written({})) == (
        ExitCode.GOOD,
        f"{path}: good. Server [::1]:9090, started by the sidecar; told: mail.\n",
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, one) for wrong in (WRONG, BETWEEN) for key, values in wrong.items() for one in values],
)
def test_each_mistake_alone(path: Path, key: tuple[str, str], value: str) -> None:
    holds(path, {key: value})


@given(wrong=spoilt())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_mistake_is_told_with_its_line_and_key(
    path: Path, wrong: dict[tuple[str, str], str | None]
) -> None:
    holds(path, wrong)


def holds(path: Path, wrong: dict[tuple[str, str], str | None]) -> None:
    text = written(wrong)
    code, said = check(path, text)
    assert code == ExitCode.CONFIGURATION, said
    assert "Traceback" not in said
    assert "hunter2" not in said
    lines = said.splitlines()
    for line in lines:
        assert line.startswith(f"fermat-sidecar: {path}:"), line
        assert len(line) < 400 + len(str(path)), line
    for (table, key), value in wrong.items():
        where = f"{table[2:-2]}[0].{key}" if table.startswith("[[") else f"{table[1:-1]}.{key}"
        line = place(text, table, "x" + key if value is None else key)
        asked = "is not a setting" if value is None else ""
        named = f"{path}:{line}: {where.replace(key, 'x' + key) if value is None else where}"
        assert any(one.startswith(f"fermat-sidecar: {named}") and asked in one for one in lines), (
            named,
            said,
        )


def place(text: str, table: str, key: str) -> int:
    """The line of a key."""
    lines = text.split("\n")
    start = lines.index(table)
    return next(n for n, line in enumerate(lines[start:], start + 1) if line.startswith(f"{key} = "))


@pytest.mark.parametrize(
    ("way", "how"),
    [
        ('command = ["java"]', "started by the sidecar"),
        ("unit = 'cloud.service'", "run by systemd as cloud.service"),
        ("pidfile = '/run/cloud.pid'", "run by somebody else and found by /run/cloud.pid"),
        ("match = 'cloud-server.jar'", "run by somebody else and found by its command line"),
        ("", "run by somebody else and found by its port"),
    ],
)
def test_the_server_is_named_in_one_way(path: Path, way: str, how: str) -> None:
    good = f"{path}: good. Server 127.0.0.1:9090, {how}; told: nobody (no [[channel]]).\n"
    assert check(path, f"[server]\n{way}\n") == (ExitCode.GOOD, good)


def test_every_way_too_many_and_every_key_of_another_way_is_told(path: Path) -> None:
    keys = ("match = 'a'", "on_stop = 'stop'", "output = 'b'", "output_limit = '1GiB'", "pidfile = 'c'")
    code, said = check(path, "\n".join(("[server]", *keys)))
    assert code == ExitCode.CONFIGURATION
    told = sorted(line.partition(f"{path}:")[2].partition(",")[0] for line in said.splitlines())
    assert told == [
        "2: server.match: cannot stand beside pidfile: write only one of command",
        "3: server.on_stop: belongs to command",
        "4: server.output: belongs to command",
        "5: server.output_limit: belongs to command",
    ]


def test_the_same_key_twice_and_broken_text_have_their_line(path: Path) -> None:
    for text, line in (
        ("[server]\ncommand = []\ncommand = []\n", 3),
        ("[server]\n[server]\n", 2),
        ("\n[x\n", 2),
    ):
        code, said = check(path, text)
        assert code == ExitCode.CONFIGURATION
        assert said.startswith(f"fermat-sidecar: {path}:{line}: is not TOML: "), json.dumps(said)
