"""Answered requests that wait to be written down: short ones as bytes in a row, so that no object lives on for them.

Rows that live on are many small objects: their memory is cold by the time that they are written, and the requests after
them get cold memory, too. Parsing bodies once more, many at a time, costs less than that.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
from pydantic_core import from_json

if TYPE_CHECKING:
    from automl.bundle.read import Bundle
    from automl.watch.predictions import Model

SHORT = 8 * 2**10  # bytes of a body that is kept as it came

Rows = Sequence[Mapping[str, Any]]  # of requests in JSON
Chunk = tuple[Rows, Rows, list[int]]  # rows, their answers, and when they were answered (microseconds)
numbers = partial(array, "q")


class Frames(NamedTuple):
    """Raw rows and answers of one request, and when it was answered (microseconds)."""

    raw: pl.DataFrame
    answers: pl.DataFrame
    time: int


@dataclass(slots=True, eq=False)
class Group:
    """What one bundle answered: `rows` in all; it may travel to another process."""

    model: Model
    rows: int = 0
    frames: list[Frames] = field(default_factory=list)
    _parsed: list[Chunk] = field(default_factory=list)
    _bodies: bytearray = field(default_factory=bytearray)  # each with a comma behind it
    _replies: bytearray = field(default_factory=bytearray)
    _times: array[int] = field(default_factory=numbers)  # one a row

    def add(self, time: int, raw: Any, answers: Any, sent: tuple[bytes, bytes] | None) -> None:
        """Take a request: rows or frames, and both as JSON, if that is at hand."""
        rows = len(raw)
        self.rows += rows
        if sent is not None and len(sent[0]) <= SHORT:
            self._bodies += sent[0] + b","
            self._replies += sent[1] + b","
            self._times.extend([time] * rows)
        elif isinstance(raw, pl.DataFrame):
            self.frames.append(Frames(raw, answers, time))
        else:
            self._parsed.append((raw, answers, [time] * rows))

    def chunks(self) -> Iterator[Chunk]:
        """All that came as JSON: what was parsed, and all that is bytes at once."""
        yield from self._parsed
        if self._bodies:
            yield _rows(self._bodies), _rows(self._replies), self._times.tolist()


class Waiting:
    """Takes requests from who answers, and gives them to who writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[Bundle, Group] = {}

    def put(self, bundle: Bundle, time: int, raw: Any, answers: Any, sent: tuple[bytes, bytes] | None) -> None:
        """Keep a request, as `Group.add` does."""
        with self._lock:
            group = self._groups.get(bundle)
            if group is None:
                from automl.watch.predictions import model_of  # a server without a log never reads it

                group = self._groups[bundle] = Group(model_of(bundle))
            group.add(time, raw, answers, sent)

    def take(self) -> list[Group]:
        """What waits now, by the bundle that answered."""
        with self._lock:
            found, self._groups = self._groups, {}
        return list(found.values())


def _rows(bodies: bytearray) -> Rows:
    """The rows of bodies, each with a comma behind it."""
    text = b"[" + bodies[:-1] + b"]"
    try:
        found = from_json(text)
    except ValueError:  # half a sign is a text of JSON, and none of it
        found = json.loads(text)
    return [row for body in found for row in body["rows"]]
