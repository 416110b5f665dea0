"""The whole path with resampled rows: money and probabilities of the real world."""

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide
from automl.spec import parse

RATE = 0.04  # what `donors` come to in 4,000,000 rows


def donors(n: int, *, seed: int) -> pl.DataFrame:
    """As they are: few give."""
    rng = np.random.default_rng(seed)
    zeal, other = rng.normal(size=n), rng.normal(size=n)
    gave = rng.random(n) < 1 / (1 + np.exp(3.8 - 1.2 * zeal))
    return pl.DataFrame({"zeal": zeal, "other": other, "gave": gave.astype(np.int64)})


def balanced(n: int, *, seed: int) -> pl.DataFrame:
    """As many who gave as who did not."""
    every = donors(60 * n, seed=seed)
    return pl.concat([every.filter(pl.col("gave") == label).head(n // 2) for label in (0, 1)])


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Learned and judged on balanced rows alone."""
    spec = parse(
        {
            "objective": {
                "target": "gave",
                "positive": 1,
                "base_rate": RATE,
                "costs": {"false_positive": 1, "false_negative": 0, "true_positive": -14},
            },
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    out = tmp_path_factory.mktemp("rate") / "donors.bundle"
    return fit(spec, train=balanced(4_000, seed=0), test=balanced(4_000, seed=1), out=out, write_anyway=True)


def test_probabilities_and_money_are_those_of_the_real_world(fitted):
    """On 200,000 rows as they are: the mean probability, and what a decision costs, against what the verdict says."""
    real = donors(200_000, seed=3)
    found, gave = Bundle.load(fitted.path).predict(real), real["gave"].to_numpy()
    assert found["probability"].mean() == pytest.approx(gave.mean(), rel=0.1)  # not corrected it would be 0.3
    act = (found["decision"] == "1").to_numpy()
    really = 1_000 * np.where(act, np.where(gave == 1, -14.0, 1.0), 0.0).mean()
    halves = abs(fitted.verdict.high - fitted.verdict.low) / 2
    assert fitted.verdict.ours == pytest.approx(really, abs=halves)
    always = next(policy.cost for policy in fitted.verdict.policies if policy.action == "1")
    assert always == pytest.approx(1_000 * (1 - 15 * RATE))
    assert 0.05 < act.mean() < 0.6


def test_the_card_says_so_and_the_evidence_keeps_it(fitted, tmp_path):
    """Other costs are counted on the same weights."""
    verify(fitted.path)
    card = (fitted.path / "card.md").read_text()
    assert "positives, which the spec states" in card
    assert "rows of train and test are each weighted to the real share" in card
    same = decide(fitted.path, [], tmp_path / "same.bundle", write_anyway=True)
    assert Bundle.load(same.path).manifest.verdict == Bundle.load(fitted.path).manifest.verdict
