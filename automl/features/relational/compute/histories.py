"""What histories give at many rows at once: ranges of rows that are known, and what is folded over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from automl.features.relational.compute import aggregations
from automl.features.relational.compute.order_statistics import parts
from automl.features.relational.compute.query_plan import History, QueryPlan, ValueAggregation
from automl.features.relational.compute.ranges import Floats, Ints, Ranges, expand
from automl.features.relational.compute.values import Place, Values
from automl.features.relational.compute.view import View
from automl.features.relational.definition import AggregationOp, Condition, Hop

Asked = tuple[AggregationOp, int]  # of which value of a plan
PAIRS = 1_000_000  # of a row and a cutoff whose values are computed at once


class Tables(Protocol):
    """What histories are found in, as a `QueryEngine` has it."""

    def view(self, path: tuple[Hop, ...], where: Condition | None = None) -> View:
        """The rows that `path` leads to, by key; of these the ones that fulfil `where`."""

    def in_order(self, history: History) -> list[Values]:
        """Its values, which do not move, for each row of the view."""

    def at(self, table: str, rows: Ints, plan: QueryPlan, cutoff: Floats | None = None) -> list[Values]:
        """The values of `plan` at these rows of a table, each at its cutoff, else where all is known."""


def aggregate(engine: Tables, history: History, place: Place, slots: dict[int, Values]) -> None:
    """What a history gives at each row of `place`, into `slots`."""
    view, key, cutoff = engine.view(history.path, history.where), place.key(history.path), place.cutoff
    at = slice(None)
    if len(key) == 1 and len(view.offsets) > 1:  # one row touches the rows of its key only
        view, at = view.slice(max(int(key[0]), 0))
        key = np.minimum(key, 0)
    order = _by_key_and_cutoff(key, cutoff)  # what lies together in memory is read together
    key, cutoff = key[order], cutoff[order]
    windows = tuple(dict.fromkeys(item.window for item in (*history.of_rows, *history.of_values)))
    ranges = dict(zip(windows, view.ranges(key, cutoff, windows), strict=True))
    for item in history.of_rows:
        data = aggregations.of_rows(item.op, ranges[item.window], view.time, cutoff)
        slots[item.slot] = Values(_back(data, order))
    for family in _families(history.of_values):
        within = tuple(dict.fromkeys(item.window for item in family))
        stacked = _stack([ranges[window] for window in within])
        if history.moving:
            folded = _moving(engine, history, _asked(family), view, stacked, np.tile(cutoff, len(within)))
        else:
            folded = _still(engine, history, _asked(family), view, stacked, at)
        for one in family:
            values = folded[one.op, one.value]
            part = values.data.reshape(len(within), -1)[within.index(one.window)]
            slots[one.slot] = Values(_back(part, order), values.levels)


def _still(
    engine: Tables, history: History, asked: list[Asked], view: View, ranges: Ranges, at: slice
) -> dict[Asked, Values]:
    leaves = engine.in_order(history)
    folded = aggregations.of_values(asked, [leaf.data[at] for leaf in leaves], ranges, view.time)
    return {key: _values(key[0], data, leaves[key[1]]) for key, data in zip(asked, folded, strict=True)}


def _moving(
    engine: Tables, history: History, asked: list[Asked], view: View, ranges: Ranges, cutoff: Floats
) -> dict[Asked, Values]:
    """Each row at each cutoff has a value of its own: O(m) for m pairs of both, distinct (key, cutoff) once."""
    new = _new(ranges.start, ranges.end, cutoff)
    start, end, cutoff, which = ranges.start[new], ranges.end[new], cutoff[new], np.cumsum(new) - 1
    pieces: list[list[Values]] = []
    for part in parts(end - start, PAIRS) if len(cutoff) else [slice(0, 0)]:
        owner, row = expand(start[part], end[part])
        values = engine.at(history.table, view.rows[row], history.plan, cutoff[part][owner])
        own = _whole((end - start)[part])
        folded = aggregations.of_values(asked, [value.data for value in values], own, view.time[row])
        pieces.append([_values(op, data, values[i]) for (op, i), data in zip(asked, folded, strict=True)])
    return {
        key: Values(np.concatenate([piece[i].data for piece in pieces])[which], pieces[0][i].levels)
        for i, key in enumerate(asked)
    }


def _families(items: Sequence[ValueAggregation]) -> list[list[ValueAggregation]]:
    """Aggregations that are folded together."""
    families: dict[str, list[ValueAggregation]] = {}
    for item in items:
        families.setdefault(aggregations.family(item.op), []).append(item)
    return list(families.values())


def _by_key_and_cutoff(key: Ints, cutoff: Floats) -> Ints:
    order = np.argsort(cutoff)
    return order[np.argsort(key[order], kind="stable")]


def _new(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where any of the columns differs from the row before; the first row does."""
    new = np.ones(len(columns[0]), dtype=np.bool_)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return new


def _back(data: Floats, order: Ints) -> Floats:
    """Sorted data in the order of the rows."""
    unsorted = np.empty_like(data)
    unsorted[order] = data
    return unsorted


def _asked(items: Sequence[ValueAggregation]) -> list[Asked]:
    return list(dict.fromkeys((item.op, item.value) for item in items))


def _values(op: str, data: Floats, of: Values) -> Values:
    return Values(data, of.levels if op in {"mode", "first", "last"} else None)


def _stack(ranges: Sequence[Ranges]) -> Ranges:
    if len(ranges) == 1:
        return ranges[0]
    return Ranges(
        offsets=ranges[0].offsets,
        segment=np.concatenate([r.segment for r in ranges]),
        start=np.concatenate([r.start for r in ranges]),
        end=np.concatenate([r.end for r in ranges]),
    )


def _whole(length: Ints) -> Ranges:
    """Ranges of these lengths, one after the other, each a segment of its own."""
    offsets = np.concatenate([[0], np.cumsum(length)])
    return Ranges(offsets=offsets, segment=np.arange(len(length)), start=offsets[:-1], end=offsets[1:])
