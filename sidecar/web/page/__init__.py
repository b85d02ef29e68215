"""The page's files, as the browser gets them."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from string import Template

import msgspec

from sidecar.faces.words import words


def read(name: str) -> bytes:
    """One of the files as it is."""
    return files(__name__).joinpath(name).read_bytes()


@cache
def index(language: str) -> bytes:
    """The page itself in a language, with the words that its script needs."""
    catalogue = words(language)
    texts = msgspec.structs.asdict(catalogue.page)
    script = texts | {
        "decimal": catalogue.numbers.decimal,
        "thousands": catalogue.numbers.thousands,
        "percent": catalogue.numbers.percent,
        "because": catalogue.phrases.unknown.format(why=""),
    }
    parts = texts | {"language": language, "words": msgspec.json.encode(script).decode()}
    page = Template(read("index.html").decode())
    return page.substitute({name: escape(text) for name, text in parts.items()}).encode()
