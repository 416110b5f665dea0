"""The whole path with floors that the decisions have to keep."""

import json

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.errors import LimitRefusal, SpecError
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide
from automl.report.text import render_fit
from automl.spec import parse


def payments(n: int, *, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    hour = rng.uniform(0, 24, n)
    fraud = rng.random(n) < 1 / (1 + np.exp(6 - 0.5 * hour))
    return pl.DataFrame({"hour": hour, "times": rng.integers(1, 3, n), "fraud": np.where(fraud, "yes", "no")})


def made(out, *, require, **data):
    spec = parse(
        {
            "objective": {
                "target": "fraud",
                "positive": "yes",
                "costs": {"false_positive": 1, "false_negative": 3},
                "require": require,
            },
            "data": data,
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    return fit(spec, train=payments(2_000, seed=0), test=payments(2_000, seed=1), out=out, write_anyway=True)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Costs alone would act from 0.25 on; the floor holds that back."""
    return made(tmp_path_factory.mktemp("require") / "a.bundle", require={"precision": "85%"})


def precision(bundle: Bundle, frame: pl.DataFrame) -> float:
    act = (bundle.predict(frame)["decision"] == "yes").to_numpy()
    return float((frame["fraud"] == "yes").to_numpy()[act].mean())


def test_the_floor_is_kept_and_told(fitted):
    """On fresh rows, in the terminal and on the card, where the test part says what it came to."""
    verify(fitted.path)
    assert 0.85 <= precision(fitted.bundle, payments(50_000, seed=5)) < 0.93
    test = precision(fitted.bundle, payments(2_000, seed=1))
    score = next(score for score in fitted.judgement.scores if score.metric == "precision, promised 85%")
    assert score.value == pytest.approx(test)
    assert "precision, promised 85%" in render_fit(fitted)
    assert "was promised with a confidence of 95%" in (fitted.path / "card.md").read_text()


def test_another_floor_takes_no_fit(fitted, tmp_path):
    """With the same one the graph decides the same; a lower one acts on more rows; an impossible one is refused."""
    same = decide(fitted.path, [], tmp_path / "same.bundle", write_anyway=True)
    old, new = Bundle.load(fitted.path).manifest, Bundle.load(same.path).manifest
    assert new.verdict == old.verdict
    assert sorted(new.scores, key=str) == sorted(old.scores, key=str)
    fresh = payments(5_000, seed=6)
    lower = decide(fitted.path, ["objective.require.precision=70%"], tmp_path / "lower.bundle", write_anyway=True)
    counts = [(Bundle.load(path).predict(fresh)["decision"] == "yes").sum() for path in (fitted.path, lower.path)]
    assert counts[0] < counts[1]
    with pytest.raises(LimitRefusal, match=r"precision of 0.9999 cannot be promised"):
        decide(fitted.path, ["objective.require.precision=99.99%"], tmp_path / "no.bundle")


def test_a_floor_that_cannot_be_promised_leaves_a_story_and_no_bundle(tmp_path):
    """Exit 4, with the nearest value that can be promised."""
    with pytest.raises(LimitRefusal, match="cannot be promised") as error:
        made(tmp_path / "b.bundle", require={"precision": "99.9%", "recall": "90%"})
    assert "The nearest that can be promised (each alone): precision of 0." in error.value.hint
    assert not (tmp_path / "b.bundle").exists()
    story = json.loads((tmp_path / "b.run" / "refusal.json").read_text())
    assert story["exit_code"] == 4
    assert "cannot be promised" in story["reasons"][0]
    assert "cannot be promised" in (tmp_path / "b.run" / "refusal.md").read_text()


@pytest.mark.parametrize(
    ("require", "told"),
    [({"confidence": 0.9}, "there is no floor"), ({"automated": 0.9}, "without a review every row is decided")],
)
def test_a_floor_without_meaning_is_told_before_the_search(tmp_path, require, told):
    """With its place."""
    with pytest.raises(SpecError, match=told) as error:
        made(tmp_path / "c.bundle", require=require)
    assert "objective.require" in str(error.value)


def test_weighted_rows_are_refused(tmp_path):
    """An exact binomial test counts rows one by one."""
    with pytest.raises(SpecError, match="counts rows one by one"):
        made(tmp_path / "d.bundle", require={"precision": 0.8}, weight="times")
