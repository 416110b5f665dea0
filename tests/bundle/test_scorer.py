"""The scorer answers raw rows, one or many, and opens no bundle that was changed."""

from __future__ import annotations

import json
import shutil

import pytest

from automl.bundle.scorer import ScoreError, Scorer


def test_many_rows_are_scored_in_order(bundle, raw):
    """`score` streams rows through chunks and answers each as `decide` does."""
    scorer = Scorer(bundle)
    scorer.chunk_rows = 64
    rows = list(raw.iter_rows(named=True))
    assert list(scorer.score(iter(rows))) == [scorer.decide(row) for row in rows]


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256", "model.onnx"])
def test_score_py_checks_what_it_opens(bundle, tmp_path, name):
    """B06: a changed manifest, seal or model is refused by the stand-alone scorer too."""
    copy = shutil.copytree(bundle, tmp_path / "b")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ScoreError, match="not the one that was written"):
        Scorer(copy)


def test_missing_columns_are_named(bundle):
    """V04: a row that lacks columns is an error with their names; values that are no scalars are one too."""
    scorer = Scorer(bundle)
    with pytest.raises(ScoreError, match="'age', 'income', 'job', 'note', 'day', 'member'"):
        scorer.decide({"id": 3})
    row = dict.fromkeys(scorer.needed, "")
    with pytest.raises(ScoreError, match="age"):
        scorer.decide(row | {"age": [1]})


def test_answers_are_json(multiclass, make_bundle, raw, tmp_path):
    """An answer has a number for each label and a decision, all JSON values."""
    answer = Scorer(make_bundle(multiclass, tmp_path / "b")).decide(raw.row(3, named=True))
    assert list(json.loads(json.dumps(answer))) == [
        "probability_low",
        "probability_mid",
        "probability_high",
        "decision",
        "expected_cost",
    ]
    assert sum(list(answer.values())[:3]) == pytest.approx(1.0)
