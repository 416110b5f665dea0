"""What waits to be written is what came, however it is kept until then."""

from __future__ import annotations

import json

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.serve.record.waiting import SHORT, Waiting


@pytest.fixture(scope="module")
def answering(bundle):
    """An opened bundle: who answers is all that is asked of it."""
    return Bundle.load(bundle)


def put(waiting, bundle, time, rows, *, pad=0):
    """A request whose answers repeat its rows."""
    sent = tuple(json.dumps({"rows": rows, **more}).encode() for more in ({"pad": "x" * pad}, {"bundle": "b"}))
    waiting.put(bundle, time, rows, rows, sent)


@pytest.mark.parametrize("requests", [0, 1, 63, 64, 65, 192])
def test_all_come_back(answering, requests):
    """However many bodies are parsed at once; requests have one row, or several, or none."""
    waiting = Waiting()
    asked = [[{"a": number, "b": f"ä{k}"} for k in range(number % 3)] for number in range(requests)]
    for number, rows in enumerate(asked):
        put(waiting, answering, number, rows)
    found = [] if not requests else list(waiting.take()[0].chunks())
    wanted = [(row, number) for number, rows in enumerate(asked) for row in rows]
    assert [(row, time) for rows, _, times in found for row, time in zip(rows, times, strict=True)] == wanted
    assert [row for _, answers, _ in found for row in answers] == [row for row, _ in wanted]
    assert waiting.take() == []


def test_long_bodies_and_frames_are_kept_as_they_are(answering):
    """Parsing a long body once more would keep others waiting."""
    waiting = Waiting()
    rows = [{"a": 1}]
    put(waiting, answering, 1, rows, pad=SHORT)
    put(waiting, answering, 2, [{"a": 2}])
    frame = pl.DataFrame({"a": [3, 4]})
    waiting.put(answering, 3, frame, frame, None)
    (group,) = waiting.take()
    assert group.rows == 4
    assert [times for *_, times in group.chunks()] == [[1], [2]]
    assert next(group.chunks())[0] is rows
    assert [(each.raw.height, each.time) for each in group.frames] == [(2, 3)]
