"""What a bundle keeps of the training data names no person and has all that money needs."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from automl.bundle.evidence import LEVELS, evidence, profile
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Rows


@pytest.fixture(scope="module")
def rows(raw, columns):
    """The rows behind the bundle of the fixtures."""
    frame = read_frame({"columns": [dict(column.reader) for column in columns]}, raw)
    return Rows(frame=frame, raw=raw, y=np.zeros(raw.height), group=np.arange(raw.height) // 2)


def one(name: str, wire: str, cells: list[object]) -> tuple[Rows, Column]:
    """Rows of one read column."""
    column = Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader={"name": name})
    frame = pl.DataFrame({name: cells}, schema={name: pl.String if wire in {"category", "text"} else pl.Float64})
    return Rows(frame=frame, raw=frame, y=np.zeros(frame.height)), column


def test_the_profile_shows_no_person(rows, columns):
    """Quantiles, shares of levels with five rows or more, missing shares; nothing of free text but its length."""
    found = profile(rows, columns)
    assert found["rows"] == rows.n
    assert set(found["columns"]["job"]["levels"]) == {"clerk", "farmer"}
    assert found["columns"]["age"]["missing"] == np.isnan(rows.frame["age"].to_numpy()).mean()
    assert 18 <= found["columns"]["age"]["quantiles"]["0.5"] <= 80
    assert found["columns"]["note"]["words"]["0.5"] == 3.0
    assert "paid" not in json.dumps(found)


def test_evidence_keeps_what_money_needs(rows):
    """y, p, group and the columns that costs name; rows that no fold predicted are left out; nothing else."""
    prediction = np.full((rows.n, 3), 1 / 3)
    prediction[0] = np.nan
    found = evidence(rows, prediction, part="oof", costs=["income"])
    assert found.columns == ["part", "y", "p_0", "p_1", "p_2", "group", "cost:income"]
    assert found.height == rows.n - 1
    single = evidence(rows, prediction[:, :1], part="test")
    assert single.columns == ["part", "y", "p", "group"]
    assert pl.concat([single, single]).height == 2 * (rows.n - 1)


def test_shares_of_levels_are_of_all_rows():
    """Gaps count among the rows, the most frequent level comes first, and ties go by name."""
    rows, column = one("job", "category", ["b"] * 6 + ["a"] * 6 + ["c"] * 7 + [""] + ["rare"] * 4)
    found = profile(rows, [column])["columns"]["job"]
    assert list(found["levels"].items()) == [("c", 7 / 24), ("a", 0.25), ("b", 0.25)]
    assert found["missing"] == 1 / 24


def test_there_are_not_more_levels_than_people_read():
    """Of a column of a thousand frequent levels, only the first are kept."""
    rows, column = one("zip", "category", [f"{level}" for level in range(LEVELS + 50) for _ in range(5)])
    assert len(profile(rows, [column])["columns"]["zip"]["levels"]) == LEVELS


def test_quantiles_skip_gaps():
    """The quantiles are those of the numbers that are there; with none there are none."""
    rows, column = one("age", "number", [float("nan"), 1.0, 2.0, 3.0])
    found = profile(rows, [column])["columns"]["age"]
    assert (found["missing"], found["quantiles"]["0.5"]) == (0.25, 2.0)
    empty, column = one("age", "number", [float("nan")])
    found = profile(empty, [column])["columns"]["age"]
    assert (found["missing"], set(found["quantiles"].values())) == (1.0, {None})


@pytest.mark.parametrize("wire", ["number", "category", "text", "date", "flag"])
def test_no_rows_are_no_error(wire):
    """A profile of nothing has no missing cells and is JSON."""
    rows, column = one("x", wire, [])
    found = profile(rows, [column])
    assert found["rows"] == 0
    json.dumps(found, allow_nan=False)


def test_what_is_expected_afterwards_stands_beside(rows):
    """Weights, times and expected amounts have their columns; they are cut with the rows that have no prediction."""
    few = rows.take(np.arange(3))
    weighted = Rows(frame=few.frame, raw=few.raw, y=few.y, weight=np.arange(3.0), time=np.arange(3.0) + 5)
    found = evidence(
        weighted,
        np.array([[0.1], [np.inf], [0.3]]),
        part="test",
        expected={"expected:amount": np.array([7.0, 8.0, 9.0])},
    )
    assert found.columns == ["part", "y", "p", "weight", "time", "expected:amount"]
    assert found.rows() == [("test", 0.0, 0.1, 0.0, 5.0, 7.0), ("test", 0.0, 0.3, 2.0, 7.0, 9.0)]
