"""Labels as scikit-learn has them: their type, their order, probabilities beside each, decisions apart."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.bundle.unlike import UnlikeTrainingWarning
from automl.errors import SpecError
from automl.sklearn import AutoMLClassifier
from automl.sklearn.classifier import AutoMLClassifier as Home
from tests.sklearn.conftest import CHEAP


def test_labels_and_probabilities_go_together(classifier, frame, labels):
    """Each row gets the likeliest of `classes_`; the probabilities stand in that order and sum to 1."""
    assert Home is AutoMLClassifier
    assert classifier.classes_.tolist() == ["lost", "paid"]
    p = classifier.predict_proba(frame)
    assert p.shape == (len(labels), 2)
    assert p.sum(axis=1) == pytest.approx(1)
    assert (classifier.predict(frame) == classifier.classes_[p.argmax(axis=1)]).all()
    assert classifier.score(frame, labels) > 0.7


def test_decisions_are_not_predictions(classifier, frame):
    """`decide` follows the money, row by row, where `predict` follows the probability."""
    decided = classifier.decide(frame)
    assert {"decision", "expected_cost", "probability"} <= set(decided.columns)
    assert set(decided["decision"]) == {"lost", "paid"}
    assert (decided["decision"].to_numpy() != classifier.predict(frame)).any()
    assert classifier.verdict_ is not None
    assert classifier.board_.trials


@pytest.mark.parametrize(
    ("values", "positive"),
    [((False, True), None), ((-1, 1), -1), ((1.0, 2.0), None), (("no way", "yes"), "no way")],
)
def test_labels_keep_their_type(values, positive, frame):
    """Flags, numbers and texts come back as they went in, whichever of them money hangs on."""
    y = np.array(values)[(frame["size"].fill_nan(0) > 0).cast(int).to_numpy()]
    model = AutoMLClassifier(positive=positive, **CHEAP).fit(frame, y)
    assert model.classes_.dtype == y.dtype
    assert model.predict(frame).dtype == y.dtype
    assert (model.predict(frame) == y).mean() > 0.9
    told = model.bundle_.manifest.target.values[-1]
    assert told == (values[1] if positive is None else positive)


def test_a_rare_label_has_its_column(frame):
    """Several labels, one of them in so few rows that the test part may take them all: still a column of its own."""
    y = np.array(["a", "b"] * (frame.height // 2), dtype=object)
    y[:2] = "rare"
    model = AutoMLClassifier(**CHEAP).fit(frame, y)
    assert model.predict_proba(frame).shape == (frame.height, 3)
    assert model.predict_proba(frame).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (["a"] * 160, "one class"),
        (["a", " a"] * 80, "differ by more than blanks"),
        (["", "a"] * 80, "none may be empty"),
        ([0.5, 0.1, 0.9, 0.7] * 40, "continuous"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(y, says, frame):
    """One class, labels that are one to the engine, and numbers that are no labels are a ValueError."""
    with pytest.raises(ValueError, match=says):
        AutoMLClassifier(**CHEAP).fit(frame, y)


def test_a_wrong_parameter_is_told_in_the_engines_words(frame, labels):
    """A `SpecError` that is a ValueError, with the nearest right name."""
    with pytest.raises(SpecError, match="did you mean 'latency_p99'") as caught:
        AutoMLClassifier(limits={"latncy_p99": "2ms"}, **CHEAP).fit(frame, labels)
    assert isinstance(caught.value, ValueError)


def test_costs_of_rows_are_arguments(frame, labels):
    """A cost that stands beside X is no feature: `predict` needs none, `decide` takes those of its own rows."""
    x, due = frame.drop("amount"), frame.select(due="amount")
    costs = {"false_positive": 30, "false_negative": "due"}
    model = AutoMLClassifier(costs=costs, **CHEAP).fit(x, labels, row_costs=due)
    assert model.n_features_in_ == 3
    cheap = model.decide(x, row_costs=pl.DataFrame({"due": [0.01] * x.height}))
    with pytest.warns(UnlikeTrainingWarning, match="'due' lies far beyond"):
        dear = model.decide(x, row_costs=pl.DataFrame({"due": [1e6] * x.height}))
    assert set(cheap["decision"]) == {"lost"}
    assert set(dear["decision"]) == {"paid"}
    assert cheap["probability"].equals(dear["probability"])
    assert (model.predict_proba(x)[:, 1] == dear["probability"].to_numpy()).all()
    with pytest.warns(UnlikeTrainingWarning, match="'due' has no value in any row"):
        assert model.decide(x).height == x.height
