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


@pytest.mark.parametrize(
    ("body", "status", "what"),
    [
        (b"", 422, "no JSON"),
        (b"rows=1", 422, "no JSON"),
        (b"\xff", 422, "no UTF-8"),
        (b"[]", 422, "a list of rows"),
        (b'{"rows": [{"age": NaN}]}', 422, "NaN is no number"),
        (b'{"rows": [{"age": 1, "age": 2}]}', 422, "a key stands twice"),
        (b'{"rows": [7]}', 422, "a row is an object"),
        (b'{"rows": ' + b"[" * 100_000, 422, "nested too deep"),
        (b'{"rows": [{"age": ' + b"9" * 5_000 + b"}]}", 422, "too many digits"),
        (b'{"rows": [{}]}', 422, "the data lacks columns"),
        (b'{"rows": [{"note": "' + b"x" * 9_000_000 + b'"}]}', 413, "bytes"),
    ],
    ids=lambda value: value[:24].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_bodies_that_are_no_rows_are_refused(served, body, status, what):
    """As `/predict` refuses them, with what, where and what next; no 500, and no traceback."""
    answer = served.ask("POST", "/explain", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert what in answer.json()["error"]["what"]


def test_no_rows_have_no_explanations(served):
    """Nothing to explain is no error."""
    answer = served.ask("POST", "/explain", json={"rows": []})
    assert (answer.status_code, answer.json()["rows"]) == (200, [])


def test_unknown_columns_are_answered_as_by_predict(serving, bundle, raw):
    """V04: refused with the nearest where the server is strict, else left out of the explanation."""
    row = raw.row(0, named=True) | {"aeg": 5}
    strict = serving(bundle, Settings(extra="refuse")).ask("POST", "/explain", json={"rows": [row]})
    assert (strict.status_code, strict.json()["error"]["hint"]) == (422, "did you mean 'age'?")
    lax = serving(bundle).ask("POST", "/explain", json={"rows": [row]})
    assert lax.status_code == 200
    assert not any("aeg" in reason["names"] for reason in lax.json()["rows"][0]["reasons"])


@pytest.mark.parametrize(
    "cell", ["1e400", "-1e400", "1e308", "9" * 400, '"1e999"', "true", '"\\u0000"', "-0.0", "5e-324"]
)
def test_odd_numbers_are_explained(served, cell):
    """Whatever a number is too large for, the answer is JSON: its values are finite and add up."""
    row = json.dumps(served.row | {"age": "AGE"}).replace('"AGE"', cell)
    answer = served.ask(
        "POST", "/explain", content=f'{{"rows": [{row}]}}'.encode(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    (found,) = json.loads(answer.content, parse_constant=pytest.fail)["rows"]
    added = found["score"]["base"] + sum(reason["score"] for reason in found["reasons"])
    assert added == pytest.approx(found["score"]["value"], abs=1e-9)


def test_a_long_text_ends_in_time(model, raw):
    """A text of megabytes goes through the graph a few rows at once, and what takes much longer than asked is 413."""
    row = raw.row(0, named=True) | {"note": "word " * 1_000_000}
    with pytest.raises(Refusal, match="takes longer than") as refused:
        explained(model, [row], Settings(explain_seconds=0.01))
    assert refused.value.status == 413


def test_a_client_that_goes_away_within_a_row_is_seen(model, raw):
    """Before each call of the graph, not between rows alone."""
    asked = iter([False, False, True])
    with pytest.raises(Refusal, match="went away"):
        explained(model, raw[:1].to_dicts(), Settings(), lambda: next(asked))
