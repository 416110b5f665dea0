"""The rows that a bundle keeps have all that money needs, and no more than the spec allows."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from automl.bundle.evidence import PRICED, evidence, lessened
from automl.data.read.column_reader import Parser, Wire
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Rows


@pytest.fixture(scope="module")
def rows(raw, columns):
    """The rows behind the bundle of the fixtures."""
    frame = read_frame({"columns": [dict(column.reader) for column in columns]}, raw)
    return Rows(frame=frame, raw=raw, y=np.zeros(raw.height), group=np.arange(raw.height) // 2)


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


KEPT = pl.DataFrame(
    {
        "part": ["oof", "test"],
        "y": [52_317.4, 61_982.0],
        "p": [51_234.56, 60_111.1],
        "weight": [1.2345, 1.0],
        "time": [1_700_000_123_456_789.0, 1_700_100_000_000_000.0],
        "group": [17, 18],
        "cost:income": ["$1,234.50", ""],
        "cost:born": ["1984-05-06", "1991-12-24 10:30:00"],
        "cost:job": ["clerk", "farmer"],
    }
)


def _priced() -> tuple[Column, ...]:
    money: Parser = {"kind": "currency", "symbols": ["$"], "group": ","}
    day: Parser = {"kind": "date", "format": "iso", "zone": "UTC"}
    told: tuple[tuple[str, Wire, Parser | None], ...] = (
        ("income", "number", money),
        ("born", "date", day),
        ("job", "category", None),
    )
    return tuple(
        Column(
            name=name,
            wire=wire,
            role="excluded",
            reason="a cost",
            is_feature=False,
            reader={"name": name, "wire": wire, "missing": [""], "parser": parser},
        )
        for name, wire, parser in told
    )


def test_evidence_may_be_rounded():
    """Numbers have three digits, in the spelling of their column, moments are days; classes and groups stay."""
    found = lessened(KEPT, "rounded", _priced(), numbers=True)
    assert found["y"].to_list() == [52_300.0, 62_000.0]
    assert found["p"].to_list() == [51_200.0, 60_100.0]
    assert found["weight"].to_list() == [1.23, 1.0]
    assert found["cost:income"].to_list() == ["$1230", None]
    assert found["cost:born"].to_list() == ["1984-05-06", "1991-12-24"]
    assert found["cost:job"].to_list() == ["clerk", "farmer"]
    assert found["group"].to_list() == [17, 18]
    assert all(time % 86_400e6 == 0 for time in found["time"])
    assert lessened(KEPT, "rounded", _priced(), numbers=False)["y"].to_list() == KEPT["y"].to_list()
    assert found.schema == KEPT.schema


def test_evidence_may_be_left_out():
    """No row is kept, and the columns are as ever; without the wish everything is."""
    assert lessened(KEPT, "none", _priced(), numbers=True).height == 0
    assert lessened(KEPT, "none", _priced(), numbers=True).schema == KEPT.schema
    assert lessened(KEPT, "rows", _priced(), numbers=True).equals(KEPT)


@pytest.mark.parametrize("values", [[1234.5, 2.0], [datetime.fromisoformat("2024-05-06T07:08:09"), None], [17, 99_999]])
def test_typed_cells_are_rounded_in_their_type(values):
    """Numbers, moments and whole numbers of parquet keep the type of their column."""
    wire: Wire = "date" if isinstance(values[0], datetime) else "number"
    column = Column(
        name="x",
        wire=wire,
        role="excluded",
        reason="a cost",
        is_feature=False,
        reader={"name": "x", "wire": wire, "missing": [], "parser": None},
    )
    rows = pl.DataFrame({"y": [0.0, 1.0], f"{PRICED}x": values})
    found = lessened(rows, "rounded", [column], numbers=False)[f"{PRICED}x"]
    assert found.dtype == rows[f"{PRICED}x"].dtype
    assert found.to_list() != values
