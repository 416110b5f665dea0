"""The whole path on a small table: a bundle with its proof, or a refusal with its reason."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import automl
from automl.errors import BundleError, LimitRefusal, VerdictRefusal
from automl.pipeline.fit import fit
from automl.spec import parse

SMALL = {"time": "5min", "trials": 2, "executor": "inline", "workers": 1}
COSTS = {"false_positive": 1, "false_negative": 5}
WHOLE = {"folds": 3, "learners": ["constant", "linear", "lightgbm"]}  # a recipe with the feature search


def loans(n: int = 500, *, signal: float = 3.0, seed: int = 0) -> pl.DataFrame:
    """Rows whose target depends on an amount and a word; with `signal` 0 it depends on nothing."""
    rng = np.random.default_rng(seed)
    amount, word = rng.normal(size=n), rng.choice(["car", "house", "boat"], size=n)
    odds = signal * (amount + (word == "boat")) - 1
    bad = rng.random(n) < 1 / (1 + np.exp(-odds))
    noise = rng.normal(size=n)
    return pl.DataFrame({"amount": amount, "for": word, "noise": noise, "bad": np.where(bad, "yes", "no")})


def spec_of(**more):
    """A small spec that follows counted work, in this process."""
    return parse(
        {
            "objective": {"target": "bad", "positive": "yes", **more.pop("objective", {})},
            "budget": SMALL,
            "recipe": {**WHOLE, "feature_search": 0.0},
            **more,
        }
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """One fit with costs, and the events it told."""
    told = []
    place = tmp_path_factory.mktemp("fit") / "loans.bundle"
    spec = spec_of(objective={"costs": COSTS}, recipe=WHOLE)
    return fit(spec, train=loans(), test=loans(300, seed=1), out=place, listener=told.append), told


def test_the_bundle_is_written_and_verifies(fitted):
    """What comes out passes the check of anyone who receives it."""
    from automl.bundle.verify import verify

    done, _ = fitted
    assert done.exit_code == 0
    assert verify(done.path).golden_rows > 0


def test_what_was_judged_is_what_ships(fitted):
    """The score in the manifest is that of the bundle's own answers on the test part."""
    from automl import metrics

    done, _ = fitted
    test = loans(300, seed=1)
    prediction = done.bundle.predict(test.drop("bad"))["probability"].to_numpy()[:, None]
    y = (test["bad"] == "yes").cast(pl.Float64).to_numpy()
    told = next(score for score in done.judgement.scores if score.metric == "roc_auc" and score.rows == "test")
    assert metrics.score(metrics.get("roc_auc"), y, prediction) == told.value
    assert told.low < told.value < told.high


def test_the_verdict_counts_the_bundles_own_decisions(fitted):
    """The cost per 1,000 test rows in the verdict is what the bundle's decisions cost, row by row."""
    done, _ = fitted
    test = loans(300, seed=1)
    act = (done.bundle.predict(test)["decision"] == "yes").to_numpy()
    bad = (test["bad"] == "yes").to_numpy()
    assert done.verdict.test_ours == pytest.approx(1000 * np.mean(np.where(bad, ~act * 5, act * 1)))
    assert done.verdict.worth


def test_the_run_tells_what_it_does(fitted):
    """Each stage says so in order, and the trials carry their scores, the best ones what they would save."""
    _, told = fitted
    stages = list(dict.fromkeys(event.stage for event in told))
    assert [stage for stage in stages if stage != "audit"] == [
        "read", "split", "features", "search", "refit", "decide", "report", "bundle", "gates", "done",
    ]  # fmt: skip
    assert any("score" in event.facts for event in told)
    assert any(event.facts.get("money", 0) > 0 for event in told)


def test_a_member_that_the_graph_does_not_compute_stays_out(tmp_path, monkeypatch):
    """B13, R11: a library whose own scores are others than its trees give costs its member, and not the bundle."""
    from automl.search.worker import fold_fit

    kept = fold_fit._kept

    def doubtful(model, member, parity):
        found = kept(model, member, parity)
        return replace(found, native=found.native + 0.5) if member.learner == "lightgbm" else found

    monkeypatch.setattr(fold_fit, "_kept", doubtful)
    told = []
    done = fit(spec_of(), train=loans(), test=loans(300, seed=1), out=tmp_path / "x.bundle", listener=told.append)
    learners = {member.learner for member in done.bundle.manifest.members}
    assert learners == {"linear"}
    assert any("left out" in event.text and "(lightgbm): the raw score differs by" in event.text for event in told)
    assert {number for number, _ in done.board.weights} == {
        trial.id for trial in done.board.trials if trial.learner == "linear"
    }
    oof = next(score for score in done.judgement.scores if (score.metric, score.rows) == ("roc_auc", "oof"))
    assert oof.value > 0.8


def test_no_sound_member_is_no_bundle(tmp_path, monkeypatch):
    """B13: where every member differs from its library, exit 7 and nothing at the place."""
    from automl.search.worker import fold_fit

    kept = fold_fit._kept
    monkeypatch.setattr(fold_fit, "_kept", lambda *given: replace(kept(*given), native=kept(*given).native + 0.5))
    with pytest.raises(BundleError, match="the raw score differs") as refused:
        fit(spec_of(), train=loans(), out=tmp_path / "x.bundle")
    assert refused.value.exit_code == 7
    assert not (tmp_path / "x.bundle").exists()


def test_a_limit_that_fails_leaves_no_bundle_and_a_reason(tmp_path):
    """R16: a microsecond is impossible; exit 4, nothing at the place, and what was measured beside the limit."""
    place = tmp_path / "loans.bundle"
    with pytest.raises(LimitRefusal, match="latency_p99") as refused:
        fit(spec_of(limits={"latency_p99": "1us"}), train=loans(), out=place, write_anyway=True)
    assert refused.value.exit_code == 4
    assert {path.name for path in tmp_path.iterdir()} == {"loans.run"}
    document = json.loads((tmp_path / "loans.run" / "refusal.json").read_text())
    assert document["exit_code"] == 4
    assert "over the limit of 0.001 ms" in (tmp_path / "loans.run" / "refusal.md").read_text()


def test_a_model_that_saves_nothing_is_refused_unless_it_is_asked_for(tmp_path):
    """Without a signal there is nothing to save: exit 5, and with `write_anyway` a bundle that says so."""
    place = tmp_path / "loans.bundle"
    spec = spec_of(objective={"costs": COSTS})
    frames = {"train": loans(signal=0.0), "test": loans(300, signal=0.0, seed=1)}
    with pytest.raises(VerdictRefusal) as refused:
        fit(spec, **frames, out=place)
    assert refused.value.exit_code == 5
    assert not place.exists()
    done = fit(spec, **frames, out=place, write_anyway=True)
    assert done.exit_code == 5
    assert done.bundle.manifest.verdict.worth is False


@pytest.mark.parametrize(
    "made_by",
    [
        (("inline", 1), ("local", 2)),
        pytest.param((("inline", 1), ("local", 1), ("local", 2), ("local", 3)), marks=pytest.mark.slow),
    ],
    ids=["two ways", "all ways"],
)
def test_equal_input_gives_an_equal_bundle(tmp_path, made_by):
    """R12: the same data, seed and `budget.trials` give the same content hash, wherever and by how many it is made."""
    hashes = set()
    for executor, workers in made_by:
        budget = {"time": "10min", "trials": 6, "workers": workers, "executor": executor}
        spec = spec_of(budget=budget, recipe=WHOLE)
        made = fit(spec, train=loans(), out=tmp_path / f"{executor}-{workers}.bundle").bundle.manifest
        assert made.execution == {"executor": executor, "workers": workers}
        hashes.add(made.content_hash)
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], "int"), ([True, False], "bool"), (["no", "yes"], "str")],
    ids=["1/2", "True/False", "text"],
)
def test_decisions_come_back_in_the_targets_own_type(tmp_path, values, kind):
    """D21: a target of numbers, flags or words is decided in numbers, flags or words."""
    frame = loans(200).with_columns(pl.Series("bad", [values[word == "yes"] for word in loans(200)["bad"]]))
    spec = spec_of(objective={"positive": values[1]})
    done = fit(spec, train=frame, out=tmp_path / "loans.bundle")
    assert done.bundle.manifest.target.dtype == kind
    assert done.bundle.predict(frame)["decision"].dtype == frame["bad"].dtype


def test_several_classes_and_numbers_walk_the_same_path(tmp_path):
    """A multiclass target and a number end in bundles that answer for each class, and with a number."""
    frame = loans(300).with_columns(pl.col("amount").alias("price"), pl.col("for").alias("what"))
    spec = spec_of(objective={"target": "what", "positive": None, "task": "multiclass"}, data={"exclude": ["for"]})
    classes = fit(spec, train=frame.drop("price"), out=tmp_path / "what.bundle").bundle
    assert {"probability_car", "probability_house", "probability_boat", "decision"} <= set(classes.columns)
    spec = spec_of(objective={"target": "price", "positive": None}, data={"exclude": ["amount"]})
    numbers = fit(spec, train=frame.drop("what"), out=tmp_path / "price.bundle").bundle
    assert numbers.columns == ["prediction"]


def test_a_pandas_frame_is_scored_as_a_pandas_frame(fitted):
    """The same kind of frame comes back, rows in the order of the input."""
    done, _ = fitted
    frame = loans(20).to_pandas()
    frame.index = range(100, 120)
    scored = done.bundle.predict(frame)
    assert type(scored) is type(frame)
    assert list(scored.index) == list(frame.index)


def test_the_public_names_are_there():
    """About ten names, each importable from `automl`."""
    assert all(getattr(automl, name) is not None for name in automl.__all__)
    assert isinstance(automl.load_spec, type(fit))
    with pytest.raises(AttributeError, match="no attribute 'automl'"):
        _ = automl.automl


def test_something_else_at_the_place_is_not_replaced(tmp_path):
    """A folder that is no bundle stands at --out: the fit refuses before it searches."""
    place: Path = tmp_path / "precious"
    place.mkdir()
    (place / "thesis.doc").write_text("years of work")
    with pytest.raises(automl.AutomlError, match="is no bundle"):
        fit(spec_of(), train=loans(), out=place)
    assert (place / "thesis.doc").read_text() == "years of work"


def skewed(out, factor=1.0):
    """A fit to a skewed target in a unit."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = factor * 100 * np.exp(x[:, 0] + 0.3 * rng.normal(size=200))
    spec = {
        "objective": {"target": "y"},
        "budget": {"trials": 5, "executor": "inline"},
        "recipe": {"folds": 3},
        "report": {"html": False},
    }
    return fit(parse(spec), out=out, train=pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The fit in the target's own unit."""
    return skewed(tmp_path_factory.mktemp("skewed") / "here")


@pytest.mark.parametrize("factor", [2.0**-30, 2.0**30])
def test_the_unit_of_the_target_decides_nothing(tmp_path, here, factor):
    """A skewed target in another unit gives the same members, weights and predictions, in that unit."""
    there = skewed(tmp_path / "there", factor)
    assert there.board.weights == here.board.weights
    assert np.allclose(there.judgement.prediction, here.judgement.prediction * factor, rtol=1e-9, atol=0.0)


def test_a_warm_search_begins_with_what_was_best_before(fitted, tmp_path):
    """The manifest keeps the configurations that were tried, best first, and a later fit tries these before others."""
    done, _ = fitted
    tried = done.bundle.manifest.tried
    assert [one.loss for one in tried] == sorted(one.loss for one in tried)
    first = next(one for one in tried if one.learner == "lightgbm")
    spec = spec_of(recipe={"folds": 3, "learners": ["lightgbm"], "feature_search": 0.0}, budget={**SMALL, "trials": 1})
    again = fit(spec, train=loans(seed=2), test=loans(300, seed=3), out=tmp_path / "warm.bundle", warm_from=done.path)
    (own,) = [trial for trial in again.board.trials if trial.learner == "lightgbm"]
    assert own.params == first.params
