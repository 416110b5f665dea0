"""Arithmetic and date parts of values at one row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.relational.compute.range_aggregates import Floats
from automl.features.relational.definition import TransformOp

SECOND = 1e6  # microseconds
Moments = NDArray[np.datetime64]


def transform(op: TransformOp, of: tuple[Floats, ...], cutoff: Floats, timezone: str) -> Floats:
    """`op` of values [n] (dates in microseconds UTC); what is not finite is missing."""
    with np.errstate(all="ignore"):
        match op:
            case "add":
                result = of[0] + of[1]
            case "subtract":
                result = of[0] - of[1]
            case "divide":
                result = of[0] / of[1]
            case "absolute":
                result = np.abs(of[0])
            case "since":
                result = np.where(of[0] < cutoff, (cutoff - of[0]) / SECOND, np.nan)
            case _:
                result = _part(op, of[0], timezone)
    return np.where(np.isfinite(result), result, np.nan)


def _part(op: str, date: Floats, timezone: str) -> Floats:
    moment = np.where(np.isnan(date), 0.0, np.round(date)).astype("datetime64[us]")
    if timezone != "UTC":
        local = pl.Series(moment).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
        moment = local.dt.replace_time_zone(None).to_numpy()
    part = _PARTS[op](moment).astype(np.float64)
    return np.where(np.isnan(date), np.nan, part)


def _count(moment: Moments, unit: str, within: str) -> NDArray[np.int64]:
    """How many of `unit` have passed since the last turn of `within`."""
    passed = moment.astype(f"datetime64[{unit}]") - moment.astype(f"datetime64[{within}]")
    return np.asarray(passed.astype(np.int64))


_PARTS: dict[str, Callable[[Moments], NDArray[np.int64]]] = {
    "year": lambda moment: moment.astype("datetime64[Y]").astype(np.int64) + 1970,
    "month": lambda moment: _count(moment, "M", "Y") + 1,
    "day": lambda moment: _count(moment, "D", "M") + 1,
    "weekday": lambda moment: (moment.astype("datetime64[D]").astype(np.int64) + 3) % 7,  # 1970 began on a Thursday
    "hour": lambda moment: _count(moment, "h", "D"),
    "minute": lambda moment: _count(moment, "m", "h"),
}
