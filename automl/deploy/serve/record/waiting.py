"""What waits to be written down: short requests as JSON in a ring, of others the rows or frames themselves.

Rows that live on are many small objects: their memory is cold by the time that they are written, and the requests after
them get cold memory, too. Parsing bodies once more, many at a time, costs less than that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
from pydantic_core import from_json

from automl.deploy.serve.record.ring import Ring

if TYPE_CHECKING:
    from automl.watch.predictions import Model

SHORT = 8 * 2**10  # bytes of a body that is kept as it came
SENT = b"%d,%d,%b,%b,"  # who answered, by number; when (microseconds); what came, and what was answered

Rows = Sequence[Mapping[str, Any]]  # of requests in JSON
Chunk = tuple[Rows, Rows, Sequence[int]]  # rows, their answers, and when they were answered (microseconds)


class Whole(NamedTuple):
    """Rows and answers of one request, of JSON or as frames, and when it was answered (microseconds)."""

    raw: Any
    answers: Any
    time: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Requests from `first` to `end` of a ring, and others; both name who answered by its number in `models`.

    It may travel to another process, which has the ring, too.
    """

    models: Mapping[int, Model]
    first: int
    end: int
    others: Sequence[tuple[int, Whole]]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What one bundle answered."""

    model: Model
    chunks: Sequence[Chunk]
    frames: Sequence[Whole]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(len(times) for *_, times in self.chunks) + sum(len(one.raw) for one in self.frames)


def groups(batch: Batch, ring: Ring) -> Iterator[Group]:
    """A batch by the bundle that answered; what is JSON is parsed, all of it at once."""
    sent = _parsed(b"[" + ring.between(batch.first, batch.end) + b"0]")
    numbers = sent[:-1:4]
    for number in sorted({*numbers, *(number for number, _ in batch.others)}):
        whole = [one for who, one in batch.others if who == number]
        frames = [one for one in whole if isinstance(one.raw, pl.DataFrame)]
        parsed = [one for one in whole if not isinstance(one.raw, pl.DataFrame)]
        chunks: list[Chunk] = [(one.raw, one.answers, [one.time] * len(one.raw)) for one in parsed]
        chunks.append(_chunk(sent, [place for place, who in enumerate(numbers) if who == number]))
        yield Group(batch.models[number], chunks, frames)


def _chunk(sent: Sequence[Any], places: Sequence[int]) -> Chunk:
    """The requests at some places."""
    bodies = [sent[4 * place + 2]["rows"] for place in places]
    replies = [sent[4 * place + 3]["rows"] for place in places]
    times = [sent[4 * place + 1] for place, rows in zip(places, bodies, strict=True) for _ in rows]
    return [*chain.from_iterable(bodies)], [*chain.from_iterable(replies)], times


def _parsed(text: bytes) -> list[Any]:
    try:
        found: list[Any] = from_json(text)
    except ValueError:  # half a sign is a text of JSON, and none of it
        found = json.loads(text)
    return found
