"""What each aggregation gives for a range of rows, and what an empty one gives."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from automl.features.relational.compute import aggregations
from automl.features.relational.compute.aggregations import family, of_rows, of_values
from automl.features.relational.compute.ranges import Ranges
from automl.features.relational.compute.transform import DAY, SECOND
from automl.features.relational.definition import AggregationOp

NAN = math.nan
TIME = np.arange(5) * DAY
VALUES = np.array([1.0, 3.0, NAN, 4.0, 8.0])
WHOLE, FIRST_TWO, EMPTY = 0, 1, 2
RANGES = Ranges(
    offsets=np.array([0, 5]), segment=np.zeros(3, dtype=int), start=np.array([0, 0, 2]), end=np.array([5, 2, 2])
)


@pytest.mark.parametrize(
    ("op", "whole", "first_two", "empty"),
    [
        ("count", 5.0, 2.0, 0.0),
        ("time_since_first", 10 * 86_400.0, 10 * 86_400.0, NAN),
        ("time_since_last", 6 * 86_400.0, 9 * 86_400.0, NAN),
        ("avg_time_between", 86_400.0, 86_400.0, NAN),
    ],
)
def test_rows_are_counted_and_timed(op: AggregationOp, whole: float, first_two: float, empty: float) -> None:
    """Times in seconds to the cutoff; of no row there is a count of 0 and no time."""
    found = of_rows(op, RANGES, TIME, np.full(3, 10 * DAY))
    np.testing.assert_array_equal(found, [whole, first_two, empty])


def test_a_table_without_rows_has_no_times() -> None:
    """Nothing is looked up in nothing."""
    none = Ranges(offsets=np.zeros(2, int), segment=np.zeros(1, int), start=np.zeros(1, int), end=np.zeros(1, int))
    assert np.isnan(of_rows("time_since_last", none, np.empty(0), np.array([1.0]))).all()
    assert np.isnan(of_values([("last", 0)], [np.empty(0)], none, np.empty(0))[0]).all()


@pytest.mark.parametrize(
    ("op", "whole", "first_two", "empty"),
    [
        ("sum", 16.0, 4.0, 0.0),
        ("mean", 4.0, 2.0, NAN),
        ("min", 1.0, 1.0, NAN),
        ("max", 8.0, 3.0, NAN),
        ("std", math.sqrt(26 / 3), math.sqrt(2.0), NAN),
        ("skew", 0.9406609206739718, NAN, NAN),  # scipy.stats.skew([1, 3, 4, 8], bias=False)
        ("median", 3.5, 2.0, NAN),
        ("mode", 1.0, 1.0, NAN),
        ("num_unique", 4.0, 2.0, NAN),
        ("first", 1.0, 1.0, NAN),
        ("last", 8.0, 3.0, NAN),
        ("trend", 1.5, NAN, NAN),
        ("entropy", math.log(5), math.log(2), NAN),
    ],
)
def test_values_are_aggregated(op: AggregationOp, whole: float, first_two: float, empty: float) -> None:
    """Missing values do not count, but for entropy; too few values have no spread, skew or trend."""
    (found,) = of_values([(op, 0)], [VALUES], RANGES, TIME)
    np.testing.assert_allclose(found, [whole, first_two, empty], rtol=1e-10)


def test_a_share_of_true_counts_missing_as_false() -> None:
    """Of five flags two are true."""
    (found,) = of_values([("percent_true", 0)], [np.array([1.0, 0.0, NAN, 0.0, 1.0])], RANGES, TIME)
    np.testing.assert_array_equal(found, [0.4, 0.5, NAN])


def test_values_of_no_spread_are_level() -> None:
    """Equal values have a skew of 0, and what happened at one moment a trend of 0."""
    level = np.full(5, 2.0)
    assert of_values([("skew", 0)], [level], RANGES, TIME)[0][WHOLE] == 0.0
    assert of_values([("trend", 0)], [VALUES], RANGES, np.zeros(5))[0][WHOLE] == 0.0


@pytest.mark.parametrize("unit", [2.0**-60, 1e-9, 1e9, 2.0**60])
def test_the_skew_does_not_hang_on_the_unit(unit: float) -> None:
    """Values in nanograms are as skewed as in tons; what differs by rounding alone is level in each."""
    rounded = np.array([0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2, 0.3])
    even = np.array([1.1, 2.2, 3.3, 4.4, 5.5])
    skews = of_values(
        [("skew", 0), ("skew", 1), ("skew", 2)], [VALUES * unit, rounded * unit, even * unit], RANGES, TIME
    )
    assert [found[WHOLE] for found in skews] == [pytest.approx(0.9406609206739718), 0.0, pytest.approx(0.0, abs=1e-12)]


def test_wide_tables_are_folded_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many columns are held side by side, each has its own answer, in the order asked."""
    values = [VALUES, VALUES * 2, VALUES * 3]
    asked: list[tuple[AggregationOp, int]] = [("sum", 2), ("mean", 0), ("sum", 0), ("max", 1)]
    whole = of_values(asked, values, RANGES, TIME)
    monkeypatch.setattr(aggregations, "CELLS", 5)
    for one, other in zip(whole, of_values(asked, values, RANGES, TIME), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [found[WHOLE] for found in whole] == [48.0, 4.0, 16.0, 16.0]


def test_every_operation_has_a_family() -> None:
    """Those of one cost little more than one; a second is a million microseconds."""
    families = {family(op) for op in get_args(AggregationOp)}
    assert families == {"sums", "moments", "extremes", "comoments", "ordered", "ends"}
    assert DAY == 86_400 * SECOND


@pytest.mark.parametrize("together", [1, 4, 250_000])
def test_ranges_give_the_same_bits_in_any_company(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    """Equal, empty and overlapping ranges, in any order, some segments at a time: as each range alone."""
    monkeypatch.setattr(aggregations, "TOGETHER", together)
    rng = np.random.default_rng(5)
    offsets = np.array([0, 3, 3, 9, 20])
    segment = rng.integers(0, 4, 60)
    end = offsets[segment] + (rng.random(60) * (np.diff(offsets)[segment] + 1)).astype(int)
    start = np.maximum(offsets[segment], end - rng.choice([2, 100], 60))
    values = [np.where(rng.random(20) < 0.2, NAN, np.round(rng.normal(size=20), 1)) for _ in range(2)]
    time = np.sort(rng.integers(0, 50, 20)) * DAY
    asked = [(op, i) for op in (*aggregations.FOLDED, *aggregations.OPS, "first", "last") for i in range(2)]
    many = of_values(asked, values, Ranges(offsets=offsets, segment=segment, start=start, end=end), time)
    for i in range(60):
        key = slice(offsets[segment[i]], offsets[segment[i] + 1])  # one row touches the rows of its key only
        own = Ranges(
            offsets=np.array([0, key.stop - key.start]),
            segment=np.zeros(1, int),
            start=start[i : i + 1] - key.start,
            end=end[i : i + 1] - key.start,
        )
        alone = of_values(asked, [column[key] for column in values], own, time[key])
        assert [column[i].tobytes() for column in many] == [column[0].tobytes() for column in alone]
