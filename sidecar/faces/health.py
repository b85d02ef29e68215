"""``/health``: a view as ``application/health+json`` (draft-inadarei-api-health-check-06)."""

from __future__ import annotations

from hashlib import blake2b
from http import HTTPStatus

import msgspec

from sidecar.core.nouns import Finding, Trouble
from sidecar.core.phases import Stand
from sidecar.core.view import Status, View
from sidecar.faces import checks, sentences
from sidecar.faces.check import Checks
from sidecar.faces.label import Label
from sidecar.faces.reasons import reason
from sidecar.faces.words import Words

_OWN = ("outbox:waiting", "memory:unsaved", "deadman:last")
_RECENT = 3600.0
"""Seconds: so long after its start it is worth a note that there was no sidecar before."""
CONTENT_TYPE = "application/health+json"
_LINKS = {"self": "health", "alternate": "./", "archives": "api/v1/samples", "monitor": "api/v1/events"}
"""The page, what was, and what comes (relations: IANA's registry)."""


class Health(msgspec.Struct, frozen=True):
    """A whole answer, made once for each change of what is so."""

    status: int
    """HTTP: 200 for pass and warn, 503 for fail."""
    body: bytes
    language: str
    """Of its sentences."""
    etag: str
    """Of these very bytes (RFC 9110, 8.8.3): the same for as long as nothing is made anew."""


class _Body(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The draft's section 3; ``notes`` opens with the verdict in one sentence."""

    status: Status
    version: str
    service_id: str
    description: str
    notes: list[str]
    checks: Checks
    output: str = ""
    """Only when not pass."""
    links: dict[str, str] = {}
    """By their relations; relative to ``/health``, so that a proxy may put all of it elsewhere."""


def health(view: View, label: Label, words: Words) -> Health:
    """What is so, for programs and for the page, which shows the same facts."""
    details = checks.checks(view, words)
    # The sidecar's own troubles: no findings about the server, and no less true.
    said = [sentences.pause(view.pause, words, view.wall)] if view.pause else []
    if view.load:
        said.append(sentences.load(view.load, words, view.wall, began=False))
    if view.absence and view.absence.matters and view.wall < view.absence.until + _RECENT:
        said.append(sentences.absence(view.absence, words))
    if view.proof and view.proof.owner_unknown:
        said.append(words.phrases.unowned.format(why=reason(view.proof.owner_unknown, words)))
    own = said + [check.output for key in _OWN for check in details[key] if check.output and check.status]
    told = notes(view, words) + own
    body = _Body(
        status=view.status,
        version=label.version,
        service_id=label.server,
        description=words.phrases.description.format(server=label.server, host=label.host),
        notes=told,
        checks=details,
        output="" if view.status is Status.PASS else " ".join(told),
        links=_LINKS,
    )
    code = HTTPStatus.SERVICE_UNAVAILABLE if view.status is Status.FAIL else HTTPStatus.OK
    encoded = msgspec.json.encode(body)
    etag = f'"{blake2b(encoded, digest_size=12).hexdigest()}"'
    return Health(code, encoded, words.language, etag)


def notes(view: View, words: Words) -> list[str]:
    """The verdict, what is wrong, and what the sidecar does about it."""
    wrong = [
        sentences.cause(checks.told(finding, view), words, view.wall)
        for finding in view.findings
        if not _contained(finding, view.findings)
    ]
    if view.status is not Status.FAIL:
        return [words.status[view.status], *wrong]
    verdict = words.status[view.status] if view.stand is Stand.PROVEN else words.verdict[view.stand]
    return [verdict, *wrong, sentences.stand(view.stand, view.stand_until, words, view.wall)]


def _contained(finding: Finding, findings: tuple[Finding, ...]) -> bool:
    """A silence that has become a hang is not news of its own."""
    return finding.trouble is Trouble.SILENT and any(
        set(finding.signs) <= set(other.signs) for other in findings if other is not finding
    )
