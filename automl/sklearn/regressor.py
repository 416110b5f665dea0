"""The estimator of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from automl.sklearn.base import AutoML
from automl.sklearn.tables import Beside, features_of, target_of


class AutoMLRegressor(RegressorMixin, AutoML):  # type: ignore[misc]  # scikit-learn has no types
    """A regressor found within `time`; the number of smallest expected cost is given by `decide`.

    Parameters and what stands after `fit` are those of `AutoMLClassifier`, without labels.
    """

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, row_costs: Any = None
    ) -> AutoMLRegressor:
        """Search and measure; y [n] are numbers, the rest is as for `AutoMLClassifier.fit`."""
        rows = features_of(self, X, reset=True)
        beside = Beside(weight=sample_weight, groups=groups, row_costs=row_costs)
        self._fit(rows, target_of(self, y, np.float64), "regression", beside)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The number that is expected for each row [n]."""
        return np.asarray(self._answers(X)["prediction"].to_numpy())
