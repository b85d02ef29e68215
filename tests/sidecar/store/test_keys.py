"""One key pair for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.store.keys import load_keys


def test_the_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "probe-keys.json"
    keys = load_keys(path)
    assert load_keys(path) == keys
    assert keys.temporary != keys.permanent
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"nonsense", b'{"temporary":"04AA"}', b"\xff"])
def test_broken_keys_are_set_aside_for_new_ones(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "probe-keys.json"
    path.write_bytes(content)
    keys = load_keys(path)
    assert load_keys(path) == keys
    assert (tmp_path / "probe-keys.json.corrupt-1").read_bytes() == content


def test_keys_that_cannot_be_saved_serve_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "probe-keys.json.new").symlink_to("/dev/full")
    keys = load_keys(tmp_path / "probe-keys.json")
    assert len(keys.permanent) == 130
    assert list(tmp_path.iterdir()) == []
