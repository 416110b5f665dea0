"""The whole path with a rule that is in use already."""

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.errors import SpecError
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide
from automl.report.text import render_fit
from automl.spec import parse


def payments(n: int, *, seed: int) -> pl.DataFrame:
    """Frauds by the hour; an old score, which is no feature, knows a little of them."""
    rng = np.random.default_rng(seed)
    hour = rng.uniform(0, 24, n)
    fraud = rng.random(n) < 1 / (1 + np.exp(6 - 0.5 * hour))
    old = np.clip(hour / 24 + rng.normal(0, 0.3, n), 0, 1)
    return pl.DataFrame({"hour": hour, "old": old, "fraud": np.where(fraud, "yes", "no")})


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A fit against an old score."""
    spec = parse(
        {
            "objective": {
                "target": "fraud",
                "positive": "yes",
                "costs": {"false_positive": 1, "false_negative": 2},
                "today": {"act": "old > 0.5"},
            },
            "data": {"exclude": ["old"]},
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    out = tmp_path_factory.mktemp("today") / "payments.bundle"
    return fit(spec, train=payments(800, seed=0), test=payments(1_200, seed=1), out=out, write_anyway=True)


def cost_of_rule(limit: float) -> float:
    test = payments(1_200, seed=1)
    act, fraud = (test["old"] > limit).to_numpy(), (test["fraud"] == "yes").to_numpy()
    return 1_000 * float(np.where(fraud, 2.0 * ~act, 1.0 * act).mean())


def test_the_model_has_to_beat_the_rule(fitted):
    """The saving is against the rule, which is counted by hand here; rows are scored without its column."""
    verify(fitted.path)
    assert fitted.verdict.best == "today's rule"
    assert fitted.verdict.saving == pytest.approx(cost_of_rule(0.5) - fitted.verdict.ours)
    assert fitted.verdict.worth
    assert Bundle.load(fitted.path).needed == ["hour"]
    assert Bundle.load(fitted.path).predict(payments(5, seed=2).drop("old", "fraud")).height == 5


def test_terminal_and_card_tell_the_rule(fitted):
    """What it says, and what it costs."""
    told = render_fit(fitted)
    assert "Today's rule acts where old > 0.5." in told
    assert "today's rule" in told
    assert "today's rule: act where old &gt; 0.5" in (fitted.path / "card.md").read_text()


def test_other_costs_and_another_rule_are_compared_without_a_fit(fitted, tmp_path):
    """The evidence has the rule's column, and the new bundle keeps it; a cost cannot name it, for no graph reads it."""
    same = decide(fitted.path, [], tmp_path / "same.bundle")
    assert Bundle.load(same.path).manifest.verdict == Bundle.load(fitted.path).manifest.verdict
    other = decide(same.path, ["objective.today.act=old > 0.6"], tmp_path / "other.bundle", write_anyway=True)
    rule = next(policy for policy in other.verdict.policies if policy.rule)
    assert (rule.rule, rule.cost) == ("old > 0.6", pytest.approx(cost_of_rule(0.6)))
    with pytest.raises(SpecError, match="the graph in the bundle does not read the column 'old'"):
        decide(fitted.path, ["objective.costs.false_negative=old * 3"], tmp_path / "no.bundle")
