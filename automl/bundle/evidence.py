"""evidence.parquet: the rows that decisions are judged on, as a bundle keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from automl.bundle.golden_cells import DAY
from automl.bundle.golden_text import written
from automl.data.read.frames import read_column
from automl.data.rows import Column, Rows

DIGITS = 3  # that numbers keep where rows are rounded
PRICED = "cost:"  # how evidence.parquet marks the columns that costs and today's rule name


def evidence(
    rows: Rows,
    prediction: NDArray[np.float64],
    *,
    part: Literal["oof", "test"],
    costs: Sequence[str] = (),
    expected: Mapping[str, NDArray[np.float64]] | None = None,
    bins: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The rows of one part: `part`, `y`, `p` (or `p_0`..`p_k`, `prediction`'s columns), weight, time, group, `costs`.

    `prediction` is [n, 1] or [n, classes]. Rows without a prediction (NaN) are left out. `costs` are the raw columns
    that costs and today's rule name, `expected` what is expected of amounts that are known only afterwards [n], by the
    column's name. `bins` [n, d] are the reference codes of the rows (see `bundle.reference`). Parts may be joined by
    `polars.concat`.
    """
    wide = prediction.reshape(rows.n, -1)
    names = ["p"] if wide.shape[1] == 1 else [f"p_{code}" for code in range(wide.shape[1])]
    columns: dict[str, object] = {"part": pl.repeat(part, rows.n, dtype=pl.String, eager=True), "y": rows.y}
    columns |= dict(zip(names, wide.T, strict=True))
    optional: Mapping[str, object] = {"weight": rows.weight, "time": rows.time, "group": rows.group}
    columns |= {name: values for name, values in optional.items() if values is not None}
    columns |= {f"{PRICED}{name}": rows.raw[name] for name in costs} | dict(expected or {})
    columns |= {} if bins is None else bins.to_dict()
    return pl.DataFrame(columns).filter(pl.Series(np.isfinite(wide).all(axis=1)))


def lessened(
    rows: pl.DataFrame, keep: Literal["rows", "rounded", "none"], columns: Sequence[Column], *, numbers: bool
) -> pl.DataFrame:
    """What of the evidence a bundle keeps: all of it; numbers of three digits and whole days; or no row.

    `columns` are those of the source: they say how the cells of costs are read and written. `numbers` says that `y`
    is a number, and no code of a class.
    """
    if keep == "rows":
        return rows
    if keep == "none":
        return rows.clear()
    priced = [_coarse(rows[f"{PRICED}{one.name}"], one) for one in columns if f"{PRICED}{one.name}" in rows.columns]
    exact = cs.by_name("group", "time", *(() if numbers else ("y",)), require_all=False) | cs.starts_with(PRICED)
    days = cs.by_name("time", require_all=False) // DAY * DAY
    return rows.with_columns((cs.float() - exact).round_sig_figs(DIGITS), days, *priced)


def _coarse(cells: pl.Series, column: Column) -> pl.Series:
    """The cells of a column of numbers or moments with fewer digits, written as the column writes them."""
    if column.wire not in {"number", "date"}:
        return cells
    read = read_column(column.reader, cells)
    rounded = read // DAY * DAY if column.wire == "date" else read.round_sig_figs(DIGITS)
    if cells.dtype != pl.String:
        moments = (
            (rounded.fill_nan(None).cast(pl.Int64).cast(pl.Datetime("us"))) if cells.dtype.is_temporal() else rounded
        )
        return moments.cast(cells.dtype, strict=False).alias(cells.name)
    texts = [None if number is None else written(column.reader, number) for number in rounded.fill_nan(None).to_list()]
    return pl.Series(cells.name, texts, dtype=pl.String)
