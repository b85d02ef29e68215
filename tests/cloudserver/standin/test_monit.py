"""How the server reads a Monit's page (cloud-server.md §2.5)."""

from __future__ import annotations

import pytest

from cloudserver.standin.config import Config
from cloudserver.standin.monit import Malformed, read, system_data

SKELETON = """<table id="header-row"><tr><th class="first">System</th><th>Status</th><th>Load</th></tr>
<tr><td><a href="x">host1</a></td><td>Running</td><td>[0.10]&nbsp;[0.20]</td></tr></table>"""


def test_a_row_is_read_by_its_headers() -> None:
    assert read(SKELETON) == {"System": [{"Name": "host1", "Status": "Running", "Load": "[0.10] [0.20]"}]}


def test_only_tables_of_that_id_are_read() -> None:
    assert read(SKELETON.replace("header-row", "other")) == {}
    assert read("<p>nothing</p>") == {}


def test_the_last_table_of_a_type_wins() -> None:
    assert read(SKELETON + SKELETON.replace("host1", "host2"))["System"][0]["Name"] == "host2"


def test_a_row_may_be_short() -> None:
    assert read(SKELETON.replace("<td>Running</td>", "").replace("<td>[0.10]&nbsp;[0.20]</td>", "")) == {
        "System": [{"Name": "host1"}]
    }


@pytest.mark.parametrize(
    ("old", "new"), [('class="first"', 'class="First"'), ("<td>Running</td>", "<td>a</td><td>b</td>")]
)
def test_what_breaks_the_whole_call(old: str, new: str) -> None:
    with pytest.raises(Malformed):
        read(SKELETON.replace(old, new))


async def test_without_monit_it_says_so() -> None:
    assert await system_data(Config()) == {
        "success": False,
        "data": "Error: Monit is no installed and configured.",
    }


async def test_nobody_there_is_an_answer(unused_tcp_port: int) -> None:
    answer = await system_data(Config(monit_installed=True, monit_url=f"http://127.0.0.1:{unused_tcp_port}"))
    assert answer["success"] is False
    assert str(answer["data"]).startswith("Error: ")
