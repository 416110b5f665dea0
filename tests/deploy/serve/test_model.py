"""The bundle that answers: opened whole, one answer for each row, and the row that fails is named."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.data.read.unread import Tally
from automl.deploy.serve import arrow
from automl.deploy.serve.model import HASH, LONGEST_KEY, Model
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings
from automl.errors import BundleError


@pytest.fixture(scope="module")
def model(bundle):
    """The shared bundle, opened; rows of at most 8."""
    return Model.open(bundle, Settings(max_rows=8))


@pytest.fixture
def rows(raw):
    """Some rows as a client sends them."""
    return raw.head(5).to_dicts()


def answered(reply):
    """The answers of a body."""
    return json.loads(reply.content)["rows"]


def test_a_changed_bundle_is_not_opened(bundle, tmp_path):
    """Every hash is checked before the first answer."""
    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    (copy / "card.md").write_text("# Another card\n")
    with pytest.raises(BundleError, match="not the one that was written"):
        Model.open(copy, Settings())


def test_an_answer_is_the_bundles_with_keys_as_they_came(model, bundle, raw, rows):
    """Alone or among others a row has the bundle's answer, to the last digit; its key stands before it."""
    expected = Bundle.load(bundle).predict(raw.head(5))["probability"].to_list()
    together = answered(model.answer(rows))
    assert [row["probability"] for row in together] == expected
    assert [row["id"] for row in together] == [row["id"] for row in rows]
    assert [answered(model.answer([row]))[0] for row in rows] == together
    number = [{**rows[0], "id": 7}]
    assert answered(model.answer(number))[0]["id"] == 7
    del number[0]["id"]
    assert "id" not in answered(model.answer(number))[0]


def test_the_bundle_that_answered_is_named(model):
    """Twelve signs of its content hash, as people compare them, in every answer."""
    assert len(model.name) == HASH
    assert model.bundle.manifest.content_hash.startswith(model.name)
    assert (
        json.loads(model.answer([dict(model.schema["example"]["request"]["rows"][0])]).content)["bundle"] == model.name
    )


@pytest.mark.parametrize("place", range(5))
def test_the_row_that_fails_is_named(model, rows, place):
    """Wherever it stands among good ones, it is found, and nothing is answered."""
    rows[place] = {**rows[place], "age": [1, 2]}
    with pytest.raises(Refusal) as raised:
        model.answer(rows)
    assert raised.value.status == 422
    assert raised.value.where.startswith(f"rows[{place}]")


def test_of_several_that_fail_one_is_named(model, rows):
    """Two rows that fail are refused with the number of one of them."""
    rows[1], rows[4] = {**rows[1], "age": {}}, {**rows[4], "age": {}}
    with pytest.raises(Refusal) as raised:
        model.answer(rows)
    assert raised.value.where.startswith(("rows[1]", "rows[4]"))


@pytest.mark.parametrize("key", [["a"], {"a": 1}])
def test_a_key_is_a_single_value(model, rows, key):
    """A list or an object as a key is refused, not given back."""
    with pytest.raises(Refusal, match="a key is a single value") as raised:
        model.answer([rows[0], {**rows[1], "id": key}])
    assert raised.value.where == "rows[1].id"


def test_a_key_has_a_length(model, rows, raw):
    """V02: a key comes back in the answer, so one of megabytes is refused, in JSON and in Arrow; a long one is not."""
    for length, fits in ((LONGEST_KEY, True), (LONGEST_KEY + 1, False), (8_000_000, False)):
        key = "k" * length
        stream = arrow.write_stream(raw.head(5).with_columns(pl.lit(key).alias("id")))
        for answer, request in ((model.answer, [{**rows[0], "id": key}]), (model.answer_stream, stream)):
            if fits:
                assert key.encode() in answer(request).content
            else:
                with pytest.raises(Refusal, match="a key is longer than 1,000 characters") as raised:
                    answer(request)
                assert raised.value.status == 422


def test_columns_that_nobody_reads_are_refused_if_that_is_said(model, bundle):
    """V04: ignored by default; with `extra="refuse"` the nearest name is told."""
    body = json.dumps({"rows": [{"agee": "1"}]}).encode()
    assert model.read(body) == [{"agee": "1"}]
    strict = Model.open(bundle, Settings(extra="refuse"))
    with pytest.raises(Refusal, match="no column 'agee'"):
        strict.read(body)


def test_the_limit_of_rows_is_the_settings(model):
    """Eight rows are read, nine are 413."""
    assert len(model.read(json.dumps({"rows": [{}] * 8}).encode())) == 8
    with pytest.raises(Refusal) as raised:
        model.read(json.dumps({"rows": [{}] * 9}).encode())
    assert raised.value.status == 413


def test_an_arrow_stream_is_answered_by_another(model, bundle, raw):
    """The same answers as JSON gives, and how many rows they are; a stream without a needed column is 422."""

    def stream(frame):
        buffer = io.BytesIO()
        frame.write_ipc_stream(buffer, compat_level=pl.CompatLevel.oldest())
        return buffer.getvalue()

    reply = model.answer_stream(stream(raw.head(5)))
    assert reply.rows == 5
    expected = Bundle.load(bundle).predict(raw.head(5))["probability"].to_list()
    assert pl.read_ipc_stream(io.BytesIO(reply.content))["probability"].to_list() == expected
    with pytest.raises(Refusal, match="age") as raised:
        model.answer_stream(stream(raw.head(5).drop("age")))
    assert raised.value.status == 422


def test_one_plain_row_is_light(model, rows, shop):
    """A single row is answered at once; several, and one that brings its own tables, are handed to a thread."""
    assert model.is_light(rows[:1])
    assert not model.is_light(rows[:2])
    nested = Model.open(shop, Settings())
    assert nested.is_light([{"customer": "k1", "age": 1}])
    assert not nested.is_light([{"customer": "k1", "age": 1, "purchases": []}])


def test_a_row_may_bring_its_own_tables(shop, tmp_path):
    """What it brings stands in for the table that the server holds, for this row alone."""
    held = tmp_path / "purchases.csv"
    held.write_text("customer,amount\nk1,100\nk2,200\n")
    model = Model.open(shop, Settings(tables={"purchases": str(held)}))
    plain, own = {"customer": "k1", "age": 1}, {"customer": "k1", "age": 1, "purchases": [{"amount": 5}, {"amount": 7}]}
    found = answered(model.answer([plain, own, plain]))
    assert [row["prediction"] for row in found] == [101, 13, 101]
    with pytest.raises(Refusal) as raised:
        model.answer([plain, own, {**own, "purchases": [7]}])
    assert raised.value.status == 422
    assert raised.value.where == "rows[2].purchases[0]"


def test_without_its_tables_a_row_is_refused(shop):
    """A server that was given no tables says so for a row that brings none."""
    with pytest.raises(Refusal) as raised:
        Model.open(shop, Settings()).answer([{"customer": "k1", "age": 1}])
    assert raised.value.status == 422


def test_what_is_unknown_is_null(shop):
    """JSON knows no NaN: a prediction of a row without its number is null, and others stay."""
    model = Model.open(shop, Settings())
    rows = [{"customer": "k1", "age": age, "purchases": []} for age in (None, 3)]
    reply = model.answer(rows)
    assert b"NaN" not in reply.content
    found = [row["prediction"] for row in answered(reply)]
    assert found[0] is None
    assert np.isfinite(found[1])


def test_what_cannot_be_read_is_told_and_refused(bundle, raw):
    """A row warns, 20 rows of a column that cannot be read are 422 unless that is allowed, in JSON and in Arrow."""
    model, lenient = (Model.open(bundle, Settings(unread=unread)) for unread in ("refuse", "empty"))
    odd = raw.head(20).with_columns(income=pl.lit("1.234,50"))
    one = model.answer(odd.head(1).to_dicts())
    warning = {"column": "income", "filled": 1, "unread": 1}
    what = "1 of 1 filled cells cannot be read as a number, such as '1.234,50'"
    assert json.loads(one.content)["warnings"] == [warning | {"what": what}]
    model.check(one)
    file = io.BytesIO()
    odd.write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())
    for reply in (model.answer(odd.to_dicts()), model.answer_stream(file.getvalue())):
        assert reply.unread["income"][:3] == ("number", 0, 20)
        lenient.check(reply)
        with pytest.raises(Refusal, match="'income': 20 of 20 filled cells") as refused:
            model.check(reply)
        assert refused.value.status == 422
    assert json.loads(model.answer(raw.head(20).to_dicts()).content)["warnings"] == []


def test_rows_with_their_own_tables_are_counted_too(shop):
    """Nested rows are answered one by one, and counted together."""
    model = Model.open(shop, Settings())
    rows = [{"customer": "k1", "age": "old", "purchases": [{"amount": 5}]}] * 20
    reply = model.answer(rows)
    assert reply.unread == {"age": Tally("number", 0, 20, "old")}
    with pytest.raises(Refusal, match="'age'"):
        model.check(reply)
