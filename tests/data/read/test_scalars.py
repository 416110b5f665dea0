"""One kind of Python value for each kind of scalar."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data.read.reader import read_value
from automl.data.read.scalars import finite, plain_scalar, text_of


def column(wire: str) -> Any:
    return {"name": "c", "wire": wire, "missing": [], "parser": None}


def same(got: float | str, expected: float | str | None) -> bool:
    if expected is None:
        return isinstance(got, float) and math.isnan(got)
    return type(got) is type(expected) and got == expected


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (2134, 2134.0, "2134"),
        (2134.0, 2134.0, "2134"),
        (0.5, 0.5, "0.5"),
        (-0.0, 0.0, "0"),
        (1e300, 1e300, "1e+300"),
        (2**53 + 1, float(2**53), "9007199254740993"),
        (10**400, None, str(10**400)),
        (True, 1.0, "true"),
        (np.False_, 0.0, "false"),
        (np.int8(3), 3.0, "3"),
        (np.float32(0.5), 0.5, "0.5"),
        (np.float64(2134.0), 2134.0, "2134"),
        (np.str_("7"), 7.0, "7"),
        (np.array(7), 7.0, "7"),
        (Decimal("2.50"), 2.5, "2.5"),
        (None, None, ""),
        (math.nan, None, ""),
        (math.inf, None, ""),
        (np.float32("-inf"), None, ""),
        (pd.NA, None, ""),
        (pd.NaT, None, ""),
        ("\ud800x", None, "?x"),
    ],
)
def test_scalars(value: object, number: float | None, text: str) -> None:
    """D03, D13, D14: every kind of scalar has one number and one text; infinities and overflows are missing."""
    assert same(read_value(column("number"), value), number)
    assert read_value(column("category"), value) == text


def test_a_scalar_is_of_pythons_own_kinds() -> None:
    """Numpy's and pandas' scalars become those of Python; what is none is an error that names the column."""
    given = (np.int8(3), np.float32(0.5), np.array(7), Decimal("2.5"), pd.NA, pd.NaT, date(2024, 1, 1))
    kinds = [type(plain_scalar(column("text"), value)) for value in given]
    assert kinds == [int, float, int, float, type(None), type(None), date]
    with pytest.raises(ValueError, match="'c' takes a single value, not a list"):
        plain_scalar(column("text"), [1])


def test_what_overflows_is_missing() -> None:
    """D14: a number beyond the largest float has a text and no value."""
    assert math.isnan(finite(10**400))
    assert math.isnan(finite(math.inf))
    assert (text_of(10**400), text_of(math.inf), text_of(None)) == (str(10**400), "", "")
