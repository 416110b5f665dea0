"""Arithmetic and date parts of values at one row."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from automl.features.relational.compute.transform import SECOND, transform, transform_one
from automl.features.relational.definition import TransformOp

NAN = math.nan
NONE = np.array([math.inf])
NOON = 1_719_835_200.0 * SECOND  # Monday, 2024-07-01 12:00 UTC


@pytest.mark.parametrize(
    ("op", "of", "result"),
    [
        ("add", (1.0, 2.0), 3.0),
        ("subtract", (1.0, 2.0), -1.0),
        ("divide", (1.0, 2.0), 0.5),
        ("divide", (1.0, 0.0), NAN),
        ("add", (1.7e308, 1.7e308), NAN),
        ("absolute", (-2.0,), 2.0),
        ("absolute", (NAN,), NAN),
    ],
)
def test_numbers_are_finite_or_missing(op: str, of: tuple[float, ...], result: float) -> None:
    """What cannot be computed, and what would be infinite, is missing."""
    found = transform(op, tuple(np.array([value]) for value in of), NONE, "UTC")
    np.testing.assert_array_equal(found, [result])


@pytest.mark.parametrize(
    ("op", "zone", "result"),
    [
        ("year", "UTC", 2024),
        ("month", "UTC", 7),
        ("day", "UTC", 1),
        ("weekday", "UTC", 0),
        ("hour", "UTC", 12),
        ("minute", "UTC", 0),
        ("hour", "Europe/Berlin", 14),
        ("day", "Pacific/Kiritimati", 2),
    ],
)
def test_parts_of_a_date_are_of_local_time(op: str, zone: str, result: float) -> None:
    """Monday is 0; a missing date has no parts."""
    found = transform(op, (np.array([NOON, NAN]),), NONE, zone)
    np.testing.assert_array_equal(found, [result, NAN])


def test_an_age_is_in_seconds_and_never_from_the_future() -> None:
    """From a date to the cutoff; missing where it is at the cutoff or after it."""
    dates = np.array([NOON - 60 * SECOND, NOON, NOON + SECOND, NAN])
    np.testing.assert_array_equal(transform("since", (dates,), np.full(4, NOON), "UTC"), [60.0, NAN, NAN, NAN])


@settings(max_examples=100)
@given(st.floats(), st.one_of(st.floats(), st.floats(-6e16, 6e16)), st.floats())
@example(NOON, -62_135_596_800.0 * SECOND, math.inf)  # the first moment of the year 1
@example(0.5, 253_370_764_800.0 * SECOND - 0.25, 1.5)  # the last one of the year 9998, rounded to the next
def test_one_has_the_bits_of_many(a: float, b: float, cutoff: float) -> None:
    """Each operation in plain numbers, of whatever size: dates before the year 1 and after 9999, too."""
    for op in get_args(TransformOp):
        of = (b, a) if op in {"add", "subtract", "divide"} else (b,)
        many = transform(op, tuple(np.array([value]) for value in of), np.array([cutoff]), "UTC")
        assert transform_one(op, of, cutoff, "UTC").hex() == float(many[0]).hex()
