"""The scorer answers raw rows, one or many, and opens no bundle that was changed."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest

from automl.bundle.scorer import ScoreError, Scorer
from automl.data.read.unread import Tally, UnreadWarning


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


def test_unread_cells_are_counted_without_a_word(bundle, raw):
    """`answers` and `counted` say nothing; the tally of rows is that of the frame, one row names its columns."""
    scorer = Scorer(bundle)
    rows = raw.with_columns(income=pl.lit("12,5 EUR")).to_dicts()
    answers, found = scorer.counted(rows)
    assert scorer.answers(rows) == answers
    assert found == scorer.unread(rows)
    assert found["income"] == Tally("number", 0, 500, "12,5 EUR")
    assert (found["age"].unread, "job" in found) == (0, False)
    assert scorer.answer_all(rows)[1] == found
    assert scorer.answer(rows[0])[1] == ["income"]


def test_one_row_warns_and_many_are_refused(bundle, raw):
    """A row is answered with a warning; of 20 rows a column that cannot be read at all is an error, unless allowed."""
    scorer = Scorer(bundle)
    scorer.chunk_rows = 8
    rows = raw.head(20).with_columns(income=pl.lit("n.a.")).to_dicts()
    with pytest.warns(UnreadWarning, match="a cell cannot be read: 'income'"):
        answer = scorer.decide(rows[0])
    with pytest.raises(ScoreError, match=r"20 of 20 filled cells cannot be read as a number, such as 'n\.a\.'"):
        list(scorer.score(rows))
    with pytest.warns(UnreadWarning, match="20 of 20 filled cells"):
        assert next(iter(list(scorer.score(rows, unread="empty")))) == answer
    with pytest.warns(UnreadWarning, match="19 of 19 filled cells"):
        list(scorer.score(rows[:19]))
    rows[13]["income"] = "$1,000.00"
    with pytest.warns(UnreadWarning, match="19 of 20 filled cells"):
        list(scorer.score(rows))
