"""The time of a row from the columns that people have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from automl.data.infer.row_time import row_times
from automl.errors import DataError
from automl.spec import Spec

DAY = 86_400e6
OCTOBER = 1413158400e6  # 2014-10-13


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"t": ["2014-10-13", None]}, [OCTOBER, None]),
        ({"t": [date(2014, 10, 13)]}, [OCTOBER]),
        ({"t": [20141013, 20141014, 20141015]}, [OCTOBER, OCTOBER + DAY, OCTOBER + 2 * DAY]),
        ({"t": [1970, 1971]}, [0.0, 365 * DAY]),
        ({"t": ["1970", "1971"]}, [0.0, 365 * DAY]),
        ({"t": [1, 2, 108]}, [DAY, 2 * DAY, 108 * DAY]),
        ({"t": ["2014-10-13", "2014-10-13"], "h": [0, 23]}, [OCTOBER, OCTOBER + DAY * 23 / 24]),
        ({"y": [2014, 1970], "m": [10, 1]}, [OCTOBER - 12 * DAY, 0.0]),
        ({"y": [2014, 1970], "m": ["October", "Jan"], "d": [13, 2]}, [OCTOBER, DAY]),
        ({"y": ["2014", "1970"], "m": ["10", "01"], "d": ["13", None], "h": [1, 1]}, [OCTOBER + DAY / 24, None]),
    ],
)
def test_moments(
    make_spec: Callable[..., Spec], columns: dict[str, list[object]], expected: list[float | None]
) -> None:
    """Dates, years, yyyymmdd, counted days, a date and an hour, and year, month, day all are times."""
    time = row_times(pl.DataFrame(columns), make_spec(time=list(columns)).data)
    assert time is not None
    np.testing.assert_allclose(time, [np.nan if value is None else value for value in expected], rtol=1e-15)


def test_none(make_spec: Callable[..., Spec]) -> None:
    """No time in the spec, no time."""
    assert row_times(pl.DataFrame({"x": [1]}), make_spec().data) is None


@pytest.mark.parametrize("values", [["soon", "later"], [[1], [2]]])
def test_no_time(make_spec: Callable[..., Spec], values: list[object]) -> None:
    """A column that holds no times is refused."""
    with pytest.raises(DataError, match="t"):
        row_times(pl.DataFrame({"t": values}), make_spec(time="t").data)


def test_what_cannot_be_read_is_shown(make_spec: Callable[..., Spec]) -> None:
    """The refusal of a time in another language has an example of it, and a format that is read."""
    values = [f"{day} octobre 2014" for day in range(1, 29)]
    with pytest.raises(DataError, match="such as '1 octobre 2014'") as refused:
        row_times(pl.DataFrame({"t": values}), make_spec(time="t").data)
    assert "2014-10-13 10:30:00 UTC" in str(refused.value.hint)
