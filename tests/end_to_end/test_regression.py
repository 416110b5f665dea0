"""The whole path for a number: prediction, interval and decision, in the bundle, in score.py and on the card."""

import csv
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from automl.errors import SpecError
from automl.pipeline.fit import Fit, fit
from automl.spec import parse

COSTS = {"under": 5, "over": 2, "currency": "EUR"}
COLUMNS = ["prediction", "prediction_low", "prediction_high", "decision", "expected_cost"]


def sales(n: int, *, seed: int) -> pl.DataFrame:
    """Bread sold by weather and day; on a good day it is harder to foresee."""
    rng = np.random.default_rng(seed)
    sun, day = rng.uniform(0, 10, n), rng.choice(["Mon", "Sat", "Sun"], n)
    mean = 20 + 5 * sun + 30 * (day == "Sat")
    return pl.DataFrame({"sun": sun, "day": day, "sold": mean + 0.1 * mean * rng.normal(size=n)})


def spec_of(**objective):
    return parse(
        {
            "objective": {"target": "sold", "task": "regression", **objective},
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> Fit:
    place = tmp_path_factory.mktemp("fit") / "bread.bundle"
    return fit(spec_of(interval="90%", costs=COSTS), train=sales(1_500, seed=0), test=sales(1_200, seed=1), out=place)


def test_the_bundle_answers_with_interval_and_decision(fitted):
    """The columns are numbers; 5 : 2 decides above the prediction, and the interval holds what the manifest says."""
    test = sales(1_200, seed=1)
    answers = fitted.bundle.predict(test)
    assert answers.columns == COLUMNS
    assert set(answers.dtypes) == {pl.Float64}
    assert (answers["decision"] > answers["prediction"]).all()
    held = test["sold"].is_between(answers["prediction_low"], answers["prediction_high"]).mean()
    told = {score.metric: score for score in fitted.bundle.manifest.scores if score.rows == "test"}
    assert told["coverage of 90%"].value == pytest.approx(held)
    assert held == pytest.approx(0.9, abs=0.04)
    width = (answers["prediction_high"] - answers["prediction_low"]).mean()
    assert told["interval width"].value == pytest.approx(width)


def test_the_verdict_counts_the_bundles_own_decisions(fitted):
    """The cost per 1,000 test rows is that of `decision`, row by row."""
    test = sales(1_200, seed=1)
    short = (test["sold"] - fitted.bundle.predict(test)["decision"]).to_numpy()
    assert fitted.verdict.worth
    assert fitted.verdict.ours == pytest.approx(1_000 * np.mean(np.where(short > 0, 5 * short, -2 * short)))


def test_one_row_and_score_py_answer_alike(fitted, tmp_path):
    """`decide` and the scorer that needs numpy and onnxruntime alone give the numbers of `predict`."""
    test = sales(50, seed=2)
    expected = fitted.bundle.predict(test)
    assert list(fitted.bundle.decide(test.row(0, named=True)).values()) == pytest.approx(expected.row(0), rel=1e-9)
    test.write_csv(tmp_path / "rows.csv")
    command = [sys.executable, "-P", fitted.path / "score.py", tmp_path / "rows.csv", "-o", tmp_path / "scored.csv"]
    subprocess.run(command, check=True)
    with (tmp_path / "scored.csv").open(newline="") as file:
        scored = list(csv.DictReader(file))
    assert list(scored[0]) == COLUMNS
    for name in COLUMNS:
        assert [float(row[name]) for row in scored] == pytest.approx(expected[name].to_list(), rel=1e-9)


def test_no_rows_have_no_answers_and_the_golden_rows_verify(fitted):
    """An empty frame keeps its columns and types; missing cells have a decision that replays."""
    from automl.bundle.verify import verify

    assert fitted.bundle.predict(sales(0, seed=1)).dtypes == [pl.Float64] * len(COLUMNS)
    assert verify(fitted.path).golden_rows > 0


def test_the_card_and_the_terminal_tell_what_is_promised(fitted):
    """What the interval holds, what a unit costs, and what was saved."""
    from automl.report.text import render_fit

    card = (fitted.path / "card.md").read_text()
    assert "90% of the truths are promised to lie between" in card
    assert "costs least on average" in card
    told = render_fit(fitted)
    assert "coverage of 90%" in told
    assert "Each unit costs EUR: under 5, over 2." in told


def test_costs_of_another_task_are_refused_before_the_search(tmp_path):
    """Nobody waits for a search to be told of a slip in the spec."""
    events = []
    with pytest.raises(SpecError, match="its costs are under and over"):
        fit(
            spec_of(costs={"false_positive": 1, "false_negative": 5}),
            train=sales(100, seed=0),
            out=tmp_path / "bread.bundle",
            listener=events.append,
        )
    assert "search" not in {event.stage for event in events}


def test_a_unit_costs_what_its_row_says(tmp_path):
    """Too little costs the row's own margin, kept beside the features: decided, judged and decided anew by it."""
    from automl.pipeline.redecide import decide

    def priced(n: int, seed: int) -> pl.DataFrame:
        margin = np.random.default_rng(seed + 9).choice([0.5, 20.0, np.nan], n, p=[0.45, 0.45, 0.1])
        return sales(n, seed=seed).with_columns(pl.Series("margin", margin).fill_nan(None))

    spec = parse(
        {
            "objective": {
                "target": "sold",
                "task": "regression",
                "costs": {"under": "margin", "over": 2, "missing": "mean"},
            },
            "data": {"exclude": ["margin"]},
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    done = fit(spec, train=priced(900, 0), test=priced(1_100, 1), out=tmp_path / "bread.bundle")
    test = priced(1_100, 1)
    answers, margin, sold = done.bundle.predict(test), test["margin"].to_numpy(), test["sold"].to_numpy()
    above = (answers["decision"] - answers["prediction"]).to_numpy()
    assert above[margin == 20.0].min() > 0 > above[margin == 0.5].max()
    off, known = sold - answers["decision"].to_numpy(), np.isfinite(margin)
    cost = np.where(off > 0, margin * off, -2 * off)
    assert done.verdict.ours == pytest.approx(1_000 * cost[known].mean())
    assert (done.verdict.unpriced, done.verdict.test_rows) == ((~known).sum(), known.sum())
    assert done.verdict.amounts[0].formula == "margin"
    again = decide(done.path, ["objective.costs.under=margin / 10"], tmp_path / "less.bundle", write_anyway=True)
    assert (again.path / "card.md").is_file()
    refusing = decide(done.path, ["objective.costs.missing=refuse"], tmp_path / "no.bundle", write_anyway=True)
    assert refusing.verdict.ours == pytest.approx(done.verdict.ours)
