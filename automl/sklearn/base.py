"""What both estimators share: a fit of the engine behind scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from automl.bundle.read import Bundle
from automl.decide.verdict.verdict import Verdict
from automl.errors import DataError, SpecError
from automl.explain.explanation import Explanations
from automl.pipeline.fit import fit
from automl.progress import Listener, silent
from automl.search.leaderboard import Leaderboard
from automl.sklearn.asked import spec_of
from automl.sklearn.kept import fitted, of_bytes, to_bytes
from automl.sklearn.output import in_kind
from automl.sklearn.tables import Beside, costs_of, features_of, with_target
from automl.task import Kind

BYTES = "bundle"  # of a pickled state


class WrongSpec(SpecError, ValueError):
    """A `SpecError` that scikit-learn's users, too, know for what it is: parameters that cannot be."""


class WrongData(DataError, ValueError):
    """A `DataError` that scikit-learn's users, too, know for what it is: rows that nothing can be learned from."""


class AutoML(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The parameters and methods that the classifier and the regressor share; see there."""

    bundle_: Bundle
    board_: Leaderboard
    verdict_: Verdict | None
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]

    def __init__(
        self,
        *,
        time: str | float = "60s",
        costs: Mapping[str, Any] | None = None,
        limits: Mapping[str, Any] | None = None,
        recipe: str | Mapping[str, Any] = "balanced",
        metric: str | Callable[..., float] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        spec: Mapping[str, Mapping[str, Any]] | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.time = time
        self.costs = costs
        self.limits = limits
        self.recipe = recipe
        self.metric = metric
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.spec = spec
        self.listener = listener

    def _fit(self, rows: pl.DataFrame, y: NDArray[Any], kind: Kind, beside: Beside, positive: object = None) -> None:
        """Search, decide, measure; `rows` and `y` [n] as they were checked. Errors as those of `fit`."""
        with value_errors():
            frame, columns = with_target(rows, y, beside)
            spec = spec_of(self.get_params(deep=False), columns, task=kind, positive=positive)
            own = self.metric if callable(self.metric) else None
            search = partial(fit, spec, train=frame, metric=own, write_anyway=True, listener=self.listener or silent)
            done, self.bundle_ = fitted(lambda place: search(out=place))
        self.board_, self.verdict_ = done.board, done.verdict
        self._costs = columns.costs

    def decide(self, X: Any, row_costs: Any = None) -> Any:
        """What to do about each row of X: the bundle's own answers, with decision and expected cost, as a frame.

        It is of X's kind, of an array a polars frame, or what `set_output` asks for. `row_costs` are the costs of these
        rows, as in `fit`; of what is left out the rule ``costs.missing`` decides.
        """
        frame = self._rows(X)
        if row_costs is not None:
            costs = costs_of(row_costs, frame.columns)
            check_consistent_length(frame, costs)
            frame = frame.hstack(costs)
        lacking = [pl.lit(None, dtype=pl.Float64).alias(name) for name in self._costs if name not in frame.columns]
        with value_errors():
            return in_kind(self.bundle_.predict(frame.with_columns(lacking)), X, self)

    def explain(self, X: Any, *, seconds: float = 5.0) -> Explanations:
        """Why each row of X is answered as it is: see `Bundle.explain`; a row takes at most about `seconds`."""
        rows = self._priced(X)
        with value_errors():
            return self.bundle_.explain(rows, seconds=seconds)

    def set_output(self, *, transform: str | None = None) -> AutoML:
        """Which kind of frame `decide` gives: "pandas", "polars", or "default", which is that of X."""
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def _answers(self, X: Any) -> pl.DataFrame:
        """The bundle's answers to the rows of X. Costs change none of the predictions, so all are nothing."""
        rows = self._priced(X)
        with value_errors():
            answers: pl.DataFrame = self.bundle_.predict(rows)
        return answers

    def _priced(self, X: Any) -> pl.DataFrame:
        return self._rows(X).with_columns(pl.lit(0.0).alias(name) for name in self._costs)

    def _rows(self, X: Any) -> pl.DataFrame:
        check_is_fitted(self, "bundle_")
        return features_of(self, X, reset=False)

    def __getstate__(self) -> dict[str, Any]:
        """With the bytes of the bundle in place of the open one."""
        state = dict(super().__getstate__())
        return state | {"bundle_": None, BYTES: to_bytes(self.bundle_)} if "bundle_" in state else state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Open the bundle again: checked, and a stranger's tried aside first."""
        content = state.get(BYTES)
        super().__setstate__({name: value for name, value in state.items() if name != BYTES})
        if content is not None:
            self.bundle_ = of_bytes(content)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags


@contextmanager
def value_errors() -> Iterator[None]:
    """What is wrong with parameters or rows is a ValueError too, as scikit-learn's users expect."""
    try:
        yield
    except SpecError as error:
        raise WrongSpec(error.what, where=error.where, hint=error.hint) from error
    except DataError as error:
        raise WrongData(error.what, where=error.where, hint=error.hint) from error
