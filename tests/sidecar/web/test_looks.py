"""How often the state is looked at, however often somebody asks."""

from __future__ import annotations

import pytest

from sidecar.core.view import View
from sidecar.web import looks
from sidecar.web.looks import Looks
from support.playbook import Playbook


def looking() -> tuple[Looks, list[View]]:
    book, looked = Playbook(), list[View]()

    def look() -> View:
        looked.append(book.view)
        return looked[-1]

    return Looks(look), looked


def test_one_look_serves_many_until_something_changes() -> None:
    look, looked = looking()
    assert look() is look()
    look.forget()
    look()
    assert len(looked) == 2


def test_it_gets_old_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_FRESH", 0.0)
    look, looked = looking()
    first = look()
    while look() is first:
        pass
    assert len(looked) == 2
