"""What scikit-learn passes becomes columns of the types that the engine reads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from automl.sklearn import AutoMLClassifier
from automl.sklearn.tables import beside, column_of, costs_of, features_of, target_of


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1.5, np.nan]), pl.Float64),
        (np.array([1.5, 2.0], dtype=np.float16), pl.Float64),
        (np.array([1.5, 2.0], dtype=np.longdouble), pl.Float64),
        (np.array([1, 2], dtype=np.uint8), pl.UInt8),
        (np.array([True, False]), pl.Boolean),
        (np.array(["a", "b"]), pl.String),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[s]"), pl.Datetime("us")),
        (np.array(["a", None], dtype=object), pl.String),
        (np.array(["a", 1.5], dtype=object), pl.Object),
    ],
)
def test_a_column_of_an_array(values, dtype):
    """Each kind of numpy has one of polars; values of several kinds stay objects."""
    assert column_of("a", values).dtype == dtype


def test_arrays_have_names_by_place():
    """Dense, sparse and lists of lists: x0, x1; a column of the array may be strided."""
    for given in (np.eye(3)[:, ::2], sparse.csr_matrix(np.eye(3)[:, ::2]), [[1, 0], [0, 0], [0, 1]]):
        model = AutoMLClassifier()
        found = features_of(model, given, reset=True)
        assert found.to_dict(as_series=False) == {"x0": [1, 0, 0], "x1": [0, 0, 1]}
        assert model.n_features_in_ == 2


def test_names_of_frames():
    """Texts are noted and kept, also those that polars takes for patterns; numbers are places, as in scikit-learn."""
    model = AutoMLClassifier()
    found = features_of(model, pl.DataFrame({"*": [1, 2], "^b$": [1, 2]}), reset=True)
    assert found.columns == ["column *", "column ^b$"]
    assert features_of(AutoMLClassifier(), pd.DataFrame(np.eye(2)), reset=True).columns == ["x0", "x1"]
    with pytest.raises(TypeError, match="string names"):
        features_of(AutoMLClassifier(), pd.DataFrame([[1, 2], [3, 4]], columns=["a", 1]), reset=True)


def test_what_stands_beside_has_a_free_name():
    """The wanted one, or the next that no feature has."""
    frame, name = beside(pl.DataFrame({"target": [1.0, 2.0]}), "target", ["a", "b"])
    assert name == "target 2"
    assert frame[name].to_list() == ["a", "b"]


def test_costs_of_rows():
    """A frame of columns, or one array with the name that costs call it by; no name twice."""
    assert costs_of(np.array([1.0, 2.0]), []).columns == ["row_cost"]
    assert costs_of(pd.DataFrame({"due": [1, 2]}), ["size"]).columns == ["due"]
    with pytest.raises(ValueError, match="'due', and so has X"):
        costs_of(pl.DataFrame({"due": [1, 2]}), ["due"])


def test_a_target_is_one_column_without_gaps():
    """None, a gap and two columns are refused; one column in two dimensions is taken with scikit-learn's warning."""
    model = AutoMLClassifier()
    for wrong in (None, [1.0, np.nan], np.eye(2)):
        with pytest.raises(ValueError, match=r"y"):
            target_of(model, wrong)
    assert target_of(model, pl.Series(["a", "b"])).tolist() == ["a", "b"]
