"""Arithmetic and date parts of values at one row."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.features.relational.definition import TransformOp
from automl.features.relational.fold import Floats

SECOND = 1e6  # microseconds


def transform(op: TransformOp, of: tuple[Floats, ...], cutoff: Floats, timezone: str) -> Floats:
    """`op` of values [n] (dates in microseconds UTC); what is not finite is missing."""
    with np.errstate(all="ignore"):
        match op:
            case "add":
                found = of[0] + of[1]
            case "subtract":
                found = of[0] - of[1]
            case "divide":
                found = of[0] / of[1]
            case "absolute":
                found = np.abs(of[0])
            case "since":
                found = np.where(of[0] < cutoff, (cutoff - of[0]) / SECOND, np.nan)
            case _:
                found = _part(op, of[0], timezone)
    return np.where(np.isfinite(found), found, np.nan)


def _part(op: str, date: Floats, timezone: str) -> Floats:
    moment = pl.Series(date, nan_to_null=True).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    local = moment if timezone == "UTC" else moment.dt.convert_time_zone(timezone)
    part = local.dt.weekday() - 1 if op == "weekday" else getattr(local.dt, op)()
    return part.cast(pl.Float64).fill_null(np.nan).to_numpy()
