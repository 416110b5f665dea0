"""The history of one key, ready for any range of its rows: blocks that are merged, and what was asked for before."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from automl.features.relational.compute.entropy import entropy, fixed
from automl.features.relational.compute.folds import (
    COMOMENTS,
    FOLDED,
    MOMENTS,
    SMALLEST,
    SUMS,
    Blocks,
    Fold,
    blocks,
    spans,
)
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.transform import DAY
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import AggregationOp

FOLDS: Mapping[str, Fold] = {"sums": SUMS, "moments": MOMENTS, "comoments": COMOMENTS}
RANGES = 64  # whose results are remembered: those of all windows, for some cutoffs
MOST_CELLS = 16_000_000  # numbers of histories that are held: 128 MB
TOGETHER = 8_000  # values that are folded in one piece: what is close in memory is fast
FEW = 3.0  # rows from which on there is a skew, and a trend

State = Sequence[float]
Asked = tuple[AggregationOp, int]  # of which value
Cell = float | str


@dataclass(frozen=True, slots=True, eq=False)
class KeyHistory:
    """`values` [n] each, of the n rows of a key in the order of their `time`; `folds` names the values of each fold.

    `before` are the blocks of its first rows, by fold, where they are known. What is made of them is made when it is
    first asked for; threads that ask at once may each make it.
    """

    time: Floats
    values: Sequence[Values]
    folds: Mapping[str, Sequence[int]]
    before: dict[tuple[str, int], Blocks] = field(default_factory=dict)
    blocks: dict[tuple[str, int], Blocks] = field(default_factory=dict)
    ranks: dict[int, tuple[Floats, Ints]] = field(default_factory=dict)
    results: dict[tuple[int, int], dict[Asked, Cell]] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """About how many numbers it comes to hold: values, their ranks and levels, and blocks twice the rows."""
        parts = sum(len(FOLDS[fold].empty) * len(values) for fold, values in self.folds.items())
        return len(self.time) * (1 + 3 * len(self.values) + 2 * parts)

    def begins_with(self, other: KeyHistory) -> bool:
        """Whether the first rows are those of the other, so that its blocks are some of these."""
        n = len(other.time)
        ours, theirs = ([held.time, *(of.data for of in held.values)] for held in (self, other))
        return n <= len(self.time) and all(a[:n].tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))

    def aggregated(self, asked: Sequence[Asked], low: int, high: int) -> list[Cell]:
        """Each (operation, value) over the rows `low` to `high - 1`, to the bit what `of_values` gives for them."""
        found = self.results.get((low, high))
        if found is None:
            if len(self.results) >= RANGES:
                self.results.clear()
            found = self.results[low, high] = {}
        lacking = [one for one in asked if one not in found]
        if lacking:
            found.update(self._computed(lacking, low, high))
        return [found[one] for one in asked]

    def _computed(self, asked: Sequence[Asked], low: int, high: int) -> dict[Asked, Cell]:
        results: dict[Asked, Cell] = dict.fromkeys(asked, math.nan)
        pieces = spans(low, high)
        states: dict[tuple[str, int], State] = {}
        counts: dict[int, Ints] = {}
        for op, value in asked:
            fold = FOLDED.get(op, "")
            if fold in FOLDS:
                if (fold, value) not in states:
                    states[fold, value] = self._folded(fold, value, pieces)
                results[op, value] = OF_STATE[op](states[fold, value], high - low)
            elif low < high and fold:
                results[op, value] = float(EXTREMES[op].reduce(self.values[value].data[low:high])) + 0.0
            elif low < high:
                if value not in counts:
                    counts[value] = self._counted(value, low, high)
                results[op, value] = self._of_counts(op, value, counts[value])
        return results

    def _of_counts(self, op: AggregationOp, value: int, counts: Ints) -> Cell:
        found = OF_COUNTS[op](counts, self.ranks[value][0])
        texts = self.values[value].levels if op == "mode" else None
        return found + 0.0 if texts is None or math.isnan(found) else str(texts[int(found)])

    def _folded(self, fold: str, value: int, pieces: Sequence[tuple[int, int]]) -> State:
        if (fold, value) not in self.blocks:
            for together in self._together(self.folds[fold]):
                before = self.before.pop((fold, together[0]), None) if len(together) == 1 else None
                made = blocks(FOLDS[fold], [self.values[index].data for index in together], self.time, before)
                self.blocks.update(zip([(fold, index) for index in together], made, strict=True))
        held, merge = self.blocks[fold, value], FOLDS[fold].merge
        state: State = FOLDS[fold].empty
        for level, block in pieces:
            state = merge(state, held.state(level, block))
        return state

    def _together(self, indices: Sequence[int]) -> Iterator[Sequence[int]]:
        """Values that are folded at once: short ones of which none is missing, or some of each."""
        holed = [bool(np.isnan(self.values[index].data).any()) for index in indices]
        width = max(1, TOGETHER // max(len(self.time), 1))
        for alike in (False, True):
            part = [index for index, has in zip(indices, holed, strict=True) if has == alike]
            yield from (part[begin : begin + width] for begin in range(0, len(part), width))

    def _counted(self, value: int, low: int, high: int) -> Ints:
        """How many rows have each level of a value, and last how many none."""
        if value not in self.ranks:
            self.ranks[value] = _ranked(self.values[value])
        levels, rank = self.ranks[value]
        return np.bincount(rank[low:high], minlength=len(levels) + 1)


class KeyCache:
    """The histories of the keys that were asked for last, as many as `most` numbers allow; threads may share it.

    `before` are those of tables that have had rows added since: a history that begins with one takes its blocks.
    """

    def __init__(self, before: Mapping[Hashable, KeyHistory] | None = None, most: int = MOST_CELLS) -> None:
        self.most = most
        self._before = dict(before or {})
        self._held: OrderedDict[Hashable, KeyHistory] = OrderedDict()
        self._cells = 0
        self._lock = threading.Lock()

    def get(self, name: Hashable, make: Callable[[], KeyHistory]) -> KeyHistory:
        """The history of that name, made where it is not held."""
        with self._lock:
            found = self._held.get(name)
            if found is not None:
                self._held.move_to_end(name)
                return found
            before = self._before.pop(name, None)
        made = make()
        if before is not None and made.begins_with(before):
            made.before.update(before.blocks)
        with self._lock:
            if name not in self._held:
                self._held[name] = made
                self._cells += made.cells
            while self._cells > self.most and len(self._held) > 1:
                self._cells -= self._held.popitem(last=False)[1].cells
        return made

    def continued(self) -> KeyCache:
        """An empty cache for the same tables with more rows."""
        with self._lock:
            return KeyCache({**self._before, **self._held}, self.most)


def _ranked(values: Values) -> tuple[Floats, Ints]:
    """The distinct levels, ascending, and of each row the number of its level: of a missing one how many there are."""
    data = values.data
    if values.levels is not None and len(values.levels) <= len(data):  # codes are ranks already
        levels = np.arange(float(len(values.levels)))
        return levels, np.where(np.isnan(data), len(levels), data).astype(np.int64)
    in_order = np.sort(data)
    new = np.append(True, in_order[1:] != in_order[:-1])[: len(data)]
    levels = in_order[new & ~np.isnan(in_order)]
    return levels, np.searchsorted(levels, data)


def _mean(state: State, _rows: int) -> float:
    return state[1] / state[0] if state[0] > 0 else math.nan


def _percent_true(state: State, rows: int) -> float:
    return state[1] / rows if rows else math.nan


def _std(state: State, _rows: int) -> float:
    return math.sqrt(state[2] / (state[0] - 1)) if state[0] > 1 else math.nan


def _skew(state: State, _rows: int) -> float:
    n, mean, m2, m3 = state
    if n < FEW:
        return math.nan
    if math.sqrt(m2) <= SMALLEST * math.sqrt(n) * abs(mean):
        return 0.0
    asymmetry = _divided(m3, m2 * math.sqrt(m2))
    return n * math.sqrt(n - 1) / (n - 2) * (0.0 if abs(asymmetry) < SMALLEST else asymmetry)


def _trend(state: State, _rows: int) -> float:
    n, _, _, xx, xy = state
    if n < FEW:
        return math.nan
    return 0.0 if xx == 0 else xy / xx * DAY


def _divided(a: float, b: float) -> float:
    """As IEEE 754 divides, where Python raises."""
    if b:
        return a / b
    return math.copysign(math.inf, a) if a else math.nan


def _median(counts: Ints, levels: Floats) -> float:
    total = np.cumsum(counts[: len(levels)])
    n = int(total[-1]) if len(total) else 0
    if not n:
        return math.nan
    low, high = (float(level) for level in levels[np.searchsorted(total, [(n - 1) // 2, n // 2], side="right")])
    return low if low == high else (low + high) / 2.0 + 0.0


def _mode(counts: Ints, levels: Floats) -> float:
    there = counts[: len(levels)]
    most = int(there.argmax()) if len(there) else 0
    return float(levels[most]) if len(there) and there[most] else math.nan


def _num_unique(counts: Ints, levels: Floats) -> float:
    return float(np.count_nonzero(counts[: len(levels)]))


def _entropy(counts: Ints, _levels: Floats) -> float:
    return float(entropy(counts.sum(keepdims=True), fixed(counts).sum(keepdims=True))[0])


EXTREMES: Mapping[str, np.ufunc] = {"min": np.fmin, "max": np.fmax}
OF_STATE: Mapping[str, Callable[[State, int], float]] = {
    "sum": lambda state, _rows: state[1],
    "mean": _mean,
    "percent_true": _percent_true,
    "std": _std,
    "skew": _skew,
    "trend": _trend,
}
OF_COUNTS: Mapping[str, Callable[[Ints, Floats], float]] = {
    "median": _median,
    "mode": _mode,
    "num_unique": _num_unique,
    "entropy": _entropy,
}
