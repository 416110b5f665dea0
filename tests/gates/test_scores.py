"""The gate on quality reads the test part's scores, and turns each floor into a verdict of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automl.errors import DataError, SpecError
from automl.gates.base import Limit, Measured
from automl.gates.scores import scores


def measured(folder: Path, **values: float) -> Measured:
    """A bundle's folder with these scores on the test part, and perfect ones out of fold."""
    told = [{"metric": name, "value": value, "rows": "test", "n": 9} for name, value in values.items()]
    told += [{"metric": name, "value": 1.0, "rows": "oof", "n": 99} for name in (*values, "f1")]
    (folder / "manifest.json").write_text(json.dumps({"scores": told}))
    return Measured(
        folder=folder,
        walls=(),
        aside={},
        asked=0,
        start=0.0,
        resident=0,
        proportional=None,
        threads=None,
        seconds=0.0,
    )


@pytest.mark.parametrize(
    ("name", "value", "floor", "ok"),
    [
        ("roc_auc", 0.81, 0.8, True),
        ("roc_auc", 0.8, 0.8, True),
        ("roc_auc", 0.79, 0.8, False),
        ("rmse", 2.9, 3.0, True),
        ("rmse", 3.0, 3.0, True),
        ("rmse", 3.1, 3.0, False),
        ("r2", -0.2, -0.5, True),
    ],
)
def test_a_floor_is_kept_at_itself(tmp_path, name, value, floor, ok):
    """What is just reached is reached: a floor for what grows better, a ceiling for a loss."""
    (verdict,) = scores.judge(measured(tmp_path, **{name: value}), {name: floor})
    assert (verdict.gate, verdict.ok, verdict.measured, verdict.limit) == (f"scores.{name}", ok, value, floor)
    assert ("keeps" if ok else "misses") in verdict.reason
    assert ("ceiling" if name == "rmse" else "floor") in verdict.reason


@pytest.mark.parametrize("limit", [None, {}, 0.5])
def test_without_floors_there_is_nothing_to_judge(tmp_path, limit: Limit):
    """No verdict, and the manifest is not even opened."""
    run = measured(tmp_path, roc_auc=0.5)
    (tmp_path / "manifest.json").unlink()
    assert scores.judge(run, limit) == ()


def test_each_floor_has_its_verdict(tmp_path):
    """In the order of the spec, with the figures of the manifest as raw ones."""
    found = scores.judge(measured(tmp_path, roc_auc=0.8, log_loss=0.4), {"log_loss": 0.5, "roc_auc": 0.9})
    assert [(verdict.gate, verdict.ok) for verdict in found] == [("scores.log_loss", True), ("scores.roc_auc", False)]
    assert found[0].raw == {"metric": "log_loss", "value": 0.4, "rows": "test", "n": 9}


def test_out_of_fold_scores_keep_no_floor(tmp_path):
    """A metric that is there out of fold only is not computed on test, and that is an error."""
    with pytest.raises(SpecError, match="'f1' is not computed on the test part\\n  computed: roc_auc, log_loss"):
        scores.judge(measured(tmp_path, roc_auc=0.8, log_loss=0.4), {"f1": 0.1})
    with pytest.raises(SpecError, match="did you mean 'roc_auc'"):
        scores.judge(measured(tmp_path, roc_auc=0.8), {"roc_acu": 0.1})


def test_a_floor_for_a_score_without_a_value_is_refused(tmp_path):
    """R17: a bundle that is measured again says why there is nothing to compare."""
    run = measured(tmp_path, roc_auc=0.8)
    told = {"metric": "roc_auc", "value": None, "rows": "test", "n": 9, "reason": "all 9 rows have the same label"}
    (tmp_path / "manifest.json").write_text(json.dumps({"scores": [told]}))
    with pytest.raises(DataError, match="roc_auc has no value on the test part: all 9 rows"):
        scores.judge(run, {"roc_auc": 0.5})
