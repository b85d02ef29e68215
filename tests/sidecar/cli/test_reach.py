"""What a service of another user could run, and what it could not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.cli.reach import out_of_reach
from support.users import another_user


@pytest.fixture
def place() -> Iterator[Path]:
    """Open to everybody, as /opt is."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def script(path: Path, first: str = "#!/bin/sh") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{first}\n")
    path.chmod(0o755)
    return path


def closed(place: Path) -> Path:
    (place / "closed").mkdir(mode=0o700)
    return place / "closed"


@pytest.mark.parametrize("first", ["#!/bin/sh", "#!/usr/bin/env python3", "#! /bin/sh -e", "", "#!"])
def test_what_everybody_can_run(place: Path, first: str) -> None:
    assert out_of_reach(script(place / "program", first)) == ""


def test_a_program_that_is_a_link_into_a_closed_directory(place: Path) -> None:
    """As pipx makes it."""
    (place / "program").symlink_to(script(closed(place) / "program"))
    assert out_of_reach(place / "program") == f"{place}/closed is closed to others (mode 0700)"


def test_an_environment_in_a_closed_directory(place: Path) -> None:
    assert out_of_reach(script(closed(place) / "program")).endswith("closed is closed to others (mode 0700)")


def test_an_environment_made_by_a_python_in_a_closed_directory(place: Path) -> None:
    (place / "python").symlink_to(script(closed(place) / "python3.13"))
    program = script(place / "program", f"#!{place}/python")
    assert out_of_reach(program) == f"{place}/closed is closed to others (mode 0700)"


def test_an_environment_whose_python_is_gone(place: Path) -> None:
    (place / "python").symlink_to(place / "python3.9")
    program = script(place / "program", f"#!{place}/python")
    assert out_of_reach(program) == f"{place}/python3.9 is not there"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can put something into /root")
def test_of_a_home_the_unit_sees_nothing_whatever_its_mode(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/root") as name:
        (place / "python").symlink_to(script(Path(name) / "python3"))
        program = script(place / "program", f"#!{place}/python")
        assert out_of_reach(program) == f"{name}/python3 is in a home, of which the unit sees nothing"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user for a while")
def test_who_may_not_look_is_told_so_and_no_more(place: Path) -> None:
    (place / "python").symlink_to(script(closed(place) / "python3"))
    program = script(place / "program", f"#!{place}/python")
    with another_user():
        assert out_of_reach(program) == f"{place}/closed/python3: Permission denied"
