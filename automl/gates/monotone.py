"""The gate on directions: the finished model over a grid, whatever its learners promised."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from automl.bundle.scorer import Row, Scorer, chunks
from automl.bundle.tables import open_scorer
from automl.errors import DataError
from automl.gates.base import Gate, GateVerdict, Limit, Measured

T = TypeVar("T")

POINTS, ROWS = 40, 40
TOLERANCE = 1e-9  # of the largest prediction: sums of many trees round
LARGEST = 1e300
PROTOCOL = (
    "the bundle's own answers to up to 40 golden rows, each with the column set to up to 40 values that the golden "
    "rows have of it, in their order; the figure is the largest step of the prediction in the wrong direction"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    directions = limit if isinstance(limit, Mapping) else {}
    if not directions:
        return ()
    golden = measured.folder / "golden"
    rows: list[Row] = json.loads((golden / "rows.json").read_text(encoding="utf-8"))
    scorer = open_scorer(measured.folder, _tables(golden))
    return tuple(_one(scorer, rows, column, way) for column, way in directions.items())


def _tables(golden: Path) -> Mapping[str, list[Row]] | None:
    beside = golden / "tables.json"
    found: Mapping[str, list[Row]] | None = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else None
    return found


def _one(scorer: Scorer, rows: Sequence[Row], column: str, way: str) -> GateVerdict:
    grid = _grid(scorer, rows, column) if column in scorer.needed else []
    bases = _spread(rows, ROWS)
    # the bundle answers in chunks: all rows and all values are one question
    asked = [{**row, column: cell} for row in bases for cell in grid] if len(grid) > 1 else []
    values = [float(cell) for chunk in chunks(asked, scorer.chunk_rows) for cell in scorer.answers(chunk)[0]]
    sign = 1.0 if way == "increasing" else -1.0
    runs = [values[at : at + len(grid)] for at in range(0, len(values), max(1, len(grid)))]
    steps = [sign * (before - after) for run in runs for before, after in pairwise(run)]
    worst = max([0.0, *steps])
    ok = worst <= TOLERANCE * max([1.0, *map(abs, values)])
    told = f"the prediction is {way} in {column}" if ok else f"the prediction is not {way} in {column}"
    how = f"{len(grid)} values on {len(bases)} rows" if grid else "the model does not look at it"
    return GateVerdict(
        gate=f"monotone.{column}",
        ok=ok,
        measured=worst,
        limit=0.0,
        unit="",
        reason=f"{told} ({how}; the largest step the wrong way is {worst:.3g})",
        protocol=PROTOCOL,
        raw={"values": len(grid), "rows": len(bases), "wrong_steps": sum(step > 0.0 for step in steps)},
    )


def _grid(scorer: Scorer, rows: Sequence[Row], column: str) -> list[object]:
    """Raw cells of the column in the order of their numbers, spread over all that the golden rows have."""
    entry = next((entry for entry in scorer.reader["columns"] if entry["name"] == column), None)
    if entry is None or entry["wire"] != "number":
        raise DataError("a direction needs a column that is read as a number", where=f"limits.monotone.{column}")
    from automl.data.read.reader import read_row

    cells: dict[float, object] = {}
    for row in rows:
        value = float(read_row({"columns": [entry]}, row)[column])
        if math.isfinite(value) and abs(value) < LARGEST:
            cells.setdefault(value, row[column])
    return _spread([cells[value] for value in sorted(cells)], POINTS)


def _spread(items: Sequence[T], most: int) -> list[T]:
    """At most `most` of the items, evenly, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


monotone = Gate(name="monotone", judge=_judge)
