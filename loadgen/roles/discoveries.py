"""Lists over HTTP, each on a connection of its own, as the real client asks for them (§2.2, §5.6)."""

from __future__ import annotations

from time import monotonic

from cloudserver.client import discovery
from cloudserver.client.events import ListRefused
from cloudserver.wire import NetworkServiceType, WireError
from loadgen import trouble
from loadgen.roles import keys
from loadgen.roles.client import Context
from loadgen.tally import Operation
from loadgen.ws.post import Post

_QUESTION = discovery.services(NetworkServiceType.CHAT)


class Discoveries:
    """All that are on their way."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.books.accounts[Operation.DISCOVERY]
        self._within = context.plan.limits.answered_within
        self._waiting: dict[Post, tuple[float, float]] = {}  # in the order of `sent`

    def ask(self, due: float, number: int, _: int | None, __: int | None) -> None:
        """The client asks for all chat services, if it is registered."""
        self._account.scheduled()
        client = self._context.there(number)
        if client is None:
            self._account.unsent()
            self._context.books.error(trouble.NOBODY)
            return
        now = monotonic()
        self._account.sent(due, now)
        body = discovery.form(keys.client_keys(client.identity).permanent, _QUESTION)
        post = self._context.dialer.post(discovery.PATH, discovery.FORM, body, self._done)
        self._waiting[post] = due, now

    def expire(self, now: float) -> None:
        """What was not answered in time will not be."""
        while self._waiting:
            post, (_, sent) = next(iter(self._waiting.items()))
            if sent > now - self._within:
                return
            self._account.unanswered += 1
            self._give_up(post, trouble.UNANSWERED[Operation.DISCOVERY])

    def close(self) -> None:
        """The run is over: whatever is still out is cut, and stays in flight."""
        waiting, self._waiting = self._waiting, {}
        for post in waiting:
            post.end(trouble.CUT)

    def _give_up(self, post: Post, kind: str) -> None:
        del self._waiting[post]
        self._account.lost()
        self._context.books.error(kind)
        post.end(trouble.CUT)

    def _done(self, post: Post, kind: str | None, body: bytes) -> None:
        """See `Post`."""
        if post not in self._waiting:
            return  # given up
        if kind is not None:
            self._give_up(post, trouble.of_discovery(kind))
            return
        try:
            answer = discovery.read(body)
        except WireError:
            self._give_up(post, trouble.of_discovery(trouble.NONSENSE))
            return
        due, sent = self._waiting.pop(post)
        self._account.answered(due, sent, monotonic())
        if isinstance(answer, ListRefused):
            self._context.books.error(trouble.LIST_REFUSED)
