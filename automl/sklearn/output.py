"""Which kind of frame comes back, as scikit-learn's `set_output` and its configuration have it."""

from __future__ import annotations

from typing import Any

import polars as pl
from sklearn import get_config

from automl.bundle.frames import like
from automl.sklearn.tables import is_frame


def in_kind(answers: pl.DataFrame, X: Any, estimator: object) -> Any:
    """The answers as the kind of frame that is asked for; by default that of X, and polars where X is an array."""
    asked = getattr(estimator, "_sklearn_output_config", {}).get("transform", get_config()["transform_output"])
    if asked == "default":
        return like(answers, X) if is_frame(X) else answers
    if is_frame(X) and _is(X, asked):
        return like(answers, X)  # pandas keeps the index
    return _made(answers, asked)


def _is(X: Any, kind: str) -> bool:
    import narwhals as nw

    return bool(nw.from_native(X, eager_only=True).implementation.name.lower() == kind)


def _made(answers: pl.DataFrame, kind: Any) -> Any:
    import narwhals as nw

    return nw.from_dict(answers.to_dict(as_series=False), backend=kind).to_native()
