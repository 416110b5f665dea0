"""Oracles of explanations, from scratch: values by all 2^d coalitions, changes by trying every cell of the grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.read import Bundle
from automl.explain.counterfactual import Grid
from automl.explain.explain import Answers, Explainer
from automl.explain.explanation import Explanation
from automl.explain.game import ROWS, Array, Columns, Game

Floats = NDArray[np.float64]
CONFIDENCE = 0.995  # of each end of an interval
ROUNDING = 1e-9  # of what is divided, or of 1 where that is less


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """How far values lie from the oracle, as shares of t(.995) standard errors and rounding; `sums` is what lacks.

    `scores` and `money` have one for each reason; `money` is empty where there is none.
    """

    scores: tuple[float, ...]
    money: tuple[float, ...]
    sums: float

    @property
    def within(self) -> list[bool]:
        """Of each value, whether it lies within."""
        return [gap <= 1.0 for gap in (*self.scores, *self.money)]


def enumerated(game: Game, row: Columns) -> Floats:
    """The values of every number of the graph for one row [players, width], as their definition has them."""
    players = len(game.players)
    codes = np.arange(2**players)
    coalitions = (codes[:, None] >> np.arange(players)) % 2 == 1
    worth, size = _worth(game, row, coalitions), coalitions.sum(axis=1)
    weight = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    values = np.zeros((players, worth.shape[1]))
    for player in range(players):
        without = codes[~coalitions[:, player]]
        values[player] = weight[size[without]] @ (worth[without | 1 << player] - worth[without])
    return values


def _worth(game: Game, row: Columns, coalitions: NDArray[np.bool_]) -> Floats:
    """The mean of the graph's numbers over the background for each coalition [m, width]: every row goes through it."""
    who = {name: place for place, player in enumerate(game.players) for name in player.columns}
    mixed = {
        name: np.where(coalitions[:, [place]], row[name], game.background[name]).ravel() for name, place in who.items()
    }
    starts = range(0, len(coalitions) * len(game.answers), ROWS)
    found = [game.run({name: values[start : start + ROWS] for name, values in mixed.items()}) for start in starts]
    return np.asarray(np.concatenate(found).reshape(len(coalitions), len(game.answers), -1).mean(axis=1))


def gaps(explainer: Explainer, row: Columns, found: Explanation) -> Gaps:
    """What was found of a row [1] beside the oracle's."""
    own, names = enumerated(explainer.game, row), [player.names for player in explainer.game.players]
    score = explainer.answers.labels.index(found.score.of) if found.score.of else 0
    places = [names.index(reason.names) for reason in found.reasons]
    scores = np.array([(reason.score, reason.score_error) for reason in found.reasons])
    lacks = found.score.base + scores[:, 0].sum() - found.score.value
    reached = gaps_of(scores, own[places, score], found.score.value, found.pairs)
    if found.money is None:
        return Gaps(scores=reached, money=(), sums=abs(lacks) / max(1.0, abs(found.score.value)))
    money = np.array([(reason.money, reason.money_error) for reason in found.reasons])
    values = _difference(explainer.answers, own, found)
    short = found.money.base + money[:, 0].sum() - found.money.value
    sums = max(abs(lacks) / max(1.0, abs(found.score.value)), abs(short) / max(1.0, abs(found.money.value)))
    return Gaps(scores=reached, money=gaps_of(money, values[places], found.money.value, found.pairs), sums=sums)


def _difference(answers: Answers, own: Floats, found: Explanation) -> Floats:
    """What the oracle's values [players, width] say of the other decision's cost less that of the one taken."""
    assert found.money is not None
    costs = own[:, answers.scores :]
    taken, other = (answers.decisions.index(str(name)) for name in (found.decision, found.money.other))
    return np.asarray(costs[:, other] - costs[:, taken])


def gaps_of(found: Floats, own: Floats, whole: float, pairs: int) -> tuple[float, ...]:
    """Of values with their standard errors [n, 2], the distance to `own` [n] as a share of what is allowed."""
    from scipy import stats

    width = float(stats.t.ppf(CONFIDENCE, pairs - 1)) if pairs else 0.0
    reach = width * found[:, 1] + ROUNDING * max(1.0, abs(whole))
    return tuple((np.abs(found[:, 0] - own) / reach).tolist())


def smallest_of_all(explainer: Explainer, row: Columns, taken: object) -> tuple[int, float]:
    """How many columns the smallest change of a row [1] has, and its size; (0, 0.0) without one: all are decided."""
    for count in (1, 2):
        sizes = [
            size for names in combinations(explainer.grids, count) for size in _flips(explainer, row, taken, names)
        ]
        if sizes:
            return count, min(sizes)
    return 0, 0.0


def _flips(explainer: Explainer, row: Columns, taken: object, names: tuple[str, ...]) -> Iterator[float]:
    """The smallest size among all changes of exactly these columns that are decided otherwise, if there is one."""
    assert explainer.decide is not None
    grids = [explainer.grids[name] for name in names]
    places = np.stack(np.meshgrid(*(np.arange(len(grid.cells)) for grid in grids), indexing="ij"), axis=-1)
    chosen = places.reshape(-1, len(names))
    cells = {name: grid.values[chosen[:, j]] for j, (name, grid) in enumerate(zip(names, grids, strict=True))}
    other = np.all([values != row[name][0] for name, values in cells.items()], axis=0)
    sizes = sum(_sizes(grid, row[name][0], cells[name]) for name, grid in zip(names, grids, strict=True))
    decisions = _decided(explainer, row, cells, len(chosen))
    flips = np.asarray(sizes)[other & (decisions != taken) & (decisions != "")]
    if len(flips):
        yield float(flips.min())


def _sizes(grid: Grid, old: object, new: Array) -> Floats:
    """The sizes of changes by their definition: ranks where both are numbers, else 1."""
    if grid.places is None or not isinstance(old, float) or np.isnan(old):
        return np.ones(len(new))
    values = grid.values.astype(np.float64)
    return np.abs(np.interp(old, values, grid.places) - np.interp(new.astype(np.float64), values, grid.places))


def _decided(explainer: Explainer, row: Columns, cells: Mapping[str, Array], count: int) -> Array:
    assert explainer.decide is not None
    whole = {name: cells.get(name, np.repeat(values, count)) for name, values in row.items()}
    parts = [{name: v[start : start + ROWS] for name, v in whole.items()} for start in range(0, count, ROWS)]
    return np.concatenate([np.empty(0, dtype=object), *(explainer.decide(part) for part in parts)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How the changes that rows were told did, beside exhaustive search.

    `possible` rows have one of one or two columns; `found` of them were told one of as many columns and as small,
    `larger` a larger one. Of `told` changes in all, `replayed` are decided by the bundle as they say.
    """

    possible: int
    found: int
    larger: int
    told: int
    replayed: int


def changes(model: Bundle, frame: pl.DataFrame, each: Sequence[Explanation]) -> Changes:
    """What the explanations of the raw rows of a frame say would change their decisions, looked at."""
    _, columns, _ = model.inputs_of(frame)
    possible = found = larger = told = replayed = 0
    for place, one in enumerate(each):
        assert one.counterfactual is not None
        many, size = smallest_of_all(model.explainer, row_of(columns, place), one.decision)
        said, changed = one.counterfactual, {change.column: change.cell for change in one.counterfactual.changes}
        possible += many > 0
        larger += (len(changed), said.size) > (many, size + ROUNDING)
        found += many > 0 and len(changed) == many and abs(said.size - size) <= ROUNDING
        told += len(changed) > 0
        answer = model.decide(frame.row(place, named=True) | changed) if changed else {"decision": None}
        replayed += str(answer["decision"]) == said.decision != one.decision
    return Changes(possible=possible, found=found, larger=larger, told=told, replayed=replayed)


def row_of(columns: Columns, place: int) -> Columns:
    """One row [1] of the columns that a graph takes."""
    return {name: values[place : place + 1] for name, values in columns.items()}
