"""What scikit-learn passes as X, y and metadata -> frames as the engine reads them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.frames import to_polars
from automl.names import free_name, inside
from automl.sklearn.asked import Columns

FEWEST = 2  # rows that can be learned from
ONE_COST = "row_cost"  # what the column of a plain array of costs is called
_STORED = {"f": "f8", "b": "?", "M": "M8[us]"}  # by numpy's kind: half and long floats are read as doubles


def is_frame(given: object) -> bool:
    """Whether it is a polars, pandas or arrow frame, whose columns have names and types of their own."""
    import narwhals as nw

    return bool(nw.dependencies.is_into_dataframe(given))


def features_of(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    """The rows of X, as scikit-learn checks them: a frame under its own names, an array [n, p] under ``x0``, ``x1``...

    With `reset` their names and number are noted on the estimator, without they must be those noted. NaN, infinity
    and None are missing. Sparse arrays are made dense. Raises ValueError for what is no table.
    """
    from sklearn.utils.validation import validate_data

    if is_frame(X):
        frame = to_polars(validate_data(estimator, X, skip_check_array=True, reset=reset))
        if frame.height < (FEWEST if reset else 1):
            raise ValueError(f"found {frame.height} sample(s), a minimum of {FEWEST if reset else 1} is required")
        names = getattr(estimator, "feature_names_in_", None)
    else:
        fewest = FEWEST if reset else 1
        sparse_too = {"accept_sparse": "csc", "dtype": None, "ensure_all_finite": False, "ensure_min_samples": fewest}
        array = validate_data(estimator, X, reset=reset, **sparse_too)
        frame = _of_array(array if isinstance(array, np.ndarray) else array.toarray())
        names = getattr(estimator, "feature_names_in_", None)
    return frame.rename(dict(zip(frame.columns, _names(names, frame.width), strict=True)))


def target_of(estimator: Any, y: Any, dtype: type | None = None) -> NDArray[Any]:
    """The target [n] as scikit-learn checks it; a column [n, 1] with its warning. ValueError where a value is missing.

    `dtype` is what it must be of; without one, labels stay as they are.
    """
    from sklearn.utils.validation import check_array, column_or_1d

    if y is None:
        raise ValueError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    values = column_or_1d(y, warn=True)
    options = {"ensure_2d": False, "dtype": dtype, "input_name": "y", "ensure_min_samples": 0}
    return np.asarray(check_array(values, estimator=estimator, **options))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is given beside X and y, as `fit` takes it; each is checked where it becomes a column."""

    weight: Any = None
    groups: Any = None
    row_costs: Any = None


def with_target(rows: pl.DataFrame, y: NDArray[Any], given: Beside) -> tuple[pl.DataFrame, Columns]:
    """The features with the target and what is given beside it, and what these columns are called.

    Raises ValueError where something is not as long as the `rows`.
    """
    from sklearn.utils.validation import check_consistent_length, column_or_1d

    costs = None if given.row_costs is None else costs_of(given.row_costs, rows.columns)
    check_consistent_length(rows, y, given.groups, costs)
    frame, target = beside(rows, "target", y)
    weight, group = None, None
    if given.weight is not None:
        frame, weight = beside(frame, "weight", weights_of(given.weight, y))
    if given.groups is not None:
        frame, group = beside(frame, "group", column_or_1d(given.groups))
    if costs is None:
        return frame, Columns(target=target, weight=weight, group=group)
    return frame.hstack(costs), Columns(target=target, weight=weight, group=group, costs=tuple(costs.columns))


def weights_of(weight: Any, y: NDArray[Any]) -> NDArray[np.float64]:
    """The weights of the rows [n]; ValueError where one is below 0, or none above."""
    from sklearn.utils.validation import _check_sample_weight

    found = np.asarray(_check_sample_weight(weight, y, dtype=np.float64, ensure_non_negative=True))
    if not found.any():
        raise ValueError("sample_weight must contain at least one non-zero number")
    return found


def beside(frame: pl.DataFrame, wanted: str, values: NDArray[Any] | Sequence[Any]) -> tuple[pl.DataFrame, str]:
    """The frame with one more column, and what it is called: as `wanted`, or as near to that as is free."""
    name = free_name(inside(wanted), frame.columns)
    return frame.with_columns(column_of(name, np.asarray(values))), name


def costs_of(row_costs: Any, taken: Collection[str]) -> pl.DataFrame:
    """The columns that costs name, of a frame [n, k], or of an array [n] the one called ``row_cost``.

    Raises ValueError where the name of one is among those `taken`.
    """
    if is_frame(row_costs):
        frame = to_polars(row_costs)
    else:
        from sklearn.utils.validation import column_or_1d

        frame = column_of(ONE_COST, column_or_1d(row_costs)).to_frame()
    frame = frame.rename({name: inside(name) for name in frame.columns})
    if twice := [name for name in frame.columns if name in taken]:
        raise ValueError(f"row_costs has a column {twice[0]!r}, and so has X: name one of them otherwise")
    return frame


def column_of(name: str, values: NDArray[Any]) -> pl.Series:
    """One column of an array [n] in a type that polars has; values of several kinds stay the objects they are."""
    kind = values.dtype.kind
    if kind in _STORED:
        return pl.Series(name, np.ascontiguousarray(values, dtype=_STORED[kind]))
    if kind in "iu":
        return pl.Series(name, np.ascontiguousarray(values))
    cells = values.tolist()
    try:
        return pl.Series(name, cells)
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        return pl.Series(name, cells, dtype=pl.Object)


def _of_array(array: NDArray[Any]) -> pl.DataFrame:
    return pl.DataFrame([column_of(f"x{place}", array[:, place]) for place in range(array.shape[1])])


def _names(noted: NDArray[Any] | None, width: int) -> list[str]:
    return [f"x{place}" for place in range(width)] if noted is None else [inside(name) for name in noted]
