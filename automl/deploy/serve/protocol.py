"""The HTTP protocol of a worker: uvicorn's own, with an end to slow, large and idle connections (V01)."""

from __future__ import annotations

import asyncio
import json

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from automl.deploy.serve.settings import Settings


class GuardedProtocol(HttpToolsProtocol):
    """A connection. Headers have a size and a time, answers must be taken, and there are so many connections."""

    settings = Settings()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head: int | None = 0  # bytes of the headers so far; None while a body comes
        self._timer: asyncio.TimerHandle | None = None
        if len(self.connections) > self.settings.connections:
            self._end(503, "there are too many connections", retry=True)
        else:
            self._expect(self.settings.head)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._head is not None:
            if self._head == 0:
                self._expect(self.settings.head)
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > self.settings.max_head:
            self._end(431, "the headers are too large")

    def on_headers_complete(self) -> None:
        self._head = None
        self._expect(None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head = 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect(self.settings.body)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._expect(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        super().connection_lost(exc)

    def _expect(self, seconds: float | None) -> None:
        """Give the other side so much time to go on; None: as much as it likes."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._head:
            self._end(408, "the headers did not come in time")
        else:
            self.transport.abort()

    def _end(self, status: int, what: str, *, retry: bool = False) -> None:
        """Say why, where no other answer is under way, and close the connection."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            body = json.dumps({"error": {"what": what, "where": None, "hint": None}, "request_id": ""}).encode()
            more = b"retry-after: 1\r\n" if retry else b""
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n" % len(body)
            self.transport.write(STATUS_LINE[status] + head + more + b"\r\n" + body)
        self.transport.close()


def guarded(settings: Settings) -> type[GuardedProtocol]:
    """The protocol with the limits of `settings`."""
    values: dict[str, object] = {"settings": settings}
    return type("Guarded", (GuardedProtocol,), values)
