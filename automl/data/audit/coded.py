"""Whole numbers that are codes: their levels tell more about the target than their order does.

The data decide. Where both tell something, both are offered; what a name says breaks ties.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.file_order import answers_of
from automl.data.infer.column_types import Guess
from automl.data.infer.name_hints import is_code
from automl.data.read.column_reader import ColumnReader
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Finding, Schema, finding
from automl.spec import Spec
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLE, CELLS = 30_000, 8_000_000  # rows, and rows times columns times answers, that are looked at
LEAST = 500  # rows below which names decide
FOLDS = 4
SHUFFLES = 3
PIECES = 16  # of the levels in their order, each with one mean: what the order is given
FEWEST = 12  # levels below which the pieces are all of them
ROWS = 1.2  # for each level, on average: with fewer hardly a level comes back
MORE = 0.01  # of the variance of the target that levels explain beyond their order, at least
OWED = 1 / 2  # of what levels explain beyond a shuffled order, the most that their own order explains
SURE = 5.0  # standard errors of what one explains beyond the other
EXACT = 2.0**53  # whole numbers from here on are hashes: a float64 does not tell neighbours apart
CHANCE = 2.0  # standard errors up to which an order tells nothing
PRIOR = 5.0  # rows that the mean of all weighs in that of a piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Shares of the variance out of fold, and standard errors: of what levels tell beyond their order, of each.

    `shuffled` is what an order explains that is drawn anew: of 60 codes cut into 16 pieces that is a lot.
    """

    levels: float
    order: float
    shuffled: float
    beyond: float
    levels_sure: float
    order_sure: float
    largest: float  # of the numbers, without its sign

    @property
    def as_levels(self) -> bool:
        """Levels tell what their order does not."""
        if min(self.beyond, self.levels_sure) < SURE or self.levels < max(0.0, self.order) + MORE:
            return False
        by_chance = max(0.0, self.shuffled)
        return self.order - by_chance < OWED * (self.levels - by_chance)

    @property
    def as_order(self) -> bool:
        """The order tells what levels do not: there are too many of them, or it is a measure."""
        return self.beyond < -SURE and self.order > self.levels + MORE


def read_codes(
    schema: Schema, raw: pl.DataFrame, *, y: Floats, task: Task, spec: Spec
) -> tuple[Schema, tuple[Finding, ...]]:
    """The schema with whole numbers read as what they are to the target `y` [n] of the train rows `raw`.

    A level is predicted by its own mean, shrunk as far as the levels differ by chance (Morris 1983), and by that of its
    piece: sixteen stretches of the levels, cut where the means differ most, as a regression tree cuts (Breiman et al.
    1984). Both are fitted on three quarters of a sample of the rows and judged on the fourth, in turn. Where the levels
    tell clearly more, a column of that name is a category, any other is offered as levels beside the number
    (sense ``both``); what is called a code stays a number where its order tells clearly more. ``data.types`` and
    ``data.audit.keep`` overrule.
    """
    told = {*spec.data.types, *spec.data.audit.keep}
    asked = [column for column in schema.columns if column.name not in told and _may_be(column)]
    size = min(SAMPLE, CELLS // max(1, len(asked) * task.width))
    rows = np.random.default_rng(spec.budget.seed).permutation(y.size)[:size]
    if rows.size < LEAST or not asked:
        return schema, ()
    frame = read_frame({"columns": [_number(column) for column in asked]}, raw.select(_cells(asked))[rows])
    answers = answers_of(y[rows], task)
    seen = {column.name: _explained(frame[column.name].to_numpy(), answers, named=_named(column)) for column in asked}
    changed = dict(_changed([(column, one) for column in asked if (one := seen[column.name]) is not None]))
    columns = tuple(changed[c.name][0] if c.name in changed else c for c in schema.columns)
    return Schema(columns=columns), tuple(said for _, said in changed.values())


def _may_be(column: Column) -> bool:
    """Whether it may be read as a number and as levels."""
    if column.role != "feature" or not column.is_feature or "parts" in column.reader:
        return False
    return column.sense == "code" if column.wire == "category" else column.wire == "number" and not column.sense


def _named(column: Column) -> bool:
    return column.sense == "code" or is_code(column.name)


def _cells(columns: list[Column]) -> list[str]:
    return [cell for column in columns for cell in column.cells]


def _number(column: Column) -> ColumnReader:
    """How its cells are read as numbers."""
    if column.wire == "number":
        return column.reader
    return Guess(wire="number", reason="", missing=tuple(column.reader["missing"])).reader(column.name)


def _changed(found: list[tuple[Column, Explained]]) -> Iterator[tuple[str, tuple[Column, Finding]]]:
    """The columns that are read as something else than their names say, each with what was seen."""
    for column, seen in found:
        named = _named(column)
        if column.sense == "code":
            if seen.as_order:
                yield column.name, _as_number(column, seen)
        elif seen.as_levels:
            alone = (named and seen.order_sure <= CHANCE) or seen.largest >= EXACT
            alone = alone and column.reader["parser"] is None
            yield column.name, _as_code(column, seen) if alone else _as_both(column, seen)
        elif named and seen.levels_sure > SURE:
            yield column.name, _as_both(column, seen)


def _as_code(column: Column, seen: Explained) -> tuple[Column, Finding]:
    guess = Guess(wire="number", reason="", missing=tuple(column.reader["missing"])).as_category()
    reason = "a code: its levels tell more of the target than their order"
    made = replace(guess.column(column.name, column.role, reason), sense="code", min_level=column.min_level)
    return made, _said(column, seen, "it is read as a category", "number")


def _as_both(column: Column, seen: Explained) -> tuple[Column, Finding]:
    reason = f"{column.reason}: its levels are offered beside the number, as they tell of the target"
    return replace(column, sense="both", reason=reason), _said(
        column, seen, "its levels are offered beside the number", "number"
    )


def _as_number(column: Column, seen: Explained) -> tuple[Column, Finding]:
    guess = Guess(wire="number", reason="", missing=tuple(column.reader["missing"]))
    reason = "called a code, but its order tells more of the target than its levels"
    made = replace(guess.column(column.name, column.role, reason), min_level=column.min_level)
    return made, _said(column, seen, "called a code, it is read as a number", "category")


def _said(column: Column, seen: Explained, done: str, otherwise: str) -> Finding:
    named = json.dumps(column.name, ensure_ascii=False)
    text = (
        f"{column.name!r}: its levels explain {max(seen.levels, 0.0):.1%} of the target, their order "
        f'{max(seen.order, 0.0):.1%}: {done}; data.types = {{ {named} = "{otherwise}" }} overrules'
    )
    evidence = {"levels": seen.levels, "order": seen.order, "standard_errors": seen.beyond}
    return finding("code", column.name, text, "changed", evidence)


def _explained(values: Floats, answers: Floats, *, named: bool) -> Explained | None:
    """What levels and their order explain; None where they are no whole numbers, or too few or too many levels.

    None, too, where one fold says that levels tell no more than their order, of a column not `named` as a code.
    """
    known = np.isfinite(values)
    values, answers = values[known], answers[known]
    if values.size < LEAST or (values != np.round(values)).any():
        return None
    levels, code = np.unique(values, return_inverse=True)
    if not FEWEST <= levels.size <= values.size / ROWS:
        return None
    truth = answers - answers.mean(axis=0)
    nothing = (truth**2).sum(axis=1)
    if not named and not _promising(code, truth, levels.size):
        return None
    by_level = _missed(code, truth, levels.size, _shrunk)
    by_order = _missed(code, truth, levels.size, _pieces)
    beyond = _errors(by_order - by_level)
    orders = [np.random.default_rng(seed).permutation(levels.size) for seed in range(SHUFFLES)] if beyond > SURE else []
    shuffled = [float(_missed(order[code], truth, levels.size, _pieces).mean()) for order in orders]
    spread = max(float(nothing.mean()), 1e-12)
    return Explained(
        levels=1.0 - float(by_level.mean()) / spread,
        order=1.0 - float(by_order.mean()) / spread,
        shuffled=1.0 - float(np.mean(shuffled)) / spread if shuffled else 0.0,
        beyond=beyond,
        levels_sure=_errors(nothing - by_level),
        order_sure=_errors(nothing - by_order),
        largest=float(np.abs(values).max()),
    )


def _promising(code: Ints, truth: Floats, size: int) -> bool:
    """Whether the levels tell more than their order on the first fold, by a standard error."""
    by_level, by_order = (_missed(code, truth, size, by, folds=1) for by in (_shrunk, _pieces))
    return _errors((by_order - by_level)[::FOLDS]) > 1.0


def _missed(
    code: Ints, truth: Floats, size: int, by: Callable[[Floats, Floats, Floats], Floats], *, folds: int = FOLDS
) -> Floats:
    """The squared error of each row [n] where its level `code` has a number out of fold, of the first `folds`."""
    guess = np.zeros_like(truth)
    fold = np.arange(code.size) % FOLDS
    for number in range(folds):
        out, inside = fold == number, fold != number
        middle = truth[inside].mean(axis=0)
        total, count = _sums(code[inside], truth[inside] - middle, size)
        guess[out] = middle + by(total, count, truth[inside] - middle)[code[out]]
    return np.asarray(((truth - guess) ** 2).sum(axis=1))


def _errors(gain: Floats) -> float:
    """A mean [n] in standard errors."""
    return float(gain.mean()) / max(float(gain.std()) / float(np.sqrt(gain.size)), 1e-12)


def _sums(code: Ints, answers: Floats, size: int) -> tuple[Floats, Floats]:
    """The sums of the answers [levels, answers] and the rows [levels] of each level."""
    total = np.stack([np.bincount(code, weights=column, minlength=size) for column in answers.T], axis=1)
    return np.asarray(total, dtype=np.float64), np.bincount(code, minlength=size).astype(np.float64)


def _shrunk(total: Floats, count: Floats, answers: Floats) -> Floats:
    """The mean of each level [levels, answers], shrunk by what its rows differ over what levels differ, by moments."""
    rows, weight = count.sum(), np.maximum(count, 1.0)[:, None]
    square = float((answers**2).sum())
    means = total / weight
    between_sum = float((total * means).sum())
    within = (square - between_sum) / max(1.0, rows - np.count_nonzero(count))
    between = (between_sum - within * np.count_nonzero(count)) / rows
    prior = within / between if between > 0.0 else np.inf
    return np.zeros_like(total) if np.isinf(prior) else total / (count[:, None] + prior)


def _pieces(total: Floats, count: Floats, answers: Floats) -> Floats:
    """The mean of each level's piece [levels, answers]: of all pieces the best cut is made, again and again."""
    del answers
    sums = np.concatenate([np.zeros((1, total.shape[1])), np.cumsum(total, axis=0)])
    rows = np.concatenate([[0.0], np.cumsum(count)])
    least = max(PRIOR, rows[-1] / 500)
    cuts = [_cut(sums, rows, 0, count.size, least)]
    ends = {0, count.size}
    while len(ends) <= PIECES and cuts:
        best = max(cuts)
        cuts.remove(best)
        gained, start, middle, end = best
        if gained <= 0.0:
            break
        ends.add(middle)
        cuts += [_cut(sums, rows, *piece, least) for piece in ((start, middle), (middle, end)) if np.diff(piece) > 1]
    edges = np.array(sorted(ends))
    means = np.diff(sums[edges], axis=0) / (np.diff(rows[edges]) + PRIOR)[:, None]
    return np.asarray(np.repeat(means, np.diff(edges), axis=0))


def _cut(sums: Floats, rows: Floats, start: int, end: int, least: float) -> tuple[float, int, int, int]:
    """How much the best cut of the levels `start` to `end` explains that leaves `least` rows on each side; where."""
    at = np.arange(start + 1, end)

    def explained(low: Ints | int, high: Ints | int) -> Floats:
        return np.asarray(((sums[high] - sums[low]) ** 2).sum(axis=-1) / (rows[high] - rows[low] + PRIOR))

    gain = explained(start, at) + explained(at, end)
    gain[(rows[at] - rows[start] < least) | (rows[end] - rows[at] < least)] = -np.inf
    best = int(gain.argmax())
    return float(gain[best] - explained(start, end)), start, int(at[best]), end
