"""Specs and rows that the tests of the data room share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.spec import Spec, parse


@pytest.fixture
def make_spec() -> Callable[..., Spec]:
    """A spec for the target ``y``; arguments are keys of [data], `objective` those of [objective]."""

    def make(objective: dict[str, Any] | None = None, **data: Any) -> Spec:
        return parse({"objective": {"target": "y"} | (objective or {}), "data": data})

    return make


@pytest.fixture
def make_rows() -> Callable[..., Rows]:
    """Rows of a target alone, with a time, a group and an order where wanted."""

    def make(y: Any, time: Any = None, group: Any = None, order: Any = None) -> Rows:
        target = np.asarray(y, dtype=np.float64)
        frame = pl.DataFrame({"x": np.arange(target.size, dtype=np.float64)})
        return Rows(
            frame=frame,
            raw=frame,
            y=target,
            time=None if time is None else np.asarray(time, dtype=np.float64),
            group=None if group is None else np.asarray(group, dtype=np.int64),
            order=None if order is None else np.asarray(order, dtype=np.int64),
        )

    return make
