"""Frames of any kind go in, and the same kind comes out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from automl.bundle.frames import to_polars
from automl.bundle.read import Bundle
from automl.data.infer.typed_values import unreadable
from automl.data.read.frames import in_seconds
from automl.errors import DataError


def test_the_same_kind_comes_back(bundle, raw):
    """Polars, pandas (with its index) and arrow frames come back as what they were, with equal numbers."""
    model = Bundle.load(bundle)
    answer = model.predict(raw)
    pandas = pd.DataFrame(raw.to_dict(as_series=False), index=pd.Index(range(1000, 1500)))
    scored = model.predict(pandas)
    assert isinstance(scored, pd.DataFrame)
    assert list(scored.index) == list(range(1000, 1500))
    assert pl.from_pandas(scored).equals(answer)
    arrow = model.predict(raw.to_arrow())
    assert isinstance(arrow, pa.Table)
    assert pl.from_arrow(arrow).equals(answer)


def test_mixed_objects_follow_one_rule(bundle, raw):
    """D13: a pandas column of mixed objects scores as its rows do one by one; a list is refused by name."""
    model = Bundle.load(bundle)
    frame = pd.DataFrame(raw.head(4).to_dict(as_series=False)).astype(object)
    frame.loc[0, "age"] = 41
    frame.loc[1, "age"] = 41.5
    frame.loc[2, "age"] = None
    frame.loc[3, "job"] = 7
    singly = [model.decide(row) for row in frame.to_dict(orient="records")]
    assert model.predict(frame).drop(columns="id").to_dict(orient="records") == singly
    frame["job"] = [[1], [2], [3], [4]]
    with pytest.raises(DataError, match="job"):
        model.predict(frame)


def test_pandas_categories_are_their_values():
    """A pandas category of numbers or texts, with gaps, becomes the values themselves."""
    frame = pd.DataFrame({"a": pd.Categorical([3, 1, None]), "b": pd.Categorical(["x", "y", "x"])})
    assert to_polars(frame)["b"].to_list() == ["x", "y", "x"]
    assert [None if cell != cell else cell for cell in to_polars(frame)["a"]] == [3, 1, None]  # noqa: PLR0124  # NaN


def test_kinds_of_pandas_alone():
    """Sparse numbers are dense, intervals and periods texts, durations durations; what cannot be read is itself."""
    spans = pd.IntervalIndex.from_breaks([0, 1, 2])
    months = pd.period_range("2014-01", periods=2, freq="M")
    frame = pd.DataFrame(
        {
            "sparse": pd.arrays.SparseArray([0.0, 1.5]),
            "span": spans,
            "cut": pd.Categorical([spans[0], None]),
            "month": months,
            "months": pd.Categorical(months),
            "took": pd.to_timedelta(["90s", None]),
            "z": np.array([1 + 2j, 3]),
            "long": np.array([0.5, 1.5], dtype="longdouble"),
        }
    )
    read = to_polars(frame)
    assert read["sparse"].to_list() == [0.0, 1.5]
    assert read["long"].to_list() == [0.5, 1.5]
    assert read["span"].to_list() == ["(0, 1]", "(1, 2]"]
    assert read["cut"].to_list() == ["(0, 1]", None]
    assert read["month"].to_list() == read["months"].to_list() == ["2014-01", "2014-02"]
    assert in_seconds(read["took"]).to_list() == [90.0, None]
    assert unreadable(read["z"]).startswith("values of the kind complex")


def test_kinds_of_arrow_alone():
    """A column that polars does not know leaves the others as they are."""
    months = pa.array([(1, 2, 3), None], pa.month_day_nano_interval())
    read = to_polars(pa.table({"n": [1, 2], "months": months, "took": pa.array([1, 2], pa.duration("s"))}))
    assert read["n"].to_list() == [1, 2]
    assert in_seconds(read["took"]).to_list() == [1.0, 2.0]
    assert "MonthDayNano" in unreadable(read["months"])


def test_no_frame_is_no_guess():
    """D05: columns of the same name are refused by name; what is no frame is a DataError."""
    twice = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    with pytest.raises(DataError, match="'a' 2 times"):
        to_polars(twice)
    with pytest.raises(DataError, match="a polars, pandas or arrow frame was expected, not a list"):
        to_polars([1, 2])
