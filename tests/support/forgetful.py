"""Histories in which a sidecar is killed when nothing could be saved for long: what it said is forgotten."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from sidecar.core import actions as act
from sidecar.core import observations as obs
from sidecar.core.stories import SERVER, Chapter, Deed
from support.histories import Histories

MINUTE = 60.0
ORDERED = (Deed.TERMINATED, Deed.KILLED, Deed.REPLACED)


class ForgetfulHistories(Histories):
    """The next one starts from whatever the disk took last; some things cannot be promised then."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = Chapter.CLOSED
        """The last that was said about the server itself."""
        self.young = 0
        """The story that was not older than a minute when it was taken up."""

    def perform(self, action: act.Action) -> list[obs.Observation]:
        if isinstance(action, act.Send) and action.message.incident.topic == SERVER:
            self.heard = action.message.chapter
        return super().perform(action)

    @rule(away=st.floats(0.1, 600), server_dies=st.booleans(), tells=st.booleans())
    def the_sidecar_is_killed_and_has_forgotten(self, away: float, server_dies: bool, tells: bool) -> None:
        self.unsaved, self.first_start = None, True
        self.restarts, self.row, self.failed, self.mourned = [], [], {}, set()
        self.told, self.messages = {}, {"mail": [], "chat": []}
        story = self.disk.incidents.get(SERVER) if self.disk else None
        if story is not None:
            last = max(line.wall for line in (*story.causes, *story.done))
            self.young = story.number if self.wall + away - last <= MINUTE else 0
        ends = {line.pid for line in story.done if line.deed in ORDERED} if story else set()
        if self.doomed is not None and self.doomed.pid not in ends:
            self.doomed = None  # the order, too: what looks like a death by itself is looked into
        self.the_sidecar_is_killed(away, server_dies, self.policy, tells)

    @precondition(lambda self: self.server is not None and not self.stopped)
    @rule(pause=st.sampled_from([1.0, 70.0]))
    def an_outage_ends_on_a_full_disk_and_the_next_begins_with_a_kill(self, pause: float) -> None:
        self.the_server_dies(code=1, killed=False)
        self.all_is_taken(saved=True)
        self.time_passes(3.0)
        if self.server is not None:
            self.the_server_proves_itself()
        self.all_is_taken(saved=False)
        self.time_passes(pause)
        self.all_is_taken(saved=False)
        self.the_sidecar_is_killed_and_has_forgotten(away=0.5, server_dies=True, tells=True)

    def all_is_taken(self, *, saved: bool) -> None:
        """By the channels; and by the disk, or not."""
        for _ in range(4):
            if self.unsaved is not None:
                self.the_disk_answers(good=saved)
            self.time_passes(1.0)
            while self.sending:
                self.a_channel_answers(good=True, last=False)

    @invariant()
    def an_outage_has_one_beginning_and_at_most_one_end(self) -> None:
        """Not to somebody who has forgotten the beginning; but nothing follows the end."""
        for chapters in self.told.values():
            assert Chapter.CLOSED not in chapters[:-1]

    @invariant()
    def nobody_believes_that_it_is_well_while_it_is_down(self) -> None:
        story = self.state.incidents.open.get(SERVER)
        if (
            story is None
            or self.server is not None
            or self.state.outbox.entries
            or story.number == self.young
        ):
            return
        if self.state.facts.pause is None:
            assert self.heard is not Chapter.CLOSED
