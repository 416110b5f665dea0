"""A linear model over levels: a table for each category and for pairs that interact, numbers piecewise linear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from automl.budget import Deadline
from automl.features.sparse_linear import SLOPES, Sums, solve, targets_of
from automl.learners._cells import Crossings, Grid, Ints, Slopes, choose_pairs, learn_grid, strongest
from automl.learners._dense import Design, learn_design, row_loss, some_rows
from automl.learners._target import Target, smeared
from automl.learners.base import Choice, Floats, Learner, Matrix, Member, Model, Params, Space
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import Add, AsIndex, Constant, Expr, MatMul, Pick, Take
from automl.task import Task

NAME = "sparse_linear"
STRONGEST, FALL = 300.0, 3.0  # penalty of the first step of the path; each further one is so many times weaker
PATH = 9  # steps
FIRST = 5  # step whose penalty the model has that pairs are found by
MOST_STEPS = 60  # of L-BFGS for a step of the path
MOST_NUMBERS = 150_000  # in the tables of pairs
MOST_CELLS = 12_000_000  # of the matrix that is multiplied; beyond, a random part of the rows is enough
PAIR = 15.0  # penalty of a cell of a pair against that of a level


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is summed: dense columns times weights, rows of the tables of levels, and of the table of pairs."""

    design: Design
    grid: Grid
    pairs: Crossings | None = None

    @property
    def starts(self) -> Ints:
        """Where the levels of each lone column begin, and the last ones end."""
        return np.cumsum([0, *self.grid.sizes[list(self.grid.lone)]], dtype=np.int64)

    @property
    def terms(self) -> tuple[int, int, int]:
        """Dense columns, levels, cells of pairs."""
        return self.design.dense, int(self.starts[-1]), 0 if self.pairs is None else len(self.pairs.keys)

    def levels(self, places: Ints) -> Ints:
        """The level of each row in each lone column, counted through all of them, from its places in the grid."""
        return places[:, list(self.grid.lone)] + self.starts[:-1]

    def matrix(self, values: Floats) -> Any:
        """The rows as scipy CSR [n, terms]."""
        from scipy import sparse

        _, levels, cells = self.terms
        places = self.grid.places(values)
        blocks = [sparse.csr_array(self.design.numbers_of(values)), _one_hot(self.levels(places), levels)]
        if self.pairs is not None:
            blocks.append(_one_hot(self.pairs.cells(places), cells))
        return sparse.hstack(blocks, format="csr")

    def narrowed(self) -> Shape:
        """Without the columns of the grid that neither a level nor a pair needs."""
        paired = () if self.pairs is None else (*self.pairs.left, *self.pairs.right)
        kept = sorted({*self.grid.lone, *paired})
        pairs = None if self.pairs is None else self.pairs.renumbered(kept)
        return replace(self, grid=self.grid.narrowed(kept), pairs=pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseLinear:
    """Weights of the terms; `step` is that of the path."""

    shape: Shape
    weights: Floats  # [terms, width], in the target's own unit
    bias: Floats  # [width]
    target: Target
    params: Params
    step: int

    @property
    def rounds(self) -> int | None:
        return self.step

    def raw(self, values: Floats) -> Floats:
        dense, levels, cells = self._tables()
        places = self.shape.grid.places(values)
        sums = self.shape.design.numbers_of(values) @ dense + self.bias
        for level in self.shape.levels(places).T:
            sums += levels[level]
        for cell in () if self.shape.pairs is None else self.shape.pairs.cells(places).T:
            sums += cells[cell]
        return sums

    def member(self) -> Member:
        start: Expr = Constant(self.bias)
        raw = reduce(Add, self._expressions(), start)
        return Member(
            learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw), rounds=self.step
        )

    def _tables(self) -> tuple[Floats, Floats, Floats]:
        """The weights of dense columns, levels and cells; a cell that is none of the keys adds nothing."""
        dense, levels, _ = self.shape.terms
        parts = np.split(self.weights, [dense, dense + levels])
        return parts[0], parts[1], np.vstack([parts[2], np.zeros(self.weights.shape[1])])

    def _expressions(self) -> Iterator[Expr]:
        dense, levels, cells = self._tables()
        shape, places = self.shape, self.shape.grid.expression()
        if shape.design.dense:
            yield MatMul(shape.design.expression(), dense)
        if shape.grid.lone:
            counted = Add(Pick(places, shape.grid.lone), Constant(shape.starts[:-1].astype(np.float64)))
            yield Take(AsIndex(counted, len(levels)), levels)
        if shape.pairs is not None:
            yield Take(shape.pairs.expression(places), cells)


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Go down a path of ever weaker penalties as long as the loss on `valid` falls, or for ``rounds`` steps.

    `params`: ``pairs`` (also cells of pairs), ``bins`` (stretches of a number).
    """
    deadline = Deadline.of(seconds)
    bins = int(params["bins"])
    part = some_rows(train, task, seed, cells=MOST_CELLS // (1 + bins), work=10**18)
    shape = _shape(part, bins)
    if np.all(part.y == part.y[0]) or not sum(shape.terms):
        return nothing_to_learn(NAME, part, task, params)
    target = Target.of(part, task, params)
    start = np.zeros((sum(shape.terms) + 1, task.width))
    start[-1] = 0.0 if task.kind == "regression" else log_odds(shares(part, task), task)
    path = _Path(train=part, valid=valid, target=target, deadline=deadline)
    if params["pairs"]:
        shape, start = _with_pairs(shape, start, path)
    weights, step = path.follow(shape, start, int(params.get("rounds", PATH)))
    weights = weights * target.spread
    return smeared(
        SparseLinear(
            shape=shape.narrowed(),
            weights=weights[:-1],
            bias=weights[-1] + target.center,
            target=target,
            params=params,
            step=step,
        ),
        part,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """What models of one shape after the other are fitted to."""

    train: Matrix
    valid: Matrix | None
    target: Target
    deadline: Deadline

    @property
    def weight(self) -> Floats:
        """Of the rows, with mean 1."""
        given = self.train.weight
        return np.ones(len(self.train.y)) if given is None else given / given.mean()

    def sums(self, shape: Shape) -> Sums:
        """What is solved, before a penalty is known."""
        task, weight, x = self.target.task, self.weight, shape.matrix(self.train.values)
        targets = targets_of(self.target.learned(self.train.y), weight, task)
        mean = np.average(targets, axis=0, weights=weight)
        curvature = 1.0 if task.kind == "regression" else float((mean * (1.0 - mean)).mean())
        often = (x.power(2).T @ weight) * curvature
        return Sums(
            x=x,
            targets=targets,
            weight=weight,
            kind=task.kind,
            scale=np.append(1.0 / np.sqrt(often + 1.0), 1.0)[:, None],
        )

    def solved(self, shape: Shape, sums: Sums, start: Floats, step: int) -> Floats:
        """The weights of a step of the path, from those of the one before."""
        penalty = np.full(sum(shape.terms), STRONGEST / FALL ** (step - 1))
        penalty[sum(shape.terms[:2]) :] *= PAIR
        return solve(sums, penalty=penalty, start=start, steps=MOST_STEPS, ended=lambda: self.deadline.left() <= 0.0)

    def follow(self, shape: Shape, start: Floats, most: int) -> tuple[Floats, int]:
        """The weights [terms + 1, width] of the best step, and which it is."""
        sums = self.sums(shape)
        best, chosen, loss = start, 1, np.inf
        judged = None if self.valid is None else (self.valid, shape.matrix(self.valid.values))
        for step in range(1, min(most, PATH) + 1):
            start = self.solved(shape, sums, start, step)
            reached = -step if judged is None else self._loss(*judged, start)
            if reached >= loss:
                break
            best, chosen, loss = start, step, reached
            if self.deadline.left() <= 0.0:
                break
        return best, chosen

    def _loss(self, rows: Matrix, x: Any, weights: Floats) -> float:
        loss, _ = row_loss(self.target.task, x @ weights[:-1] + weights[-1], self.target.learned(rows.y))
        return float(np.average(loss, weights=rows.weight))


def _shape(train: Matrix, bins: int) -> Shape:
    design = replace(learn_design(train, bins=bins), codes=(), levels=())
    return Shape(design=design, grid=learn_grid(train))


def _with_pairs(shape: Shape, start: Floats, path: _Path) -> tuple[Shape, Floats]:
    """The shape with the pairs that the model without any leaves to be found, and its weights to begin with."""
    sums = path.sums(shape)
    places = shape.grid.places(path.train.values)
    columns = strongest(shape.grid, places, _slopes(sums, start))
    alone = path.solved(shape, sums, start, FIRST)
    width = start.shape[1]
    pairs = choose_pairs(shape.grid, places, columns, _slopes(sums, alone), MOST_NUMBERS // width)
    if pairs is None:
        return shape, start
    return replace(shape, pairs=pairs), np.vstack([alone[:-1], np.zeros((len(pairs.keys), width)), alone[-1:]])


def _slopes(sums: Sums, weights: Floats) -> Slopes:
    """Of the loss of each row at these weights."""
    _, error = SLOPES[sums.kind](sums.x @ weights[:-1] + weights[-1], sums.targets)
    share = sums.targets + error
    curvature = np.ones_like(error) if sums.kind == "regression" else share * (1.0 - share)
    return Slopes(slope=error * sums.weight[:, None], curvature=curvature * sums.weight[:, None])


def _one_hot(columns: Ints, terms: int) -> Any:
    """A one in each of the `columns` [n, places] of each row, as scipy CSR [n, terms]; `terms` itself is none."""
    from scipy import sparse

    there = columns < terms
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return sparse.csr_array((np.ones(ends[-1]), columns[there], ends), shape=(len(columns), terms))


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    del rows
    plain: Params = {"pairs": True, "bins": 16}
    return (plain, {**plain, "target": "log"}) if task.kind == "regression" else (plain,)


def _space(task: Task, rows: int) -> Space:
    del task, rows
    return {"pairs": Choice(options=(True, False)), "bins": Choice(options=(8, 16, 32))}


SPARSE_LINEAR = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    categories=True,
    levels=True,
    cost=0.5,
    order=1,
    preload=("scipy.sparse", "scipy.optimize"),
    package="scipy",
    tolerance=1e-9,
)
