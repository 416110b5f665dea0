"""The places of a worker: as many requests as it has are under way; who still sends gives way to who is there (V07)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings


class Places:
    """All of them. `told` hears how many are taken."""

    def __init__(self, settings: Settings, told: Callable[[int], None]) -> None:
        self._most, self._each = settings.concurrency, settings.per_client
        self._told = told
        self._taken = 0
        self._clients: dict[str, int] = {}
        self.sending: OrderedDict[Place, asyncio.Timeout] = OrderedDict()  # those that send longest first

    def take(self, client: str) -> Place:
        """A place for a request of an address. Refusals: 429 where it has its share, 503 where there is no place."""
        if self._each is not None and self._clients.get(client, 0) >= self._each:
            raise Refusal(429, f"more than {self._each} requests of this client are under way", retry=1)
        if self._taken >= self._most and not self._make_room():
            raise Refusal(503, "the server is full", hint="Ask again later.", retry=1)
        self._taken += 1
        self._clients[client] = self._clients.get(client, 0) + 1
        self._told(self._taken)
        return Place(self, client)

    def leave(self, client: str) -> None:
        """One of the client's is free again."""
        self._taken -= 1
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]
        self._told(self._taken)

    def _make_room(self) -> bool:
        """Whether a request whose body is still to come could be ended: it costs nobody an answer that was begun."""
        if not self.sending:
            return False
        slowest, limit = self.sending.popitem(last=False)
        slowest.leave()
        if not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time())
        return True


class Place:
    """One of them, until its request leaves or has to."""

    __slots__ = ("_client", "_places", "_taken")

    def __init__(self, places: Places, client: str) -> None:
        self._places, self._client, self._taken = places, client, True

    def leave(self) -> None:
        """Free it, once."""
        if self._taken:
            self._taken = False
            self._places.leave(self._client)

    def sends(self, limit: asyncio.Timeout) -> None:
        """Its body is still to come, within `limit`."""
        self._places.sending[self] = limit

    def has_sent(self) -> None:
        """Its body is whole, or nobody waits for it any more."""
        self._places.sending.pop(self, None)

    def late(self, seconds: float) -> Refusal:
        """Why its body is not waited for: `seconds` are over, or the place is needed. The connection ends."""
        if self._taken:
            return Refusal(408, f"the body did not come within {seconds:g} s", close=True)
        what = "the server is full, and the body was still to come"
        return Refusal(503, what, hint="Ask again later.", retry=1, close=True)
