"""Numbers as scikit-learn has them."""

from __future__ import annotations

import numpy as np
import pytest

from automl.sklearn import AutoMLRegressor
from automl.sklearn.regressor import AutoMLRegressor as Home
from tests.sklearn.conftest import CHEAP


def test_numbers_come_back(regressor, frame):
    """One float for each row; without labels there are no classes and without costs no verdict."""
    assert Home is AutoMLRegressor
    found = regressor.predict(frame.drop("amount"))
    assert found.dtype == np.float64
    assert found.shape == (frame.height,)
    assert not hasattr(regressor, "classes_")
    assert regressor.verdict_ is None


def test_costs_ask_for_another_number(frame):
    """`predict` is the expected number, `decide` a larger one where too little is dear."""
    x, y = frame.drop("amount"), frame["amount"]
    model = AutoMLRegressor(costs={"under": 9, "over": 1}, **CHEAP).fit(x, y)
    assert (model.decide(x)["decision"].to_numpy() > model.predict(x)).mean() > 0.9


def test_infinite_and_missing_targets_are_refused(frame):
    """As all of scikit-learn does."""
    y = frame["amount"].to_numpy().copy()
    y[3] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        AutoMLRegressor(**CHEAP).fit(frame.drop("amount"), y)
