"""Golden rows: synthetic raw rows and the bundle's answers to them, so that anyone can replay what was judged."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from automl.bundle.scorer import Cell
from automl.errors import BundleError

if TYPE_CHECKING:
    from automl.data.rows import Column, Rows  # it loads polars, which a process that only replays does not need

SAMPLE = 1_000  # rows that the cells of some 70 rows are drawn from: more take seconds where columns are many
TOLERANCE = 1e-9
EXTREMES = (1e308, -1e308, 5e-324, -0.0, float(2**53 + 2), "1e999", "-7", "0")
ODD_TEXT = ("", " ", "?", "Straße İstanbul ς", "漢字 🚀 e\u0301", "'; drop table x; --", "a\tb\nc", "\u202eabc")

Cells = Sequence[Cell] | NDArray[np.generic]


class Answers(Protocol):
    """What gives answers to raw rows: `automl.bundle.scorer.Scorer`."""

    columns: list[str]
    decisions: dict[Cell, Cell]

    def answers(self, rows: Sequence[Mapping[str, object]]) -> list[list[Cell]]:
        """The output columns for one chunk of raw rows."""


def synthetic(rows: Rows, columns: Sequence[Column], *, seed: int, n: int = 64) -> list[dict[str, object]]:
    """`n` rows whose cells are drawn column by column from `rows`, then the extremes.

    No two cells of a row come from the same real row, and none is one that fewer than `SEEN` rows have (see
    `golden_cells`). Extremes: everything missing, each column at its smallest and at its largest such cell, unseen
    levels, odd unicode, numbers at the edge of float64. Key columns never enter.
    """
    from automl.bundle.golden_cells import cells_of

    draw = np.random.default_rng(seed)
    sample = draw.permutation(rows.n)[:SAMPLE]
    margins = {
        column.name: cells_of(rows.raw[column.name], rows.frame[column.name], column.reader, sample)
        for column in columns
    }
    drawn = [{name: _pick(cells.drawn, draw) for name, cells in margins.items()} for _ in range(n)]
    ends: list[dict[str, object]] = [
        {name: cells.low for name, cells in margins.items()},
        {name: cells.high for name, cells in margins.items()},
    ]
    missing: list[dict[str, object]] = [dict.fromkeys(margins, blank) for blank in (None, "")]
    odd = [
        {column.name: (text if _is_text(column) else extreme) for column in columns}
        for text, extreme in zip(ODD_TEXT, EXTREMES, strict=True)
    ]
    return [_in_parts(row, columns) for row in drawn + ends + missing + odd]


def _in_parts(row: dict[str, object], columns: Sequence[Column]) -> dict[str, object]:
    """A raw row: what is read from several cells stands in them, unless they are columns of their own."""
    raw = dict(row)
    for column in columns:
        parts = column.reader.get("parts")
        if parts:
            text = raw.pop(column.name)
            cells = str(text or "").split(" ")
            given = cells if len(cells) == len(parts) else [text] * len(parts)
            raw = dict(zip(parts, given, strict=True)) | raw
    return raw


def answers(scorer: Answers, rows: Sequence[Mapping[str, object]]) -> dict[str, list[Cell]]:
    """The scorer's answers by output column, decisions as text."""
    return dict(zip(scorer.columns, scorer.answers(rows), strict=True))


def typed_answers(scorer: Answers, rows: Sequence[Mapping[str, object]]) -> dict[str, list[Cell]]:
    """The same, with a decision that is a label as people get it: in the type of the target."""
    found = answers(scorer, rows)
    if scorer.decisions:
        found["decision"] = [scorer.decisions[text] for text in found["decision"]]
    return found


def encode(expected: Mapping[str, Sequence[object]]) -> bytes:
    """Answers as JSON; a number that JSON cannot write is a text such as "nan"."""
    table = {name: [_cell(value) for value in column] for name, column in expected.items()}
    return json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def decode(content: bytes) -> dict[str, list[Cell]]:
    """Answers as `encode` wrote them; `differences` understands them."""
    table = json.loads(content)
    if not isinstance(table, dict):
        raise BundleError("golden/expected.json is no table of answers")
    return table


def differences(expected: Mapping[str, Cells], found: Mapping[str, Cells]) -> list[str]:
    """A sentence for each cell that differs: labels at all or in type, numbers by more than 1e-9·max(1, |x|)."""
    if set(expected) != set(found):
        return [f"the columns are {sorted(found)}, expected {sorted(expected)}"]
    wrong = []
    for name, column in expected.items():
        if len(column) != len(found[name]):
            return [f"{name} has {len(found[name])} rows, expected {len(column)}"]
        for row, (want, got) in enumerate(zip(column, found[name], strict=True)):
            if not _same(want, got):
                wrong.append(f"row {row}: {name} is {got!r}, expected {want!r}")
    return wrong


def _pick(cells: Sequence[object], draw: np.random.Generator) -> object:
    return cells[int(draw.integers(len(cells)))] if cells else None


def _is_text(column: Column) -> bool:
    return column.wire in {"category", "text"}


def _cell(value: object) -> object:
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _same(want: Cell, got: Cell) -> bool:
    if not isinstance(got, float):
        return _type(want) is _type(got) and bool(want == got)
    a, b = float(want), float(got)  # a text such as "nan" is a number that JSON cannot write
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= TOLERANCE * max(1.0, abs(a))


def _type(cell: Cell) -> type:
    """1 is no True and no "1"."""
    return next(kind for kind in (bool, int, float, str) if isinstance(cell, kind))
