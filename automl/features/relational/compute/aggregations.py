"""One table of what each aggregation gives for a range of rows, and what an empty one gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from automl.features.relational.compute.folds import FOLDED, SMALLEST
from automl.features.relational.compute.order_statistics import OPS, order_statistics, parts
from automl.features.relational.compute.range_aggregates import comoments, extremes, moments, sums
from automl.features.relational.compute.ranges import Floats, Ints, Ranges, expand
from automl.features.relational.compute.transform import DAY, SECOND
from automl.features.relational.definition import AggregationOp

CELLS = 16_000_000  # of values that are folded side by side
FEW = 16  # windows of one row: too few to look for equal ones
TOGETHER = 250_000  # rows that are folded at a time: what is close in memory is fast


def family(op: AggregationOp) -> str:
    """Operations of one family cost little more than one of them."""
    return FOLDED.get(op) or ("ordered" if op in OPS else "ends")


def of_rows(op: AggregationOp, ranges: Ranges, time: Floats, cutoff: Floats) -> Floats:
    """Counts and times of rows: seconds for times, missing for empty ranges, 0 for a count of none."""
    count = ranges.length
    if op == "count":
        return count.astype(np.float64)
    some = count > 0
    if not len(time):
        return np.full(len(count), np.nan)
    first = time[np.where(some, ranges.start, 0)]
    last = time[np.where(some, ranges.end - 1, 0)]
    if op == "avg_time_between":
        return np.where(count > 1, (last - first) / np.maximum(count - 1, 1) / SECOND, np.nan)
    since = (cutoff - (first if op == "time_since_first" else last)) / SECOND
    return np.where(some & np.isfinite(since), since, np.nan)


def of_values(
    asked: Sequence[tuple[AggregationOp, int]], values: Sequence[Floats], ranges: Ranges, time: Floats
) -> list[Floats]:
    """What each (operation, index in `values`) gives in each range; each of `values` is [n], like `time`.

    Equal ranges are computed once, and some segments at a time: O(n + r log n) time for r distinct ranges, and for
    `OPS` what `order_statistics` says.
    """
    if len(ranges.offsets) == 2 and len(ranges.start) <= FEW:  # noqa: PLR2004  # one key: a row that is scored alone
        return _together(asked, values, ranges, time)
    once, which = ranges.distinct()
    results = np.empty((len(asked), len(once.start)))
    for part, rows, within in _parts(once):
        results[:, part] = _together(asked, [column[rows] for column in values], within, time[rows])
    return [result[which] for result in results]


def _parts(ranges: Ranges) -> Iterator[tuple[slice, Ints, Ranges]]:
    """(which ranges, their rows, the ranges within those rows) for some segments at a time; ranges are in order."""
    first = np.flatnonzero(np.diff(ranges.segment, prepend=-1))
    segments, bounds = ranges.segment[first], np.append(first, len(ranges.segment))
    begin, end = ranges.offsets[segments], ranges.offsets[segments + 1]
    for part in parts(end - begin, TOGETHER):
        which = slice(int(bounds[part.start]), int(bounds[part.stop]))
        _, rows = expand(begin[part], end[part])
        offsets = np.concatenate([[0], np.cumsum((end - begin)[part])])
        segment = np.repeat(np.arange(len(offsets) - 1), np.diff(bounds[part.start : part.stop + 1]))
        shift = (begin[part] - offsets[:-1])[segment]
        within = Ranges(
            offsets=offsets, segment=segment, start=ranges.start[which] - shift, end=ranges.end[which] - shift
        )
        yield which, rows, within


def _together(
    asked: Sequence[tuple[AggregationOp, int]], values: Sequence[Floats], ranges: Ranges, time: Floats
) -> list[Floats]:
    results: dict[tuple[AggregationOp, int], Floats] = {}
    for fold in dict.fromkeys(FOLDED[op] for op, _ in asked if op in FOLDED):
        ops = [(op, index) for op, index in asked if FOLDED.get(op) == fold]
        results |= _folded(fold, ops, values, ranges, time)
    for index in dict.fromkeys(index for op, index in asked if op in OPS):
        named = [op for op, i in asked if op in OPS and i == index]
        together = order_statistics(named, values[index], ranges)
        results |= {(op, index): together[op] for op in named}
    results |= {(op, i): _end(op, values[i], ranges) for op, i in asked if op in {"first", "last"}}
    return [results[key] for key in asked]


def _folded(
    fold: str, ops: list[tuple[AggregationOp, int]], values: Sequence[Floats], ranges: Ranges, time: Floats
) -> dict[tuple[AggregationOp, int], Floats]:
    columns = list(dict.fromkeys(index for _, index in ops))
    width = max(1, CELLS // max(len(time), len(ranges.start), 1))
    results = {}
    for begin in range(0, len(columns), width):
        part = columns[begin : begin + width]
        matrix = np.column_stack([values[index] for index in part])
        state = _state(fold, matrix, ranges, time)
        for op, index in ops:
            if index in part:
                results[op, index] = _result(op, tuple(s[:, part.index(index)] for s in state), ranges)
    return results


def _state(fold: str, values: Floats, ranges: Ranges, time: Floats) -> tuple[Floats, ...]:
    match fold:
        case "sums":
            return sums(values, ranges)
        case "moments":
            return moments(values, ranges)
        case "extremes":
            return extremes(values, ranges)
        case _:
            return comoments(time, values, ranges)


def _result(op: AggregationOp, state: tuple[Floats, ...], ranges: Ranges) -> Floats:
    with np.errstate(all="ignore"):
        match op:
            case "sum":
                return state[1]
            case "min" | "max":  # of 0 and -0 either may be the larger: it is 0
                return state[op == "max"] + 0.0
            case "mean":
                result = np.where(state[0] > 0, state[1] / state[0], np.nan)
            case "percent_true":  # a missing flag counts as false
                result = np.where(ranges.length > 0, state[1] / ranges.length, np.nan)
            case "std":
                result = np.where(state[0] > 1, np.sqrt(state[2] / (state[0] - 1)), np.nan)
            case "skew":
                result = _skew(*state)
            case _:
                result = _slope(*state)
    return result


def _skew(n: Floats, mean: Floats, m2: Floats, m3: Floats) -> Floats:
    """The adjusted Fisher-Pearson coefficient G1 (Joanes and Gill 1998), missing below three values.

    It is the same in any unit of the values; 0 where they differ by rounding alone.
    """
    asymmetry = m3 / (m2 * np.sqrt(m2))  # not m2**1.5: its last digit differs between one number and many
    skew = n * np.sqrt(n - 1) / (n - 2) * np.where(np.abs(asymmetry) < SMALLEST, 0.0, asymmetry)
    equal = np.sqrt(m2) <= SMALLEST * np.sqrt(n) * np.abs(mean)
    return np.where(n < 3, np.nan, np.where(equal, 0.0, skew))  # noqa: PLR2004  # two values have no skew


def _slope(n: Floats, _x: Floats, _y: Floats, xx: Floats, xy: Floats) -> Floats:
    """The least-squares slope for a day, missing below three values, 0 if all are of one moment."""
    return np.where(n < 3, np.nan, np.where(xx == 0, 0.0, xy / xx * DAY))  # noqa: PLR2004  # two points always fit


def _end(op: AggregationOp, values: Floats, ranges: Ranges) -> Floats:
    if not len(values):
        return np.full(len(ranges.start), np.nan)
    some = ranges.length > 0
    at = ranges.start if op == "first" else ranges.end - 1
    return np.where(some, values[np.where(some, at, 0)], np.nan)
