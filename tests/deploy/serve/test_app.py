"""The routes answer like the bundle, and refuse what is no rows with the row and the field."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import sys
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import automl
from automl.bundle.read import Bundle
from automl.deploy.serve import arrow
from automl.deploy.serve.app import Heavy
from automl.deploy.serve.model import Model
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings
from automl.deploy.serve.trial import Trial

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
ROUTES = (
    "/predict",
    "/explain",
    "/schema",
    "/openapi.json",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/watch",
    "/labels",
)


def test_answers_are_those_of_the_bundle(served, bundle, raw):
    """One row, many rows and an Arrow stream get the numbers that `Bundle.predict` gives, keys first."""
    rows = raw.head(50).to_dicts()
    want = Bundle.load(bundle).predict(raw.head(50))
    found = served.predict(*rows).json()
    assert [row["id"] for row in found["rows"]] == want["id"].to_list()
    assert [row["decision"] for row in found["rows"]] == want["decision"].to_list()
    np.testing.assert_allclose([row["probability"] for row in found["rows"]], want["probability"], rtol=1e-9)
    assert list(found["rows"][0]) == want.columns
    assert served.predict(rows[7]).json()["rows"] == [found["rows"][7]]
    file = io.BytesIO()
    raw.head(50).write_ipc_stream(file)
    answer = served.post(file.getvalue(), arrow.CONTENT)
    assert answer.headers["content-type"] == arrow.CONTENT
    assert pl.read_ipc_stream(io.BytesIO(answer.content)).equals(want)


@pytest.mark.parametrize("problem", ["multiclass", "regression"])
def test_every_kind_of_problem(problem, request, make_bundle, serving, raw, tmp_path):
    """Several classes and numbers are answered by the columns that the schema tells."""
    served = serving(make_bundle(request.getfixturevalue(problem), tmp_path / "b"))
    answer = served.predict(raw.row(0, named=True)).json()["rows"][0]
    told = served.ask("GET", "/schema").json()
    assert list(answer) == ["id", *told["outputs"]]
    assert answer.get("decision") in [*told["decisions"], None]


def test_columns_go_by_name(served, raw):
    """V04: permuted columns give the same answer, further ones change nothing, a missing one is named with its row."""
    row = raw.row(3, named=True)
    want = served.predict(row).json()
    assert served.predict(dict(reversed(row.items()))).json() == want
    assert served.predict({**row, "more": 1}).json() == want
    lacking = {name: cell for name, cell in row.items() if name != "job"}
    refused = served.predict(row, row, lacking, row)
    assert refused.status_code == 422
    assert refused.json()["error"]["where"] == "rows[2]"
    assert "'job'" in refused.json()["error"]["what"]


def test_extra_columns_by_policy(bundle, serving, raw):
    """V04: with `extra = "refuse"` an unknown column is refused with the nearest one, in JSON and in Arrow."""
    served = serving(bundle, Settings(extra="refuse"))
    row = raw.row(3, named=True)
    assert served.predict(row).status_code == 200
    refused = served.predict(row, {**row, "incom": 1})
    assert (refused.status_code, refused.json()["error"]["where"]) == (422, "rows[1]")
    assert refused.json()["error"]["hint"] == "did you mean 'income'?"
    body = arrow.write_stream(raw.head(2).with_columns(odd=pl.lit(1)))
    assert "'odd'" in served.post(body, arrow.CONTENT).json()["error"]["what"]


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        (b'{"rows": [{"age": 1}, {"age": NaN}]}', "rows[1].age", "NaN"),
        (b'{"rows": [{"age": -Infinity}]}', "rows[0].age", "Infinity"),
        (b'{"rows": [{"age": 1, "age": 2}]}', "rows[0]", "twice"),
        (b'{"rows": [1]}', "rows[0]", "an object"),
        (b'{"rows": {}}', "body", "a list of rows"),
        (b"[]", "body", "a list of rows"),
        (b"{}", "body", "a list of rows"),
        (b"NaN", "body", "NaN"),
        (b'{"rows": [{}], "more": 1}', "body", "'more'"),
        (b'{"rows": [{"age": 1}', "body, line 1, column 21", "no JSON"),
        (b'{"rows": [{"age": ' + b"9" * 5_000 + b"}]}", "body", "digits"),
        (b"[" * 100_000, "body", "deep"),
        (b'{"rows": [{"age": ' + b"[" * 400 + b"NaN" + b"]" * 400 + b"}]}", None, ""),
        (b"\xff", "body", "UTF-8"),
        (b"", "body, line 1, column 1", "no JSON"),
    ],
)
def test_odd_bodies(served, body, where, what):
    """V02: NaN, a key twice, huge numbers, deep nesting, wrong types: 422 that names row and field, never 5xx."""
    answer = served.post(body)
    assert answer.status_code == 422
    assert what in answer.json()["error"]["what"]
    assert where in (None, answer.json()["error"]["where"])


def test_a_cell_is_a_single_value(served):
    """V02: a list where a value belongs is refused with row and column; a number beyond float64 is missing."""
    row = served.row
    refused = served.predict(row, {**row, "age": [1]}).json()["error"]
    assert refused["where"] == "rows[1]"
    assert "'age'" in refused["what"]
    assert served.predict({**row, "id": {"a": 1}}).status_code == 422
    huge = served.post(json.dumps({"rows": [row]}).encode().replace(b'"age": ', b'"age": 1' + b"0" * 400 + b' , "x": '))
    assert huge.json()["rows"] == served.predict({**row, "age": None}).json()["rows"]


def test_a_large_body_is_refused(bundle, serving):
    """V01: a body or a number of rows beyond the limit is 413 and ends the connection; nothing of it is parsed."""
    served = serving(bundle, Settings(max_body=2_000, max_rows=3))
    refused = served.post(b" " * 3_000)
    assert (refused.status_code, refused.headers["connection"]) == (413, "close")

    async def chunks():
        for _ in range(1_000):
            yield b" " * 100

    assert served.post(chunks()).status_code == 413
    assert served.post(b'{"rows": [{}, {}, {}, {}]}').status_code == 413
    assert served.post(arrow.write_stream(pl.DataFrame({"a": range(4)})), arrow.CONTENT).status_code == 413


def test_a_slow_body_is_refused(bundle, serving):
    """V01: a body that does not come in time is 408."""
    served = serving(bundle, Settings(body=0.05))

    async def slow():
        yield b"{"
        await asyncio.sleep(5)

    refused = served.post(slow())
    assert (refused.status_code, refused.headers["connection"]) == (408, "close")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "text/plain"},
        {"content-type": ""},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_no_other_parser_is_reached(served, headers):
    """V03: forms, multipart, other letters and compressed bodies are 415."""
    assert served.ask("POST", "/predict", content=b"a=1", headers=headers).status_code == 415


def test_ranges_are_nothing(served):
    """V03: a Range header changes nothing."""
    assert served.ask("GET", "/schema", headers={"range": "bytes=0-1,2-3"}).status_code == 200


def test_the_list_of_routes(served):
    """V05: there is no path that loads, uploads, changes or stops anything."""
    routes = {(route.path, *sorted(route.methods - {"HEAD"})) for route in served.app._app.routes}
    asked = {"/predict", "/explain", "/labels"}
    assert routes == {(path, "POST" if path in asked else "GET") for path in ROUTES}


@pytest.mark.parametrize(
    "path",
    ["/bundles/..%252f..%252fetc", "/%2e%2e/%2e%2e/etc/passwd", "/..\\..\\x", "/predict/", "/schema/../x", "//x"],
)
def test_no_path_is_a_file(served, path):
    """V06: no part of a path names a file or a bundle; what is no route is 404."""
    assert served.ask("GET", path).status_code in {404, 405}


def test_no_text_of_a_request_is_a_path(shop, serving):
    """S03: a path, an address or a link, in whatever spelling, as a value, a key or rows of a table, opens no file."""
    served = serving(shop)
    row = {"customer": "k", "age": 1, "purchases": [{"amount": 1.0}]}
    assert served.predict(row).status_code == 200  # what is read once is read
    touched, watching = [], []

    def watch(event, arguments):
        if (
            watching
            and "marked" in repr(arguments)
            and event.partition(".")[0] in {"open", "os", "socket", "subprocess"}
        ):
            touched.append(event)

    sys.addaudithook(watch)  # it stays for good, and sees nothing once the list is empty
    parts = st.sampled_from(["..", "etc", "%2e%2e", "%252e%252e", "~", "C:", "file:", "http:", "s3:", "*", ""])
    signs = st.sampled_from(["/", "\\", "%2f", "%252f", "//"])
    paths = st.lists(st.tuples(parts, signs).map("".join), min_size=1, max_size=5).map(lambda said: [*said, "marked"])

    @given(paths.map("".join))
    @settings(max_examples=40, deadline=None)
    def asked(path):
        places = ("customer", "age", "purchases", path)
        for odd in (*({place: path} for place in places), {"purchases": [{"amount": path}]}):
            assert served.predict({**row, **odd}).status_code in {200, 422}
        assert served.ask("GET", "/of/" + path).status_code == 404

    watching.append(True)
    try:
        with suppress(FileNotFoundError):
            Path("marked").read_bytes()
        assert touched.pop() == "open"  # the hook does hear
        asked()
    finally:
        watching.clear()
    assert touched == []


def test_requests_leave_nothing(served, raw, monkeypatch):
    """V11: after the first hundred, requests that are answered or refused leave no object behind."""
    monkeypatch.setattr(served.app._log, "_rate", 0)  # the clock's objects are kept for their next use, by the hundred
    monkeypatch.setattr(served.app._log, "_room", 0.0)
    row = served.row
    asked = [
        ("POST", "/predict", {"json": {"rows": [row]}}),
        ("POST", "/predict", {"json": {"rows": raw.head(20).to_dicts()}}),
        ("POST", "/predict", {"json": {"rows": [{**row, "age": [1]}]}}),
        ("POST", "/predict", {"content": b"{", "headers": {"content-type": "application/json"}}),
        ("GET", "/schema", {}),
        ("GET", "/nix", {}),
    ]

    ours = Path(automl.__file__).parent

    def held():
        served.stream.seek(0)
        served.stream.truncate()
        gc.collect()
        return tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, f"{ours}/*")])

    tracemalloc.start()
    try:
        served.together(asked * 20)
        before = held()
        served.together(asked * 60)
        grown = held().compare_to(before, "lineno")
    finally:
        tracemalloc.stop()
    assert [str(line) for line in grown if line.count_diff >= 60] == []  # as many as requests of a kind


def test_a_bug_tells_nothing(served, monkeypatch):
    """An error that nobody foresaw is a 500 without its text; the log says what kind and where."""

    def broken(*_):
        raise RuntimeError("secret 4711")

    monkeypatch.setattr("automl.deploy.serve.model.Model.answer", broken)
    answer = served.predict(served.row)
    assert answer.status_code == 500
    assert "4711" not in answer.text + served.stream.getvalue()
    assert served.lines[-1]["error"].startswith("RuntimeError at test_app.py:")


def test_while_there_is_no_bundle(served):
    """Before a bundle is opened, and while the server stops, rows are refused with Retry-After; it is live."""
    served.current.ready = False
    try:
        refused = served.predict(served.row)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert served.ask("GET", "/health/ready").status_code == 503
        assert served.ask("GET", "/health/live").json() == {"live": True}
    finally:
        served.current.ready = True


def test_a_swap_between_requests(served, make_bundle, regression, tmp_path):
    """V10: a request is answered by one bundle; after the swap the next is answered by the other, and back."""
    old, row = served.current.model, served.row
    new = type(old).open(make_bundle(regression, tmp_path / "new"), served.settings)
    first = served.predict(row).json()
    served.current.model = new
    try:
        second = served.predict(row).json()
        assert "prediction" in second["rows"][0]
        assert second["bundle"] == new.name != first["bundle"]
        assert served.ask("GET", "/health/ready").json()["bundle"] == new.name
    finally:
        served.current.model = old
    assert served.predict(row).json() == first


def test_large_requests_wait_in_a_short_line():
    """V07: more large requests than the line holds are 503 with Retry-After; afterwards there is room again."""

    async def rush():
        heavy = Heavy(most=2)
        jobs = (heavy.run(lambda _: 3, asyncio.Event().wait) for _ in range(5))
        found = await asyncio.gather(*jobs, return_exceptions=True)
        return found, await heavy.run(lambda _: 3, asyncio.Event().wait)

    found, after = asyncio.run(rush())
    assert found[:2] == [3, 3]
    assert [type(one) for one in found[2:]] == [Refusal] * 3
    assert found[2].status == 503
    assert (b"retry-after", b"2") in found[2].headers
    assert after == 3


def test_large_work_ends_with_its_client():
    """V07: what a client that went away has asked for is given up, what waits does not begin, and the line is free."""
    begun, ended = [], []

    def endless(gone):
        begun.append(gone)
        while not gone():
            time.sleep(0.001)
        ended.append(gone)

    async def hangs_up():
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def leave():
        heavy = Heavy(most=2)
        left = await asyncio.gather(*(heavy.run(endless, hangs_up) for _ in range(2)), return_exceptions=True)
        return left, await heavy.run(lambda _: 3, asyncio.Event().wait)

    left, after = asyncio.run(leave())
    assert [one.what for one in left] == ["the client went away"] * 2
    assert (len(begun), len(ended), after) == (1, 1, 3)


def test_costly_requests(bundle, shop, serving, raw):
    """V07: rows times columns have a limit, in JSON and in Arrow, and rows with rows inside weigh more than others."""
    wide = serving(bundle, Settings(max_cells=20 * raw.width))
    assert wide.predict(*raw.head(20).to_dicts()).status_code == 200
    for refused in (wide.predict(*raw.head(21).to_dicts()), wide.post(arrow.write_stream(raw.head(40)), arrow.CONTENT)):
        assert refused.status_code == 413
        assert "cells" in refused.json()["error"]["what"]
    assert wide.ask("GET", "/schema").json()["limits"]["cells"] == 20 * raw.width
    deep = serving(shop, Settings(max_cells=5_100))
    row = {"customer": "k", "age": 1, "purchases": [{"amount": 1.0}]}
    assert deep.predict(*[row] * 5).status_code == 200
    assert deep.predict(*[row] * 6).status_code == 413
    assert deep.predict({**row, "purchases": [{"amount": 1.0}] * 5_000}).status_code == 413


def test_no_value_is_a_label(served):
    """V16: whatever paths, ids and values come, /metrics does not grow; requests and rows are counted."""
    served.predict(served.row)
    served.ask("GET", "/nix")
    served.ask("BREW", "/nix")
    size = [len(served.ask("GET", "/metrics").text.splitlines()) for _ in range(2)][1]
    for number in range(30):
        served.ask("GET", f"/user/{number}", headers={"x-request-id": f"u{number}"})
        served.predict({**served.row, "job": f"job {number}"})
    text = served.ask("GET", "/metrics").text
    assert len(text.splitlines()) == size
    assert 'automl_requests_total{route="other",status="404"}' in text
    assert "job" not in text
    assert float(next(line for line in text.splitlines() if line.startswith("automl_rows_total")).split()[1]) >= 31


def test_what_is_missing_in_an_answer_is_null(make_contents, regression, serving, tmp_path):
    """JSON knows no NaN: a number that is unknown is null."""
    from dataclasses import replace

    from automl.bundle.write import finish, stage, staging
    from automl.graph.onnx import to_onnx
    from automl.ops import expr as ops

    age = ops.Column("age")
    model = to_onnx({"prediction": ops.Add(age, ops.constant(1.0))}, inputs=[age])
    whole = make_contents(regression)
    plain = replace(whole, model=model, outputs=whole.outputs[:1], decisions=(), golden=[{"age": 1}, {"age": None}])
    path = tmp_path / "b"
    stage(replace(plain, reader={"columns": whole.reader["columns"][:1]}), staging(path))
    served = serving(finish(staging(path), path, gates=(), verdict=None, card="#\n"))
    assert served.predict({"age": 1}, {"age": None}).json()["rows"] == [{"prediction": 2.0}, {"prediction": None}]


def test_unread_cells_are_told_counted_and_refused(bundle, serving, raw):
    """V16: in the answer, in a header of a stream, and for Prometheus by column; a whole column is 422, and counted."""
    served = serving(bundle)
    odd = raw.head(20).with_columns(income=pl.lit("1.234,50"), age=pl.lit("30"))
    rows = odd.to_dicts()
    answer = served.predict(rows[0], {**rows[1], "income": "$1,000.00"})
    assert [(told["column"], told["filled"], told["unread"]) for told in answer.json()["warnings"]] == [
        ("income", 2, 1)
    ]
    stream = served.post(arrow.write_stream(odd.head(3)), arrow.CONTENT)
    assert json.loads(stream.headers["x-unread-cells"]) == {"income": 3}
    assert "x-unread-cells" not in served.post(arrow.write_stream(raw.head(3)), arrow.CONTENT).headers
    for refused in (served.predict(*rows), served.post(arrow.write_stream(odd), arrow.CONTENT)):
        assert refused.status_code == 422
        assert "'income': 20 of 20" in refused.json()["error"]["what"]
        assert "--unread empty" in refused.json()["error"]["hint"]
    numbers = served.ask("GET", "/metrics").text
    assert 'automl_unread_cells_total{column="income"} 44.0' in numbers
    assert "1.234,50" not in numbers
    assert "1.234,50" not in served.stream.getvalue()


def test_no_rows_are_answered_with_none(served, raw):
    """Nothing to score is no error, in JSON and in Arrow."""
    assert served.predict().json() == {"rows": [], "warnings": [], "bundle": served.model.name}
    stream = served.post(arrow.write_stream(raw.clear()), arrow.CONTENT)
    assert (
        pl.read_ipc_stream(io.BytesIO(stream.content)).schema
        == Bundle.load(served.model.bundle.path).predict(raw).schema
    )


@pytest.mark.parametrize("path", ["/predict", "/explain", "/schema", "/openapi.json", "/health/ready"])
def test_each_answer_says_the_version(path, served):
    """Refusals of rows too; what is the server's alone says none."""
    post = path in {"/predict", "/explain"}
    how = {"json": {"rows": [served.row]}} if post else {}
    assert served.ask("POST" if post else "GET", path, **how).headers["x-model-version"] == served.model.name
    if post:
        refused = served.ask("POST", path, json={"rows": [{"nothing": 1}]})
        assert (refused.status_code, refused.headers["x-model-version"]) == (422, served.model.name)
    assert "x-model-version" not in served.ask("GET", "/health/live").headers


def test_a_challenger_answers_its_share(serving, deciding):
    """JSON and streams alike: header, body and decision are those of one of the two; disagreement is counted."""
    served = serving(deciding(50.0))
    challenger = Model.open(deciding(30.0), served.settings)
    trial = served.current.trial = Trial.of(served.model, challenger, 0.5, "now")
    row = {"age": 40, "id": 1}
    decided = {}
    for number in range(20):
        answer = served.predict({**row, "id": number})
        decided[answer.headers["x-model-version"]] = answer.json()["rows"][0]["decision"]
        assert answer.json()["bundle"] == answer.headers["x-model-version"]
    assert decided == {served.model.name: 1, challenger.name: 2}
    counted = trial.take()
    assert counted.regret == 8.0 * counted.changed > 0
    frame = pl.DataFrame({"age": [40, 60, 40], "id": [1, 2, 3]})
    for number in range(20):
        served.post(arrow.write_stream(frame), arrow.CONTENT, **{"x-request-id": f"r{number}"})
    counted = trial.take()
    assert 0 < counted.rows < 60
    assert counted.regret == 8.0 * counted.changed == 8.0 * counted.rows * 2 / 3
