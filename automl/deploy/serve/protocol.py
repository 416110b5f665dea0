"""The HTTP protocol of a worker: uvicorn's own, with an end to slow, large and idle connections (V01)."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from automl.deploy.serve.settings import Settings

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

Phase = Literal["idle", "head", "body"]  # what of a request is read
State = Literal["idle", "head", "body", "drain", "answer", "take", "linger"]
PIPELINE: Final = 16  # requests of a connection that wait for the answers before theirs
PIECE: Final = 16 * 2**10  # bytes that are parsed before they are looked at
FIELDS: Final = 256  # headers of a request: each takes more memory than its bytes
DRAIN: Final = 2.0  # seconds for the rest of a body after its answer: a client that hears late still hears it
SLACK: Final = 1.0  # seconds by which the app may be the first to say that a body is late
FRAME: Final = 4  # bytes of a chunk that are neither its size nor its content: two ends of lines


class Excess(Exception):
    """A request that is not parsed further."""


class GuardedProtocol(HttpToolsProtocol):
    """A connection, in one state at a time, which has one deadline (`_state`, `_seconds`).

    What is no body (headers, what frames chunks, trailers) is counted as it arrives. Where there are too many
    connections, the one that has waited longest without a request makes room.
    """

    settings = Settings()
    waiting: OrderedDict[GuardedProtocol, None]  # connections without a request, those that wait longest first

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._line = _Line(self)
        self.headers = []
        self._phase: Phase = "head"
        self._number = 0  # of the request that is read, or comes next
        self._framing = 0  # bytes of it that are no body
        self._chunk = 0  # bytes of its chunk so far
        self._answering: RequestResponseCycle | None = None
        self._excess: tuple[int, str] | None = None
        self._deaf = False  # nothing more is parsed
        self._lingers = self._closes = False
        self._now: tuple[int, State] | None = None
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        if len(self.connections) > self.settings.connections and not self._make_room():
            self._end(503, "there are too many connections", retry=True)
        self._settle()

    def data_received(self, data: bytes) -> None:
        """What comes at once is parsed in pieces, so that what has no end is seen before all of it is parsed."""
        if len(data) <= PIECE:
            self._parse(data)
        else:
            for start in range(0, len(data), PIECE):
                self._parse(data[start : start + PIECE])
        self._settle()

    def _parse(self, data: bytes) -> None:
        if self._deaf or self.transport.is_closing():
            return
        self._framing += len(data)
        super().data_received(data)
        self._framing = max(self._framing, 0)  # a request that began within this data was not counted from its begin
        if self._framing > self.settings.max_head or len(self.headers) > FIELDS:
            self._end(431, "the headers, or what frames the body, are too large")

    def on_message_begin(self) -> None:
        self._phase = "head"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINE:
            self._refuse(429, f"more than {PIPELINE} requests wait for their answers")
        if len(self.headers) > FIELDS:
            self._refuse(431, f"there are more than {FIELDS} headers")
        super().on_headers_complete()
        self.headers = []  # of trailers: nobody asks for them
        self._phase = "body"
        self.cycle.transport = self._line  # type: ignore[assignment]  # the three of its methods that a cycle calls

    def on_chunk_header(self) -> None:
        """A chunk begins: httptools calls this where a protocol has it."""
        self._chunk = 0

    def on_body(self, body: bytes) -> None:
        self._framing -= len(body)
        self._chunk += len(body)
        super().on_body(body)

    def on_chunk_complete(self) -> None:
        """What every sender must write around a chunk is no excess, however small the chunks are."""
        self._framing -= FRAME + len(f"{self._chunk:x}")

    def on_message_complete(self) -> None:
        self._phase, self._framing = "idle", 0
        self._number += 1
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._settle()

    def eof_received(self) -> None:
        self._closes = True  # the loop closes then
        self._settle()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._settle()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
        self.waiting.pop(self, None)
        self.pipeline.clear()
        if self._answering is not None:  # uvicorn tells the request that came last, which may be another
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls where the parser gave up."""
        self._end(*(self._excess or (400, msg)))

    def close_gently(self) -> None:
        """Close, but let a client that still sends a body hear why: closing on unread bytes takes the answer back."""
        if self._phase != "body" or self.cycle is not self._answering:
            self._close()
        elif not self._lingers:
            self._deaf = self._lingers = True
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _state(self) -> State:
        """Where the connection stands: the next step is the other side's, but for ``answer``."""
        if self._lingers:
            return "linger"
        if self._closes or self.flow.write_paused:
            return "take"
        cycle = self._answering
        if cycle is not None and not cycle.response_complete:
            return "body" if self._phase == "body" and self.cycle is cycle else "answer"
        return "drain" if self._phase == "body" else self._phase

    def _seconds(self, state: State) -> float | None:
        """How long a state may last; None: as long as the app likes."""
        have = self.settings
        match state:
            case "answer":
                return None
            case "head":
                return have.head
            case "idle":
                return have.idle
            case "take":
                return have.body
            case "body":
                return have.body + SLACK
            case _:
                return DRAIN

    def _settle(self) -> None:
        """Give the state that the connection is in now its deadline, once, however many bytes come meanwhile."""
        state = self._state()
        if self._now == (self._number, state):
            return
        self._now = self._number, state
        self._expect(self._seconds(state))
        self.waiting.pop(self, None)
        if state not in {"answer", "body"}:
            self.waiting[self] = None

    def _expect(self, seconds: float | None) -> None:
        """Move the deadline; a timer that fires before it looks again, as starting one for each state takes long."""
        self._deadline = None if seconds is None else self.loop.time() + seconds
        if self._deadline is not None and (self._timer is None or self._timer.when() > self._deadline):
            self._look_at(self._deadline)

    def _look_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._deadline > self.loop.time():
            self._look_at(self._deadline)
        else:
            self._late()

    def _late(self) -> None:
        if self._state() == "head" and self._framing:
            self._end(408, "the headers did not come in time")
        else:
            self.transport.abort()

    def _make_room(self) -> bool:
        """Whether another connection could be ended."""
        if not self.waiting:
            return False
        oldest, _ = self.waiting.popitem(last=False)
        oldest._late()  # noqa: SLF001  # of the same class
        return True

    def _refuse(self, status: int, what: str) -> None:
        """Stop the parser; it calls `send_400_response`."""
        self._excess = status, what
        raise Excess(what)

    def _end(self, status: int, what: str, *, retry: bool = False) -> None:
        """Say why where no other answer is under way, else let those that are due be the last, and close."""
        if self.transport.is_closing() or self._deaf:
            return
        self._deaf = True
        cycle = self._answering
        if cycle is not None and not cycle.response_complete and (self._phase != "body" or self.cycle is not cycle):
            self._end_after_answers(cycle)
            return
        if cycle is None or cycle.response_complete or not cycle.response_started:
            if cycle is not None:
                cycle.disconnected = True  # it must not answer as well
            body = json.dumps({"error": {"what": what, "where": None, "hint": None}, "request_id": ""}).encode()
            more = b"retry-after: 1\r\n" if retry else b""
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n" % len(body)
            self.transport.write(STATUS_LINE[status] + head + more + b"\r\n" + body)
        self._close()

    def _close(self) -> None:
        """Close once what was said is out; it has a deadline as well."""
        self._closes = True
        self.transport.close()
        self._settle()

    def _end_after_answers(self, first: RequestResponseCycle) -> None:
        """Requests that came whole are answered; the one at fault is not."""
        if self._phase == "body":
            self.pipeline.popleft()
        self._phase = "idle"
        self.cycle = self.pipeline[0][0] if self.pipeline else first
        self.cycle.keep_alive = False
        self.flow.pause_reading()


class _Line:
    """The transport as a request's cycle sees it: what it closes is closed gently."""

    __slots__ = ("_end", "is_closing", "write")

    def __init__(self, protocol: GuardedProtocol) -> None:
        self.write, self.is_closing = protocol.transport.write, protocol.transport.is_closing
        self._end = protocol.close_gently

    def close(self) -> None:
        """Close the connection once its answer is out."""
        self._end()


def guarded(settings: Settings) -> type[GuardedProtocol]:
    """The protocol with the limits of `settings`, and a list of its own of connections that wait."""
    values: dict[str, object] = {"settings": settings, "waiting": OrderedDict()}
    return type("Guarded", (GuardedProtocol,), values)
