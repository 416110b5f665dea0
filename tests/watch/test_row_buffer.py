"""Rows of JSON become columns that hold what a frame of the same cells would: by type, or cell by cell as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.watch import blocks
from automl.watch.row_buffer import ABSENT, Column, RowBuffer

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.lists(st.integers(), max_size=2),
)
COLUMNS = st.one_of(
    st.lists(CELLS, max_size=12),
    *(st.lists(st.none() | one, max_size=12) for one in (st.integers(-9, 9), st.booleans(), st.text("ab", max_size=2))),
    st.lists(st.integers(-9, 9) | st.floats(-1e9, 1e9), max_size=12),
)


def same(one, other):
    """Of the same types and values: 1 is neither True nor 1.0."""
    return [(type(cell), cell) for cell in one] == [(type(cell), cell) for cell in other]


@given(COLUMNS, st.integers(1, 5))
def test_cells_come_back(cells, at_once):
    """Whatever came, however many at a time."""
    column = Column()
    for place in range(0, len(cells), at_once):
        column.extend(cells[place : place + at_once])
    assert same(column.cells(), cells)


@given(COLUMNS)
def test_a_block_is_that_of_the_cells(cells):
    """A column of one type is kept as one, another as JSON: what a list of the cells would have become."""
    column = Column()
    column.extend(cells)
    found, wanted = (
        blocks.framed({"a": each}, {}, [None] * len(cells), [0] * len(cells)) for each in (column.packed(), cells)
    )
    assert found.schema == wanted.schema
    assert found.equals(wanted)


def test_a_column_that_never_came_is_not_there():
    """A null is a cell, and a column that is left out is none."""
    rows = RowBuffer(["a", "b", "c"], ["id"], ["probability"])
    rows.extend([{"a": 1, "b": None, "id": 7}, {"id": 8.0}], [{"probability": 0.5}, {"probability": 1}], [10, 20])
    batch = rows.batch()
    assert list(batch.raw) == ["a", "b"]
    assert list(batch.raw["a"]) == [1, None]
    assert batch.key == ["7", "8"]
    frame = blocks.framed(batch.raw, batch.answers, batch.key, batch.time)
    assert frame["answer probability"].to_list() == [0.5, 1.0]
    assert frame["time"].to_list() == [10, 20]


def test_lists_are_kept():
    """A cell that is a list is no missing one."""
    frame = blocks.framed({"a": [[1], None, ["x"]]}, {}, [None] * 3, [0] * 3)
    assert frame["json a"].to_list() == ["[1]", None, '["x"]']


def test_columns_change_their_type():
    """Numbers stay the numbers that they were when words come after them."""
    column = Column()
    column.extend([1, ABSENT, 2.0])
    column.extend([3])
    column.extend(["x", 2**70])
    packed = column.packed()
    assert same(packed, [1, None, 2.0, 3, "x", 2**70])
    frame = blocks.framed({"a": packed}, {}, [None] * 6, [0] * 6)
    assert [cell and json.loads(cell) for cell in frame["json a"]] == [1, None, 2.0, 3, "x", 2**70]


@pytest.mark.parametrize("cells", [["a", "b\ud800"], [1, "\ud800"], [["\ud800"], ["x"]]])
def test_half_a_sign_harms_no_other_row(cells):
    """JSON may have what no encoding has: it becomes a question mark, and the rows beside it are kept (V03)."""
    rows = RowBuffer(["a"], ["id"], ["decision"])
    rows.extend([{"a": cell, "id": "k\ud800"} for cell in cells], [{"decision": "\udc00"}] * 2, [0, 0])
    batch = rows.batch()
    frame = blocks.framed(batch.raw, batch.answers, batch.key, batch.time)
    assert frame.height == 2
    assert frame["key"].to_list() == ["k?", "k?"]
    assert frame["answer decision"].to_list() == ["?", "?"]
    assert "?" in "".join(frame[:, 0].to_list())
    assert isinstance(blocks.pack(frame), bytes)
