"""The keys by which the server knows our probe: made once, for ever (with others it would leak: H1, H3)."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from cloudserver.session import ClientKeys, make_keys
from sidecar.store.files import UNREADABLE, log, set_aside, write


def load_keys(path: Path) -> ClientKeys:
    """The saved keys, or new ones, saved; a file that cannot be read is set aside."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClientKeys)
    except FileNotFoundError:
        pass
    except OSError as error:
        set_aside(path, str(error.strerror))
    except UNREADABLE as error:
        set_aside(path, str(error))
    keys = make_keys(os.urandom)
    try:
        write(path, msgspec.json.encode(keys))
    except OSError as error:  # they serve as long as we live; the next sidecar will be another client
        log.warning("probe keys not saved", file=str(path), why=error.strerror)
    return keys
