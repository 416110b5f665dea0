"""Golden rows are synthetic, reach the edges, and compare strictly."""

from __future__ import annotations

import json

import numpy as np
import pytest

from automl.bundle.golden import decode, differences, encode, synthetic
from automl.data.read.frames import read_frame
from automl.data.rows import Rows


@pytest.fixture(scope="module")
def rows(raw, columns):
    """The rows behind the bundle of the fixtures."""
    frame = read_frame({"columns": [dict(column.reader) for column in columns]}, raw)
    return Rows(frame=frame, raw=raw, y=np.zeros(raw.height), group=np.arange(raw.height) // 2)


def test_no_row_is_a_real_row(rows, raw, columns):
    """Cells are drawn column by column; keys never enter; a rare level or word points at a person and stays out."""
    golden = synthetic(rows, columns, seed=4)
    names = [column.name for column in columns]
    real = set(raw.select(names).iter_rows())
    assert not real & {tuple(row[name] for name in names) for row in golden}
    assert all(set(row) == set(names) for row in golden)
    text = json.dumps(golden, ensure_ascii=False)
    assert "rare one" not in text
    assert "Müller" not in text
    assert "c0001" not in text
    assert "clerk" in text


def test_the_edges_are_among_them(rows, columns):
    """Everything missing, smallest and largest, unseen levels and odd unicode, edges of float64."""
    golden = synthetic(rows, columns, seed=4)
    ages = [row["age"] for row in golden]
    assert {"18", "79", 1e308, 5e-324, None, ""} <= set(ages)
    assert any(set(row.values()) == {None} for row in golden)
    assert any("🚀" in str(row["job"]) for row in golden)
    assert json.loads(json.dumps(golden)) == golden


def test_the_same_seed_draws_the_same_rows(rows, columns):
    """R12: golden rows depend on data and seed only."""
    assert synthetic(rows, columns, seed=4) == synthetic(rows, columns, seed=4) != synthetic(rows, columns, seed=5)


def test_numbers_survive_the_file():
    """Answers read back bit for bit, the numbers that JSON cannot write too."""
    table = {"probability": [0.1 + 0.2, 5e-324, float("inf"), float("nan")], "decision": ["a", "b", "", "ü"]}
    assert differences(decode(encode(table)), table) == []


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"probability": [0.5 + 2e-9], "decision": ["a"]}, "row 0: probability"),
        ({"probability": [float("nan")], "decision": ["a"]}, "row 0: probability"),
        ({"probability": [0.5], "decision": ["b"]}, "row 0: decision is 'b', expected 'a'"),
        ({"probability": [], "decision": []}, "0 rows"),
        ({"probability": [0.5]}, "columns"),
    ],
)
def test_differences_are_told(found, sentence):
    """Numbers may differ by 1e-9, decisions and shapes not at all."""
    expected = {"probability": [0.5], "decision": ["a"]}
    assert differences(expected, {"probability": [0.5 + 5e-10], "decision": ["a"]}) == []
    assert sentence in differences(expected, found)[0]


@pytest.mark.parametrize(
    ("want", "got"), [(True, 1), ("1", 1), (1, "1"), (1, True), (0, False), ("a", "b"), (2**53, 2**53 + 1)]
)
def test_labels_are_compared_with_their_type(want, got):
    """D21: a label of another type is another answer, and whole numbers are compared as such."""
    assert differences({"decision": [want]}, {"decision": [got]})
    assert differences({"decision": [got]}, {"decision": [got]}) == []
