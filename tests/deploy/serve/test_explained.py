"""The server says why, within limits of its own."""

from __future__ import annotations

import json

import pytest

from automl.bundle.read import Bundle
from automl.deploy.serve.explained import explained
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings


@pytest.fixture(scope="module")
def model(bundle):
    """The opened bundle."""
    return Bundle.load(bundle)


def test_explanations_are_those_of_the_bundle(served, model, raw):
    """The same values as `Bundle.explain`, rows in their order, with the hash of the bundle that answered."""
    answer = served.ask("POST", "/explain", json={"rows": raw[:2].to_dicts()})
    assert answer.status_code == 200
    assert answer.json()["bundle"] == served.model.name
    assert answer.json()["rows"] == json.loads(json.dumps(model.explain(raw[:2]).as_json()))


def test_more_rows_than_allowed_are_refused(model, raw):
    """413, with what to do, before anything is computed."""
    with pytest.raises(Refusal, match="more than the 2 that one request") as refused:
        explained(model, raw[:3].to_dicts(), Settings(explain_rows=2))
    assert refused.value.status == 413


def test_time_ends_it(model, raw):
    """413 once the request's time is over; nothing is computed for a client that went away."""
    with pytest.raises(Refusal, match="takes longer than 0 s") as refused:
        explained(model, raw[:1].to_dicts(), Settings(explain_seconds=0.0))
    assert refused.value.status == 413
    with pytest.raises(Refusal, match="went away"):
        explained(model, raw[:1].to_dicts(), Settings(), lambda: True)


def test_a_row_that_fails_is_named(model, raw):
    """422 with the number of the row: it lacks a column, or holds what no column can."""
    row = raw.row(0, named=True)
    with pytest.raises(Refusal, match="'job'") as refused:
        explained(model, [row, {name: cell for name, cell in row.items() if name != "job"}], Settings())
    assert (refused.value.status, refused.value.where) == (422, "rows[1]")
    with pytest.raises(Refusal) as refused:
        explained(model, [row | {"age": [1, 2]}], Settings())
    assert (refused.value.status, refused.value.where) == (422, "rows[0]")


def test_only_json_is_explained(served):
    """415 for a stream: it is for rows by the thousand."""
    answer = served.ask(
        "POST", "/explain", content=b"x", headers={"content-type": "application/vnd.apache.arrow.stream"}
    )
    assert answer.status_code == 415


def test_rows_inside_are_refused(serving, shop):
    """A row that brings its other tables is told what to do instead."""
    served = serving(shop)
    answer = served.ask("POST", "/explain", json={"rows": [served.row]})
    assert (answer.status_code, "not explained yet" in answer.json()["error"]["what"]) == (422, True)
