"""``/monit/`` as the Cloud Server's own reader understands it."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.standin.monit import read
from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import HostSampled, PauseAsked, Sampled
from sidecar.faces.monit import page
from support.playbook import Playbook
from support.site import LABEL

A = Identity(100, 1)


def shown(book: Playbook) -> dict[str, list[dict[str, str]]]:
    return read(page(book.view, LABEL).decode())


def test_a_server_that_runs() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", {Measure.CPU: 12.5, Measure.MEMORY: 2.0**20, Measure.UPTIME: 245.0}))
    book.sees(HostSampled({Measure.DISK_FREE: 3 * 2.0**30, Measure.DISK_FULL_IN: float("inf")}))
    found = shown(book)
    assert list(found) == ["System", "Process", "Filesystem", "Host", "Sidecar", "Finding"]
    assert found["Process"] == [
        {
            "Name": "cloud-server",
            "Status": "Running",
            "Uptime": "4 min 5 s",
            "CPU Total": "12.5%",
            "Memory Total": "1.0 MiB",
            "Threads": "unknown",
            "Files": "unknown of unknown",
        }
    ]
    assert found["Filesystem"][0]["Space Free"] == "3.0 GiB"
    assert found["Sidecar"][0]["Name"] == "fermat-sidecar 0.1.0"
    assert found["Finding"] == []


def test_a_server_that_is_down_or_ill() -> None:
    book = Playbook()
    assert shown(book)["Process"][0]["Status"] == "Initializing"
    book.boots(A)
    book.falls_silent(A, Sign.HTTP)
    assert shown(book)["Host"][0]["Status"] == "Connection failed"
    assert "http: no answer since 2027-" in shown(book)["Host"][0]["Protocol(s)"]
    book.dies(A)
    found = shown(book)
    assert found["Process"][0]["Status"] == "Does not exist"
    assert found["Finding"][0]["Name"] == "exited"
    assert found["Finding"][0]["Status"] == "Failed"
    assert found["Sidecar"][0]["Incidents"] == "1 open"


def test_a_pause_is_said() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(PauseAsked(60, "upgrade", "root"))
    assert shown(book)["Sidecar"][0]["Status"] == "Not monitored | paused"


readings = st.dictionaries(
    st.sampled_from(list(Measure)), st.floats(min_value=0, max_value=1e15) | st.builds(Unknown, st.text())
)


@given(readings=readings, host=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_any_view_can_be_read(readings: dict[Measure, float | Unknown], host: str) -> None:
    book = Playbook()
    book.boots(A)
    view = msgspec.structs.replace(book.view, readings=readings)
    label = msgspec.structs.replace(LABEL, host=host)
    found = read(page(view, label).decode())
    assert len(found) == 6
    assert {len(rows) for kind, rows in found.items() if kind != "Finding"} == {1}
