"""Answered requests that wait to be written down: short ones as the bytes that came and went.

Rows that live on are many small objects: their memory is cold by the time that they are written, and the requests after
them get cold memory, too. Parsing bodies once more, many at a time, costs less than that.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from pydantic_core import from_json

if TYPE_CHECKING:
    from automl.bundle.read import Bundle
    from automl.watch.predictions import Model

SHORT = 8 * 2**10  # bytes of a body that is kept as it came

Rows = Sequence[Mapping[str, Any]]  # of requests in JSON
Pair = tuple[Any, Any]  # what came and what was answered: both as bytes of JSON, as rows, or as frames
Request = tuple["Bundle", int, int, Pair]  # who answered, when (microseconds), and how many rows
Chunk = tuple[Rows, Rows, list[int]]  # rows, their answers, and when they were answered (microseconds)


class Frames(NamedTuple):
    """Raw rows and answers of one request, and when it was answered (microseconds)."""

    raw: pl.DataFrame
    answers: pl.DataFrame
    time: int


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What one bundle answered: `rows` in all; it may travel to another process."""

    model: Model
    rows: int
    frames: Sequence[Frames]
    parsed: Sequence[Chunk]
    bodies: bytes  # with commas between them
    replies: bytes
    times: array[int]  # microseconds, one a body
    counts: array[int]  # rows, one a body

    @classmethod
    def of(cls, model: Model, requests: Sequence[Request]) -> Group:
        """All of them, answered by a bundle of that model."""
        short = [one for one in requests if isinstance(one[3][0], bytes)]
        long = [one for one in requests if not isinstance(one[3][0], bytes)]
        return cls(
            model,
            sum([rows for _, _, rows, _ in requests]),
            [Frames(*pair, time) for _, time, _, pair in long if isinstance(pair[0], pl.DataFrame)],
            [(*pair, [time] * rows) for _, time, rows, pair in long if not isinstance(pair[0], pl.DataFrame)],
            b",".join([pair[0] for _, _, _, pair in short]),
            b",".join([pair[1] for _, _, _, pair in short]),
            array("q", [time for _, time, _, _ in short]),
            array("l", [rows for _, _, rows, _ in short]),
        )

    def chunks(self) -> Iterator[Chunk]:
        """All that came as JSON: what was parsed, and all that is bytes at once."""
        yield from self.parsed
        if self.bodies:
            yield _rows(self.bodies), _rows(self.replies), np.repeat(self.times, self.counts).tolist()


def groups(requests: Iterable[Request]) -> list[Group]:
    """Requests by the bundle that answered."""
    from automl.watch.predictions import model_of  # a server without a log never reads it

    found: dict[Bundle, list[Request]] = {}
    for request in requests:
        found.setdefault(request[0], []).append(request)
    return [Group.of(model_of(bundle), its) for bundle, its in found.items()]


def _rows(bodies: bytes) -> Rows:
    """The rows of bodies with commas between them."""
    text = b"[" + bodies + b"]"
    try:
        found = from_json(text)
    except ValueError:  # half a sign is a text of JSON, and none of it
        found = json.loads(text)
    return [row for body in found for row in body["rows"]]
