"""Loading checks first; scoring goes by name and gives back what came in."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.bundle.content_hash import content_hash
from automl.bundle.layout import MANIFEST, SEAL
from automl.bundle.manifest import PROTOCOL, Manifest, outputs_of
from automl.bundle.read import Bundle
from automl.bundle.scorer import MEND, seal
from automl.bundle.unlike import UnlikeTrainingWarning
from automl.bundle.verify import verify
from automl.bundle.write import stage
from automl.data.read.unread import Tally, UnreadWarning
from automl.data.rows import Labels
from automl.errors import BundleError, DataError
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops
from automl.task import Task


@pytest.fixture
def copy(bundle, tmp_path):
    """A bundle to break."""
    return shutil.copytree(bundle, tmp_path / "copy.bundle")


def resealed(folder, **changes):
    """The manifest changed by someone who can compute hashes."""
    content = json.loads((folder / MANIFEST).read_bytes()) | changes
    with suppress(LookupError, TypeError, ValueError):  # a manifest without what is hashed is refused before
        content["content_hash"] = content_hash(content)
    text = json.dumps(content).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SEAL).write_bytes(seal(text))


def test_columns_go_by_name(bundle, raw):
    """V04: reordered and further columns change nothing; missing ones are an error that names them all."""
    model = Bundle.load(bundle)
    answer = model.predict(raw)
    assert model.predict(raw.select(sorted(raw.columns, reverse=True)).with_columns(x=pl.lit("?"))).equals(answer)
    with pytest.raises(DataError, match=r"lacks columns that the model reads: 'age', 'job'"):
        model.predict(raw.drop("age", "job"))
    row = raw.row(0, named=True)
    with pytest.raises(DataError, match="lacks a column that the model reads: 'note'"):
        model.decide({name: row[name] for name in row if name != "note"})


def test_rows_stand_alone(bundle, raw):
    """A row has the same bits by `decide`, alone, in any chunk and at any place; keys come along."""
    model = Bundle.load(bundle)
    answer = model.predict(raw)
    assert answer["id"].equals(raw["id"])
    assert model.predict(raw.reverse()).reverse().equals(answer)
    assert model.predict(raw[7:20]).equals(answer[7:20])
    assert [model.decide(row) for row in raw.iter_rows(named=True)] == answer.drop("id").to_dicts()
    assert model.predict(pl.concat([raw] * 20)).equals(pl.concat([answer] * 20))


def test_no_rows_no_answers(bundle, raw):
    """A frame without rows gives a frame without rows, with the same columns and types."""
    model = Bundle.load(bundle)
    assert model.predict(raw.clear()).schema == model.predict(raw).schema
    assert model.predict(pl.DataFrame()).schema == model.predict(raw.drop("id")).schema
    for frame in (raw.clear().to_pandas(), raw.clear().to_arrow(), pl.DataFrame().to_pandas()):
        assert len(model.predict(frame)) == 0
    assert model.decide_all([]) == []
    with pytest.raises(DataError, match="the frame has 3 rows and no columns"):
        model.predict(raw.head(3).to_pandas()[[]])


@pytest.mark.parametrize(
    ("values", "texts", "dtype", "native"),
    [
        (("no", "yes"), ("no", "yes"), "str", pl.String),
        ((1, 2), ("1", "2"), "int", pl.Int64),
        ((0.5, 1.0), ("0.5", "1"), "float", pl.Float64),
        ((False, True), ("false", "true"), "bool", pl.Boolean),
    ],
)
def test_labels_come_back_as_they_came(values, texts, dtype, native, make_bundle, raw, tmp_path):
    """D21: decisions have the target's own type and values, in frames and in single rows."""
    labels = Labels(name="t", task=Task(kind="binary", classes=2), values=values, texts=texts, dtype=dtype)
    model = Bundle.load(make_bundle(labels, tmp_path / "b"))
    decisions = model.predict(raw)["decision"]
    assert decisions.dtype == native
    assert set(decisions) == set(values)
    assert type(model.decide(raw.row(0, named=True))["decision"]) is type(values[0])


def test_extreme_numbers_have_answers(bundle, raw):
    """D14: numbers at the edge of float64, in a frame or in a row, are scored alike and stop nothing."""
    model = Bundle.load(bundle)
    extremes = [1e308, -1e308, 5e-324, -0.0, float(2**53 + 2), float("inf"), float("nan"), 0.1 + 0.2]
    frame = raw.head(len(extremes)).with_columns(age=pl.Series(extremes))
    with pytest.warns(UnreadWarning, match="1 of 7 filled cells cannot be read as a number, such as 'inf'"):
        answer = model.predict(frame)
    np.testing.assert_array_equal(
        answer["probability"].to_numpy(),
        [model.answer(row)[0]["probability"] for row in frame.iter_rows(named=True)],
    )
    whole = raw.head(2).with_columns(age=pl.Series([2**63 - 1, -(2**63)]))
    assert model.predict(whole).height == 2


@pytest.mark.parametrize("flips", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_flipped_byte_is_refused(flips, copy):
    """B06: a byte changed anywhere in any file ends in a BundleError (exit 7), also in the manifest and its seal."""
    draw = np.random.default_rng(3)
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    assert {path.name for path in files} >= {MANIFEST, SEAL, "model.onnx", "score.py", "evidence.parquet", "card.md"}
    for turn in range(flips):
        path = files[turn % len(files)]
        content = path.read_bytes()
        place = int(draw.integers(len(content)))
        broken = bytearray(content)
        broken[place] ^= 1 << int(draw.integers(8))
        path.write_bytes(broken)
        with pytest.raises(BundleError) as raised:
            Bundle.load(copy)
        assert raised.value.exit_code == 7
        path.write_bytes(content)
    assert Bundle.load(copy).manifest.protocol == PROTOCOL


def test_no_parser_sees_a_changed_file(copy, monkeypatch):
    """B06: the hashes are checked before ONNX Runtime is given anything."""
    (copy / "model.onnx").write_bytes(b"\0" * 100)
    monkeypatch.setattr("automl.bundle.opening.scorer_of", lambda *_: pytest.fail("the parser was reached"))
    with pytest.raises(BundleError, match="not the one that was written"):
        Bundle.load(copy)


def test_pickles_are_no_bundles(tmp_path):
    """B02: a pickle under a bundle's name, or in a folder's place of a manifest, is refused, never loaded."""
    evil = tmp_path / "model.bundle"
    evil.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BundleError, match="no bundle"):
        Bundle.load(evil)
    folder = tmp_path / "folder.bundle"
    folder.mkdir()
    (folder / MANIFEST).write_bytes(pickle.dumps({"a": 1}))
    (folder / SEAL).write_bytes(seal(pickle.dumps({"a": 1})))
    with pytest.raises(BundleError, match="cannot be read"):
        Bundle.load(folder)


@pytest.mark.parametrize("protocol", [4, 0, -1, 1.0, True, "1", None, [1]])
def test_unknown_protocols_are_refused(copy, protocol):
    """B11: a bundle of another protocol is refused with both numbers and what to do."""
    resealed(copy, protocol=protocol)
    with pytest.raises(BundleError, match=re.escape(f"protocol {protocol!r}, this automl reads protocols 1 to 3")):
        Bundle.load(copy)


@pytest.mark.parametrize("name", ["../model.onnx", "/etc/passwd", "golden/../../x.json", "C:\\x.json", "model.pkl", ""])
def test_no_file_outside_is_named(copy, name):
    """A manifest that names a path outside, or a kind of file that no bundle has, is refused."""
    resealed(copy, files=json.loads((copy / MANIFEST).read_bytes())["files"] | {name: "0" * 64})
    with pytest.raises(BundleError, match="no bundle has"):
        Bundle.load(copy)


def test_links_are_refused(copy, tmp_path):
    """A link in a bundle is refused, even if what it points to has the right hash."""
    (copy / "card.md").rename(tmp_path / "elsewhere.md")
    (copy / "card.md").symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(BundleError, match="link"):
        Bundle.load(copy)


def test_unknown_keys_are_refused(copy):
    """A manifest with a key that protocol 1 does not have is refused."""
    resealed(copy, run_this="rm")
    with pytest.raises(BundleError, match="run_this"):
        Bundle.load(copy)


def test_a_graph_of_another_hand_is_refused(copy, reseal):
    """B10: a graph that passes all hashes but is none that we write never reaches ONNX Runtime."""
    from onnx import TensorProto, helper

    value = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None, 1]) for name in "ab"]
    node = helper.make_node("Evil", ["a"], ["b"], domain="com.evil")
    content = helper.make_model(helper.make_graph([node], "g", value[:1], value[1:])).SerializeToString()
    (copy / "model.onnx").write_bytes(content)
    reseal(copy)
    with pytest.raises(BundleError, match=r"com\.evil"):
        Bundle.load(copy)


def test_the_manifest_has_one_writing(bundle):
    """The manifest reads back to the very bytes that were written."""
    text = (bundle / MANIFEST).read_bytes()
    assert Manifest.model_validate_json(text).to_bytes() == text


def test_loading_needs_little(bundle):
    """Scoring imports numpy, onnxruntime, polars and pydantic, and nothing that trains or converts frames."""
    code = (
        "import sys; from automl.bundle.read import Bundle; import automl.deploy.batch;"
        f"m = Bundle.load({str(bundle)!r}); import polars as pl; "
        "m.predict(pl.DataFrame({n: [''] for n in m.needed}));"
        "print(*sorted({'sklearn', 'lightgbm', 'xgboost', 'catboost', 'flaml', 'pandas', 'onnx', 'scipy', 'pyarrow',"
        " 'narwhals', 'jinja2', 'psutil', 'automl.learners', 'automl.search', 'automl.decide'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_bundle_tells_what_it_reads_and_answers(bundle):
    """What the server and the commands ask of a bundle of one table."""
    model = Bundle.load(bundle)
    assert set(model.needed) == {"age", "income", "job", "note", "day", "member"}
    assert model.columns == ["probability", "decision", "expected_cost"]
    assert model.decisions == [1, 2]
    assert model.spec == model.manifest.whole_spec
    assert (model.tables, model.table_readers, model.catalog, model.optional) == ([], {}, None, [])


def test_rows_given_as_a_list_are_answered_like_a_frame(bundle, raw):
    """`decide_all` answers row by row; a row that lacks a column is told with its name."""
    model = Bundle.load(bundle)
    rows = raw.head(7).to_dicts()
    assert model.decide_all(rows) == model.predict(raw.head(7)).drop("id").to_dicts()
    assert model.decide_all([]) == []
    with pytest.raises(DataError, match="'age'"):
        model.decide_all([{name: cell for name, cell in rows[0].items() if name != "age"}])


def test_other_tables_are_held_or_given(tables_bundle, purchases):
    """Tables at loading, beside a frame, or as rows: the same answers; what the bundle reads of them is told."""
    rows = pl.DataFrame({"age": ["30", ""], "customer": ["anna", "ben"]})
    model = Bundle.load(tables_bundle)
    assert model.tables == list(model.table_readers) == ["purchases"]
    assert model.catalog is not None
    assert model.catalog.names == ("main", "purchases")
    answer = model.predict(rows, {"purchases": purchases})
    assert answer["prediction"].to_list() == [104_530.0, 11_000.0]
    assert Bundle.load(tables_bundle, tables={"purchases": purchases.to_dicts()}).predict(rows).equals(answer)
    assert model.given({"purchases": purchases.to_pandas()}).predict(rows).equals(answer)
    with pytest.raises(DataError, match="the model also reads the table 'purchases'"):
        model.predict(rows)


@pytest.fixture
def limited(make_contents, binary, tmp_path):
    """A bundle that may act on a quarter of a batch; acting saves the probability, whatever is decided row by row."""
    chance = ops.Sigmoid(ops.Multiply(ops.Column("age"), ops.constant(0.01)))
    costs = ops.Concat((ops.constant(0.0), ops.Subtract(ops.constant(0.0), chance)))
    outputs = {
        "probability": chance,
        "decision": ops.TakeText(ops.ArgMin(costs), binary.texts),
        "expected_cost": ops.RowSum(ops.Pick(costs, (1,))),
        "action_costs": costs,
    }
    contents = make_contents(binary)
    capacity = replace(
        contents,
        model=to_onnx(outputs, inputs=[ops.Column("age")]),
        reader={"columns": [entry for entry in contents.reader["columns"] if entry["name"] == "age"]},
        outputs=outputs_of(binary, ("decision", "expected_cost", "action_costs"), actions=binary.texts),
        spec={"objective": {"target": "bad", "capacity": {"act": 0.25}}, "data": {}},
        golden=[{"age": "30"}],
    )
    stage(capacity, tmp_path / "limited")
    return Bundle.load(tmp_path / "limited")


def test_a_batch_under_a_capacity_is_ranked(limited):
    """A frame is one batch: its best quarter gets the room, and the expected cost is that of what is decided."""
    rows = pl.DataFrame({"age": ["20", "80", "50", "70"]})
    assert limited.decide({"age": "20"})["decision"] == 2
    answer = limited.predict(rows)
    assert answer["decision"].to_list() == [1, 2, 1, 1]
    costs = answer["expected_cost"].to_list()
    assert [cost == 0.0 for cost in costs] == [True, False, True, True]
    assert costs[1] == -answer["probability"][1]
    assert limited.predict(rows.reverse()).reverse().equals(answer)
    assert isinstance(limited.predict(rows.to_pandas()), type(rows.to_pandas()))


def test_a_column_that_cannot_be_read_is_refused(bundle, raw):
    """In frames of any kind and in rows: an error from 20 filled cells on, with `unread="empty"` a warning."""
    model = Bundle.load(bundle)
    odd = raw.head(40).with_columns(day=pl.lit("soon"), income=pl.col("income").replace(raw["income"][7], "7 EUR"))
    empty = odd.with_columns(day=pl.lit(None), income=pl.col("income").replace("7 EUR", None))
    with pytest.warns(UnlikeTrainingWarning, match="'day' has no value in any row"):
        answers = model.predict(empty)
    for frame in (odd, odd.to_pandas(), odd.to_arrow()):
        with pytest.raises(
            DataError, match="'day': 40 of 40 filled cells cannot be read as a date, such as 'soon'"
        ) as e:
            model.predict(frame)
        assert e.value.hint == MEND
        with pytest.warns(UnreadWarning, match="column 'income': 1 of 40 filled cells .* '7 EUR'; column 'day': 40"):
            found = model.predict(frame, unread="empty")
        assert pl.DataFrame(found).equals(answers)
    with pytest.raises(DataError, match="'day'"):
        model.decide_all(odd.to_dicts())
    with pytest.warns(UnreadWarning, match="'day': 40"):
        assert model.decide_all(odd.to_dicts(), unread="empty") == answers.drop("id").to_dicts()
    with pytest.warns(UnreadWarning, match="a cell cannot be read: 'day'"):
        assert model.decide(odd.row(0, named=True)) == model.decide(empty.row(0, named=True))


def test_few_cells_only_warn(bundle, raw):
    """Nineteen cells may be a small file; gaps and missing words are no cells that hold something."""
    model = Bundle.load(bundle)
    odd = raw.with_columns(age=pl.Series(["x"] * 19 + ["?", "", None, " "] * 120 + ["?"]))
    with pytest.warns(UnreadWarning, match="'age': 19 of 19 filled cells"):
        model.predict(odd)


def test_the_time_of_main_is_counted_too(tables_bundle, purchases):
    """Columns that only lead to other tables are read as well; those that nothing can be wrong with are not counted."""
    model = Bundle.load(tables_bundle, tables={"purchases": purchases})
    rows = pl.DataFrame({"age": ["thirty"] * 20, "customer": ["anna"] * 20})
    assert model.counted(rows)[1] == model.answer_all(rows.to_dicts())[1] == {"age": Tally("number", 0, 20, "thirty")}
    assert model.answer(rows.row(0, named=True))[1] == ["age"]


@pytest.mark.parametrize(
    "changes",
    [
        {"reader": {}},
        {"reader": {"columns": [{"name": 7}]}},
        {"spec": []},
        {"spec": {}, "decisions": ["no"]},
        {"target": {"name": "t"}},
        {"outputs": [{"name": "p", "columns": "p", "wire": "number"}]},
        {"keys": [1]},
        {"chunk_rows": "many"},
        {"files": {"model.onnx": 7}},
        {"inputs": None},
    ],
    ids=str,
)
def test_a_manifest_that_lacks_anything_is_the_bundles_fault(copy, changes):
    """B07: with its seal made right, whatever is wrong in it is exit 7 and no bug of ours."""
    resealed(copy, **changes)
    with pytest.raises(BundleError) as refused:
        verify(copy)
    assert refused.value.exit_code == 7
    with suppress(BundleError):  # what nobody looks at until it is asked for may open
        Bundle.load(copy)
