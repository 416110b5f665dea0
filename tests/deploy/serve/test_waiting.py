"""What waits to be written is what came, however it is kept until then."""

from __future__ import annotations

import json
import pickle

import polars as pl
import pytest

from automl.deploy.serve.record.ring import Ring
from automl.deploy.serve.record.waiting import SENT, Batch, Whole, groups
from automl.watch.predictions import Model

MODELS = {number: Model(bundle=f"b{number}", target="y", keys=()) for number in (1, 2)}


@pytest.fixture
def ring():
    """An empty ring."""
    with_rows = Ring()
    yield with_rows
    with_rows.close()


def add(ring, number, time, rows):
    """Let a request be answered, whose answers repeat its rows."""
    sent = [json.dumps({"rows": rows, **more}).encode() for more in ({}, {"bundle": "b"})]
    assert ring.add(SENT % (number, time, *sent))


def batch(ring, others=()):
    """All that waits."""
    return Batch(MODELS, 0, ring.put, others)


@pytest.mark.parametrize("requests", [0, 1, 2, 192])
def test_all_come_back(ring, requests):
    """However many bodies are parsed at once; requests have one row, or several, or none."""
    asked = [[{"a": number, "b": f"ä{k}"} for k in range(number % 3)] for number in range(requests)]
    for number, rows in enumerate(asked):
        add(ring, 1, number, rows)
    found = [chunk for group in groups(batch(ring), ring) for chunk in group.chunks]
    wanted = [(row, number) for number, rows in enumerate(asked) for row in rows]
    assert [(row, time) for rows, _, times in found for row, time in zip(rows, times, strict=True)] == wanted
    assert [row for _, answers, _ in found for row in answers] == [row for row, _ in wanted]


def test_parsed_rows_and_frames_are_kept_as_they_are(ring):
    """A long body is not parsed once more; what one bundle answered is together, and travels to another process."""
    rows, frame = [{"a": 1}], pl.DataFrame({"a": [3, 4]})
    add(ring, 1, 2, [{"a": 2}])
    waiting = batch(ring, [(1, Whole(rows, rows, 1)), (1, Whole(frame, frame, 3))])
    there = pickle.loads(pickle.dumps(waiting))  # noqa: S301  # our own
    for each in (waiting, there):
        (group,) = groups(each, ring)
        assert group.rows == 4
        assert [(list(its), times) for its, _, times in group.chunks] == [([{"a": 1}], [1]), ([{"a": 2}], [2])]
        assert [(its.raw.height, its.time) for its in group.frames] == [(2, 3)]


def test_each_bundle_has_its_own(ring):
    """A server that swapped bundles since the last batch has two."""
    for row, number in enumerate((1, 2, 1)):
        add(ring, number, 1, [{"a": row}])
    found = groups(batch(ring), ring)
    assert [(group.model.bundle, [row["a"] for rows, *_ in group.chunks for row in rows]) for group in found] == [
        ("b1", [0, 2]),
        ("b2", [1]),
    ]


def test_half_a_sign_is_no_reason_to_lose_rows(ring):
    """JSON has texts that no encoding has."""
    add(ring, 1, 1, [{"a": "\ud800"}])
    add(ring, 1, 2, [{"a": "b"}])
    (group,) = groups(batch(ring), ring)
    assert [row["a"] for rows, *_ in group.chunks for row in rows] == ["\ud800", "b"]
