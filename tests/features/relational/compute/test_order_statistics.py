"""Medians, modes, distinct values and entropy of many ranges."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.relational.compute import order_statistics as module
from automl.features.relational.compute.order_statistics import OPS, order_statistics, parts
from automl.features.relational.compute.ranges import Floats, Ranges

VALUES = st.sampled_from([math.nan, -math.inf, -1.5, -0.0, 0.0, 2.0, 2.5, 7.0, math.inf])
HISTORIES = st.lists(st.lists(VALUES, max_size=25), min_size=1, max_size=4)
WINDOWS = st.lists(st.sampled_from([1, 3, 8, 100]), min_size=1, max_size=3)
WAYS = {"sorted each": (10**9, 250_000), "swept": (0, 250_000), "both": (2, 250_000), "in parts": (2, 3)}


def asked(histories: list[list[float]], windows: list[int], seed: int) -> tuple[Floats, Ranges]:
    """Windows that end somewhere in the history of some key, many of them equal or empty, in any order."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum([len(rows) for rows in histories])])
    segment = rng.integers(0, len(histories), 40)
    end = offsets[segment] + (rng.random(40) * (np.diff(offsets)[segment] + 1)).astype(int)
    start = np.maximum(offsets[segment], end - rng.choice(windows, 40))
    values = np.array([value for rows in histories for value in rows], dtype=np.float64)
    return values, Ranges(offsets=offsets, segment=segment, start=start, end=end)


def found(monkeypatch: pytest.MonkeyPatch, way: str, values: Floats, ranges: Ranges) -> dict[str, Floats]:
    often, together = WAYS[way]
    monkeypatch.setattr(module, "OFTEN", often)
    monkeypatch.setattr(module, "TOGETHER", together)
    monkeypatch.setattr(module, "ROWS", 3 if way == "in parts" else 1_000)
    return order_statistics(list(OPS), values, ranges)


def expected(rows: list[float]) -> dict[str, float]:
    """By Python's own counting."""
    there = [v for v in rows if not math.isnan(v)]
    counted = Counter("missing" if math.isnan(v) else v for v in rows)
    return {
        "median": median(there) if there else math.nan,
        "mode": min(there, key=lambda v: (-there.count(v), v)) if there else math.nan,
        "num_unique": float(len(set(there))) if rows else math.nan,
        "entropy": -sum(c / len(rows) * math.log(c / len(rows)) for c in counted.values()) if rows else math.nan,
    }


@settings(max_examples=60)
@given(HISTORIES, WINDOWS, st.integers(0, 1_000), st.sampled_from(list(WAYS)))
def test_each_range_gives_what_its_values_give(
    histories: list[list[float]], windows: list[int], seed: int, way: str
) -> None:
    """Equal to Python's own counting: ties, missing values, infinities and empty ranges, sorted and swept."""
    values, ranges = asked(histories, windows, seed)
    with pytest.MonkeyPatch.context() as patch:
        many = found(patch, way, values, ranges)
    for i, (start, end) in enumerate(zip(ranges.start, ranges.end, strict=True)):
        for op, value in expected(values[start:end].tolist()).items():
            assert many[op][i] == pytest.approx(value, abs=1e-10, nan_ok=True), op


@settings(max_examples=30)
@given(HISTORIES, WINDOWS, st.integers(0, 1_000))
def test_what_is_asked_beside_a_range_leaves_its_bits(
    histories: list[list[float]], windows: list[int], seed: int
) -> None:
    """Sorted or swept, in parts, with other windows, or alone as one row: the same bits."""
    values, ranges = asked(histories, windows, seed)
    with pytest.MonkeyPatch.context() as patch:
        first, *others = [found(patch, way, values, ranges) for way in WAYS]
        for op in OPS:
            assert all(other[op].tobytes() == first[op].tobytes() for other in others), op
        for i in range(5):
            alone = found(patch, "both", values, _one(ranges, i))
            assert all(alone[op].tobytes() == first[op][i].tobytes() for op in OPS)


def _one(ranges: Ranges, i: int) -> Ranges:
    at = slice(i, i + 1)
    return Ranges(offsets=ranges.offsets, segment=ranges.segment[at], start=ranges.start[at], end=ranges.end[at])


def test_a_range_of_one_value_has_no_entropy() -> None:
    """Exactly 0, not a rounding error, however many rows it has."""
    ranges = Ranges(
        offsets=np.array([0, 1_000]), segment=np.zeros(1_000, int), start=np.zeros(1_000, int), end=np.arange(1, 1_001)
    )
    assert not order_statistics(["entropy"], np.full(1_000, 3.0), ranges)["entropy"].any()


def test_rows_are_looked_at_once_however_often_ranges_go_over_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are sorted or swept, in all, stay the rows of the table: more or longer ranges add none."""
    seen = []

    def counted(_ops: Any, questions: Any) -> Floats:
        seen.append(len(questions.values))
        return np.zeros((1, len(questions.start)))

    monkeypatch.setattr(module, "sweep", counted)
    for keys, each in ((100, 20), (10, 200), (1, 2_000)):
        offsets = np.arange(keys + 1) * each
        segment = np.repeat(np.arange(keys), each)
        end = np.arange(keys * each) + 1
        order_statistics(
            ["median"], np.zeros(len(end)), Ranges(offsets=offsets, segment=segment, start=offsets[segment], end=end)
        )
    assert seen == [2_000, 2_000, 2_000]


def test_parts_hold_at_most_so_many_rows_or_one_range() -> None:
    """Ranges are looked at side by side while they fit; a long one stands alone."""
    cut = list(parts(np.array([2, 2, 9, 0, 1, 3]), 4))
    assert [(part.start, part.stop) for part in cut] == [(0, 2), (2, 3), (3, 6)]
