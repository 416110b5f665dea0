"""Columns of nothing but plain decimals, found in all columns at once: a guess for each of thousands takes its time."""

from __future__ import annotations

import polars as pl

from automl.data.infer.column_types import Guess
from automl.data.read.frames import PLAIN_NUMBER
from automl.data.read.scalars import BLANKS

DECIMALS = Guess(wire="number", reason="numbers written as text")
CODED = r"^[+-]?0[0-9]"  # leading zeros are those of a code


def plain_numbers(raw: pl.DataFrame) -> dict[str, pl.Series]:
    """The values (Float64, null where empty) of the text columns that need no guess: `guess` says `DECIMALS` of them.

    Each text is a plain number, and not all are whole: whole numbers may be dates, codes or ids.
    """
    text = raw.select(pl.col(pl.String).str.strip_chars(BLANKS).replace("", None))
    if not text.width:
        return {}
    written = pl.all().str.contains(PLAIN_NUMBER) & ~pl.all().str.contains(CODED)
    plain = _those(text, written.fill_null(value=True).all())
    numbers = plain.select(pl.all().cast(pl.Float64, strict=False))
    finite = _those(numbers, pl.all().is_finite().fill_null(value=True).all())
    whole = pl.all().cast(pl.Int64, strict=False).is_null() & pl.all().is_not_null()
    broken = {*_those(plain, whole.any()).columns}
    return {series.name: series for series in finite.get_columns() if series.name in broken}


def _those(frame: pl.DataFrame, flags: pl.Expr) -> pl.DataFrame:
    """The columns of `frame` of which `flags`, one for each, are true."""
    if not frame.width:
        return frame
    told = frame.select(flags).row(0)
    return pl.DataFrame([series for series, flag in zip(frame.get_columns(), told, strict=True) if flag])
