"""What waits to be written is what came, however it is kept until then."""

from __future__ import annotations

import json
import pickle

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.serve.record.waiting import groups


@pytest.fixture(scope="module")
def answering(bundle):
    """An opened bundle: who answers is all that is asked of it."""
    return Bundle.load(bundle)


def request(bundle, time, rows):
    """A request as its bytes, whose answers repeat its rows."""
    sent = tuple(json.dumps({"rows": rows, **more}).encode() for more in ({}, {"bundle": "b"}))
    return bundle, time, len(rows), sent


@pytest.mark.parametrize("requests", [0, 1, 2, 192])
def test_all_come_back(answering, requests):
    """However many bodies are parsed at once; requests have one row, or several, or none."""
    asked = [[{"a": number, "b": f"ä{k}"} for k in range(number % 3)] for number in range(requests)]
    found = [
        chunk
        for group in groups([request(answering, number, rows) for number, rows in enumerate(asked)])
        for chunk in group.chunks()
    ]
    wanted = [(row, number) for number, rows in enumerate(asked) for row in rows]
    assert [(row, time) for rows, _, times in found for row, time in zip(rows, times, strict=True)] == wanted
    assert [row for _, answers, _ in found for row in answers] == [row for row, _ in wanted]


def test_parsed_rows_and_frames_are_kept_as_they_are(answering):
    """A long body is not parsed once more; what one bundle answered is together, and travels to another process."""
    rows, frame = [{"a": 1}], pl.DataFrame({"a": [3, 4]})
    kept = [(answering, 1, 1, (rows, rows)), request(answering, 2, [{"a": 2}]), (answering, 3, 2, (frame, frame))]
    (group,) = groups(kept)
    there = pickle.loads(pickle.dumps(group))  # noqa: S301  # our own
    for each in (group, there):
        assert each.rows == 4
        assert [(list(its), times) for its, _, times in each.chunks()] == [([{"a": 1}], [1]), ([{"a": 2}], [2])]
        assert [(its.raw.height, its.time) for its in each.frames] == [(2, 3)]


def test_each_bundle_has_its_own(bundle, answering):
    """A server that swapped bundles since the last batch has two."""
    other = Bundle.load(bundle)
    found = groups([request(who, 1, [{"a": number}]) for number, who in enumerate((answering, other, answering))])
    assert [[row["a"] for rows, *_ in group.chunks() for row in rows] for group in found] == [[0, 2], [1]]
