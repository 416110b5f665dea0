"""The whole path with a third answer: a person looks at the row."""

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.pipeline.fit import fit
from automl.spec import parse


def payments(n: int, *, seed: int) -> pl.DataFrame:
    """Frauds by an odd hour; one amount in ten is not known."""
    rng = np.random.default_rng(seed)
    hour, amount = rng.uniform(0, 24, n), rng.gamma(2.0, 20.0, n)
    fraud = rng.random(n) < 1 / (1 + np.exp(3 - 0.25 * hour))
    return pl.DataFrame(
        {
            "hour": hour,
            "amount": [None if gap else value for gap, value in zip(rng.random(n) < 0.1, amount, strict=True)],
            "fraud": np.where(fraud, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A fit whose unknown amounts go to a person."""
    spec = parse(
        {
            "objective": {
                "target": "fraud",
                "positive": "yes",
                "names": {"act": "block", "pass": "let through", "review": "ask"},
                "costs": {"false_positive": 4, "false_negative": "amount * 0.8", "missing": "review"},
                "review": {"cost": 1.0, "error": "5%"},
            },
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    out = tmp_path_factory.mktemp("review") / "payments.bundle"
    return fit(spec, train=payments(900, seed=0), test=payments(1_100, seed=1), out=out, write_anyway=True)


def test_the_bundle_asks_where_that_costs_least(fitted):
    """By brute force from its own probabilities; an unknown amount is always asked about."""
    verify(fitted.path)
    test = payments(1_100, seed=1)
    found = Bundle.load(fitted.path).predict(test)
    p, loss = found["probability"].to_numpy(), 0.8 * test["amount"].fill_null(np.nan).to_numpy()
    review = 1.0 + (1 - p) * 0.05 * 4 + p * 0.05 * loss
    each = np.column_stack((p * loss, (1 - p) * 4, review))
    unknown = np.isnan(loss)
    expected = np.where(unknown, 2, np.where(np.isnan(each), np.inf, each).argmin(axis=1))
    names = np.array(["let through", "block", "ask"])
    assert found["decision"].to_list() == names[expected].tolist()
    assert len(set(found["decision"])) == 3
    assert found["expected_cost"].to_numpy()[~unknown] == pytest.approx(each.min(axis=1)[~unknown])


def test_the_story_says_how_often_it_asks(fitted):
    """In the terminal and on the card."""
    from automl.report.text import render_fit

    assert "review 1" in render_fit(fitted)
    assert "'ask' on" in " ".join(render_fit(fitted).split())
    assert "'ask' on" in (fitted.path / "card.md").read_text()
