"""The estimator of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from automl.data.spelling import spelled
from automl.progress import Listener
from automl.sklearn.base import AutoML
from automl.sklearn.tables import Beside, features_of, target_of, weights_of

TWO = 2  # labels make a binary problem


class AutoMLClassifier(ClassifierMixin, AutoML):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier found within `time`: calibrated probabilities, labels of `classes_`, and decisions by `decide`.

    `costs`, `limits` and `metric` are as in a spec (``objective.costs``, ``limits``, ``objective.metric``), `positive`
    is the label that money hangs on (by default the second of `classes_`), `recipe` a recipe's name or its keys,
    `random_state` the seed (None is 0), `n_jobs` how many trials run at a time (None: the engine's two). `spec` is
    everything else, in the shape of the TOML: ``{"budget": {"trials": 20}}``. `listener` is called with each `Event`.

    After `fit`: `bundle_`, the opened bundle; `board_`, all trials; `verdict_`, the money, None without costs;
    `classes_`, `n_features_in_`, and of frames `feature_names_in_`. A model that is not shown to pay is kept all the
    same, and `verdict_` says so; a limit that cannot be kept raises `LimitRefusal`.
    """

    classes_: NDArray[Any]

    def __init__(
        self,
        *,
        time: str | float = "60s",
        costs: Mapping[str, Any] | None = None,
        limits: Mapping[str, Any] | None = None,
        recipe: str | Mapping[str, Any] = "balanced",
        positive: Any = None,
        metric: str | Callable[..., float] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        spec: Mapping[str, Mapping[str, Any]] | None = None,
        listener: Listener | None = None,
    ) -> None:
        super().__init__(
            time=time,
            costs=costs,
            limits=limits,
            recipe=recipe,
            metric=metric,
            random_state=random_state,
            n_jobs=n_jobs,
            spec=spec,
            listener=listener,
        )
        self.positive = positive

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, row_costs: Any = None
    ) -> AutoMLClassifier:
        """Search and measure. X [n, p] is a polars, pandas or arrow frame, an array or sparse, y [n] are labels.

        `sample_weight` [n] weighs rows, for fitting and for every figure; rows of one of the `groups` [n] are never
        split; `row_costs` has columns that `costs` names and X lacks: a frame [n, k], or an array [n] that costs call
        ``row_cost``. Raises ValueError, which is a `SpecError` or a `DataError` where it comes from the engine;
        `LimitRefusal`, `MachineError` and `Stopped` as `automl.fit`.
        """
        rows = features_of(self, X, reset=True)
        labels = target_of(self, y)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        weight = None if sample_weight is None else weights_of(sample_weight, labels)
        self._known = _spellings(self.classes_, labels if weight is None else labels[weight > 0])
        beside = Beside(weight=weight, groups=groups, row_costs=row_costs)
        if len(self.classes_) == TWO:
            positive = self.classes_.tolist()[1] if self.positive is None else self.positive
            self._fit(rows, labels, "binary", beside, positive)
        else:
            self._fit(rows, labels, "multiclass", beside, self.positive)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest label of each row [n], whatever a mistake costs: what to do about it says `decide`."""
        likely = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[likely])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The calibrated probability of each label [n, classes], in the order of `classes_`.

        A label whose rows were all set aside to judge on is never expected.
        """
        answers = self._answers(X)
        target = self.bundle_.manifest.target
        if target.kind == "binary":
            second = answers["probability"].to_numpy()
            found = np.column_stack([1 - second, second])
        else:
            found = answers.select(f"probability_{text}" for text in target.texts).to_numpy()
        places = [self._known.index(spelled(value)) for value in target.values]
        whole = np.zeros((len(found), len(self.classes_)))
        whole[:, places] = found
        return whole


def _spellings(classes: NDArray[Any], counted: NDArray[Any]) -> list[str | None]:
    """Each label as the engine spells it; ValueError where the rows have one class, or two are one to the engine."""
    if len(np.unique(counted)) == 1:
        raise ValueError(f"the target has one class, {counted[0]!r}: there is nothing to learn")
    known = [spelled(label) for label in classes.tolist()]
    if None in known or len(set(known)) < len(known):
        raise ValueError("labels must differ by more than blanks, and none may be empty")
    return known
