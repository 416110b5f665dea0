"""Dates beyond the calendar: cycles as points on a circle, week and weekend, and the days between two dates."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.steps.date import DAY, parts
from automl.ops import expr as ops

DATES = 4
CYCLES = {"hour": (0, 24), "day of week": (0, 7), "month": (1, 12), "day of year": (1, 366)}  # first value, length
MINUTE = 60e6  # microseconds
WEEKEND = 5.0  # Saturday


def _propose(survey: Survey) -> tuple[Ask, ...]:
    names = [column.name for column in survey.best("date")][:DATES]
    return tuple(
        Ask(step="dates", columns=columns)
        for columns in [*((name,) for name in names), *itertools.combinations(names, 2)]
    )


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    """One date: its cycles. Two dates: the time from the second to the first."""
    del sample
    if len(columns) > 1:
        first, second = (column.name for column in columns)
        apart = ops.Divide(ops.Subtract(ops.Column(first), ops.Column(second)), ops.constant(DAY))
        return (made(f"{first}: days since {second}", (first, second), apart),)
    name = columns[0].name
    date = ops.Column(name)
    known = parts(date)
    found = [
        made(f"{name}: {function} of {part}", (name,), ops.Take(_step(known[part], first, length), table))
        for part, (first, length) in CYCLES.items()
        for function, table in _circle(length).items()
    ]
    weekday = known["day of week"]
    weekend = ops.AsNumber(ops.LessEqual(ops.constant(WEEKEND), weekday))
    week = ops.Floor(ops.Divide(ops.Subtract(known["day of year"], ops.constant(1.0)), ops.constant(7.0)))
    time = ops.Subtract(date, ops.Multiply(known["day number"], ops.constant(DAY)))
    minute = ops.Floor(ops.Divide(time, ops.constant(MINUTE)))
    gone = ops.IsMissing(date)
    return (
        *found,
        made(f"{name}: weekend", (name,), ops.Where(gone, ops.constant(np.nan), weekend)),
        made(f"{name}: week", (name,), week),
        made(f"{name}: minute of day", (name,), minute),
    )


def _step(part: ops.Expr, first: int, length: int) -> ops.AsIndex:
    return ops.AsIndex(ops.Subtract(part, ops.constant(float(first))), length + 1)


def _circle(length: int) -> dict[str, np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Sine and cosine by step; the row behind the last is for missing dates."""
    angle = 2.0 * np.pi * np.arange(length) / length
    return {
        name: np.append(function(angle), np.nan).reshape(-1, 1)
        for name, function in (("sine", np.sin), ("cosine", np.cos))
    }


dates = Joint(name="dates", propose=_propose, fit=_fit)
