"""One word for a decision or its reason."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure
from sidecar.core.actions import Action, Explain, Send, Signal, Start, Watch
from sidecar.core.brief import brief
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.observations import Appeared, Exited, Observation, Sampled, StartFailed, Unanswered
from sidecar.core.stories import Chapter, Incident, Message, Reason

A = Identity(100, 1)
MESSAGE = Message("1-1800000000-opened", Chapter.OPENED, Incident(1, "server", 1.0, ()))


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (Start(), "Start"),
        (Watch(None), "Watch"),
        (Signal(A, 9), "Signal pid=100 signal=9"),
        (Send(MESSAGE, "mail"), "Send 1-1800000000-opened channel=mail"),
        (
            Explain(1.0, "1-opened", "server", "mail", Reason.NEWS),
            "Explain message=1-opened topic=server channel=mail reason=news",
        ),
        (Exited(A, Ended(signal=9)), "Exited pid=100 code=None signal=9"),
        (Appeared(A, adopted=True, age=1.5), "Appeared pid=100 adopted=True age=1.5"),
        (StartFailed("No such file"), "StartFailed why=No such file"),
        (Unanswered(A, Sign.HTTP, ""), "Unanswered pid=100 sign=http"),
        (Sampled(A, "S", {Measure.FDS: 7.0}), "Sampled pid=100 state=S"),
    ],
)
def test_the_kind_and_what_fits_in_a_word(thing: Action | Observation, words: str) -> None:
    assert brief(thing) == words
