"""The figures of the money table are what anyone would count by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.bench.money import count_money, normalised, tuned_threshold
from automl.bundle.read import Bundle
from automl.data.rows import Rows
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.pipeline.fit import fit
from automl.spec import parse


def loans(n: int, *, seed: int) -> pl.DataFrame:
    """Bad loans by an odd column; one amount in ten is not known, and gifts only of those who are bad."""
    rng = np.random.default_rng(seed)
    odd, amount = rng.normal(size=n), rng.gamma(2.0, 5.0, n)
    bad = rng.random(n) < 1 / (1 + np.exp(1 - 2 * odd))
    unknown = rng.random(n) < 0.1
    return pl.DataFrame(
        {
            "odd": odd,
            "amount": [None if gap else value for gap, value in zip(unknown, amount, strict=True)],
            "bad": np.where(bad, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A miss costs the amount of the row, an alarm 2; the data lies in files, as that of a benchmark does."""
    folder = tmp_path_factory.mktemp("money")
    loans(500, seed=0).write_parquet(folder / "train.parquet")
    loans(400, seed=1).write_parquet(folder / "test.parquet")
    spec = parse(
        {
            "objective": {
                "target": "bad",
                "positive": "yes",
                "costs": {"false_positive": 2, "false_negative": "amount"},
            },
            "data": {part: str(folder / f"{part}.parquet") for part in ("train", "test")},
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    return fit(spec, out=folder / "loans.bundle", write_anyway=True).path


def test_every_policy_is_counted_as_by_hand(bundle):
    """A positive row without its amount is left out; a negative one is not, for nobody needs its amount."""
    test = loans(400, seed=1)
    found = count_money(bundle)
    bad, amount = (test["bad"] == "yes").to_numpy(), test["amount"].fill_null(np.nan).to_numpy()
    known = ~(bad & np.isnan(amount))
    assert (found["rows"], found["left_out"]) == (known.sum(), (~known).sum())
    assert found["left_out"] > 0
    answers = Bundle.load(bundle).predict(test)
    acts = {
        "never": np.zeros(400, bool),
        "always": np.ones(400, bool),
        "at_half": answers["probability"].to_numpy() > 0.5,
        "tuned": answers["probability"].to_numpy() > found["tuned_threshold"],
        "ours": (answers["decision"] == "yes").to_numpy(),
    }
    for name, act in acts.items():
        cost = np.where(bad, np.where(act, 0.0, amount), np.where(act, 2.0, 0.0))
        assert found[name] == pytest.approx(cost[known].mean()), name
    assert found["truth"] == 0.0
    assert normalised(found) == pytest.approx(1 - found["ours"] / min(found["never"], found["always"]))


def test_the_tuned_threshold_is_the_best_there_is():
    """No other threshold costs less on these rows; equal scores are acted on together."""
    rng = np.random.default_rng(3)
    p = np.round(rng.random(300), 1)
    y = (rng.random(300) < p).astype(float)
    costs = CostMatrix(
        actions=("no", "yes"), matrix=np.array([[0.0, 1.0], [3.0, 0.5]]), cells=BINARY_CELLS, currency="", given=True
    )
    nothing = pl.DataFrame({"": np.zeros(300)})
    rows = Rows(frame=nothing, raw=nothing, y=y)

    def cost(threshold: float) -> float:
        return float(costs.matrix[y.astype(int), (p > threshold).astype(int)].mean())

    found = tuned_threshold(p, rows, costs)
    assert cost(found) == min(cost(threshold) for threshold in np.linspace(-0.05, 1.05, 23))
