"""A whole column that cannot be read is an error of the data, with what to do, unless it is allowed."""

from __future__ import annotations

import pytest

from automl.bundle.scorer import MEND
from automl.bundle.unread import check_unread
from automl.data.read.unread import Tally
from automl.errors import DataError


def test_a_whole_column_is_refused_where_it_stands() -> None:
    """The file, the column and the hint are named; nineteen cells, and what is allowed, pass."""
    with pytest.raises(DataError, match="'a': 20 of 20") as refused:
        check_unread({"a": Tally("number", 0, 20, "x")}, "refuse", "in.csv")
    assert (refused.value.where, refused.value.hint) == ("in.csv", MEND)
    check_unread({"a": Tally("number", 0, 20, "x")}, "empty")
    check_unread({"a": Tally("number", 0, 19, "x")}, "refuse")
