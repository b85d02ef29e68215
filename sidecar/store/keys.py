"""The probe's keys: made once and kept for ever, for the server spends a thread on each stranger it loses."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import structlog

from cloudserver.session import ClientKeys, make_keys
from sidecar.store.files import replace, set_aside

log = structlog.get_logger("sidecar.store")


def load_keys(path: Path) -> ClientKeys:
    """The keys in this file, or new ones that are in it from now on. OSError when it cannot be used.

    (Hazard H1 of the real server: each identity that it loses abnormally leaks a thread, once.)
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClientKeys)
    except FileNotFoundError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("probe's keys set aside", file=str(set_aside(path)), why=str(error))
    keys = make_keys(os.urandom)
    replace(path, msgspec.json.encode(keys))
    return keys
