"""A block keeps each cell as it came, of whatever type, alone and stacked on others."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest

from automl.watch import blocks


def round_trip(*columns):
    """The raw columns of blocks, stacked."""
    frames = []
    for raw in columns:
        rows = len(next(iter(raw.values())))
        frames.append(blocks.unpack(blocks.pack(blocks.framed(raw, {}, [None] * rows, [0] * rows))))
    return blocks.rows_of(blocks.stacked(frames)).raw


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        ([1, None, 3], pl.Int64),
        ([1.5, None], pl.Float64),
        ([True, None, False], pl.Boolean),
        (["a", "", None], pl.String),
        ([1, 2.5], pl.Float64),
        ([None, None], pl.Null),
    ],
)
def test_cells_keep_their_type(cells, dtype) -> None:
    """Whole numbers, numbers, yes and no, words, and nothing at all."""
    found = round_trip({"x": cells})["x"]
    assert found.dtype == dtype
    assert found.to_list() == cells


def test_cells_of_several_types() -> None:
    """They become the texts that they were written as: whole numbers of any size, words, nothing."""
    assert round_trip({"x": [1, "1", None, True, 2**70]})["x"].to_list() == ["1", "1", None, "true", str(2**70)]
    assert round_trip({"x": [2**70]})["x"].to_list() == [str(2**70)]


def test_blocks_of_several_types() -> None:
    """Numbers of two kinds are numbers; numbers that came as words one day are words; a new column has gaps."""
    found = round_trip({"x": [1], "y": [1]}, {"x": [1.5], "y": ["1"], "z": ["new"]}, {"x": [None], "y": [None]})
    assert found["x"].to_list() == [1.0, 1.5, None]
    assert found["y"].to_list() == ["1", "1", None]
    assert found["z"].to_list() == [None, "new", None]


def test_decisions_are_texts() -> None:
    """A label that is a number is its text; a decision about a number is a number."""
    one, two, number = (
        blocks.rows_of(blocks.framed({}, {"decision": cells}, [None] * 2, [0] * 2)).answers["decision"].to_list()
        for cells in ([1, 0], [True, False], [1.5, 2.0])
    )
    assert (one, two, number) == (["1", "0"], ["true", "false"], [1.5, 2.0])


def test_names_cannot_collide() -> None:
    """A raw column may be called as an answer, as the key, or as the time."""
    frame = blocks.framed({"key": [1], "time": [2], "p": [3]}, {"p": [0.5]}, ["k"], [7])
    rows = blocks.rows_of(frame)
    assert rows.raw.row(0) == (1, 2, 3)
    assert (rows.answers["p"][0], rows.key[0], rows.time[0]) == (0.5, "k", 7)


def test_cells_of_several_types_are_json() -> None:
    """Numbers and words as the standard library writes them, numbers that are none included."""
    cells = ['a "b"\n', 1.5, -0.0, 1e300, 1e16, math.inf, -math.inf, math.nan, 3, True, [1, "é"]]
    written = [json.dumps(cell, ensure_ascii=False) for cell in cells]
    frame = blocks.framed({"x": cells}, {}, [None] * len(cells), [0] * len(cells))
    assert frame["json x"].to_list() == written


def test_lists_are_kept() -> None:
    """A cell that is a list is no missing one."""
    frame = blocks.framed({"a": [[1], None, ["x"]]}, {}, [None] * 3, [0] * 3)
    assert frame["json a"].to_list() == ["[1]", None, '["x"]']


def test_numbers_stay_what_they_were_beside_words() -> None:
    """Whole ones, ones with a fraction, and ones beyond 64 bits."""
    cells = [1, None, 2.0, 3, "x", 2**70]
    frame = blocks.framed({"a": cells}, {}, [None] * 6, [0] * 6)
    found = [cell and json.loads(cell) for cell in frame["json a"]]
    assert [(type(cell), cell) for cell in found] == [(type(cell), cell) for cell in cells]
