"""A deep averaging network: the mean of the embeddings of a text's words or a list's items, and one hidden layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.learners._bags import Bag, learn_bags
from automl.learners._dense import Design, learn_design, row_loss, some_rows
from automl.learners._network import Adam, Loss, Singles, batches, let_through, memory_of
from automl.learners._network import train as trained
from automl.learners._target import Target, smeared
from automl.learners.base import Choice, Floats, Learner, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import Add, Constant, Expr, MatMul, Maximum, constant
from automl.task import Task

NAME = "deep_averaging"
FIRST_SPREAD = 0.02  # of the first embeddings: what is never seen says next to nothing
MOST_NUMBERS = 480_000  # of the embeddings, 4 MB; beyond, the least frequent terms are none
MOST_CELLS = 60_000_000  # of the matrix; beyond, a random part of the rows is fitted
MOST_EPOCHS = 40
PATIENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the hidden layer looks at: the terms of each bag, then the design of all other columns."""

    bags: tuple[Bag, ...]
    design: Design

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each bag ends, then the dense columns of the design, then each of its codes."""
        return np.cumsum([*(bag.terms for bag in self.bags), self.design.dense, *self.design.levels])

    def matrix(self, values: Floats) -> Any:
        """The rows as scipy CSR [n, inputs], float32."""
        from scipy import sparse

        blocks = [*(bag.matrix(values) for bag in self.bags), sparse.csr_matrix(self.design.inputs(values))]
        return sparse.hstack(blocks, format="csr", dtype=np.float32)

    def product(self, values: Floats, weights: Floats) -> Floats:
        """The rows [n, inputs] times `weights` [inputs, k]."""
        tables, (dense, *codes) = self._parted(weights)
        start = self.design.product(values, dense, codes)
        return sum((bag.matrix(values) @ table for bag, table in zip(self.bags, tables, strict=True)), start=start)

    def product_expression(self, weights: Floats) -> Expr:
        """`product` as operations."""
        tables, (dense, *codes) = self._parted(weights)
        terms = [bag.product_expression(table) for bag, table in zip(self.bags, tables, strict=True)]
        if self.design.dense or codes:
            terms.append(self.design.product_expression(dense, codes))
        return reduce(Add, terms)

    def _parted(self, weights: Floats) -> tuple[list[Floats], list[Floats]]:
        """The weights of each bag; those of the dense columns and the tables of the codes."""
        parts = np.split(weights, self.ends[:-1])
        return parts[: len(self.bags)], parts[len(self.bags) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepAveraging:
    """The network as float64, in the target's own unit."""

    inputs: Inputs
    embeddings: Floats  # [inputs, hidden]
    bias: Floats  # [hidden]
    weights: Floats  # [hidden, width]
    intercept: Floats  # [width]
    target: Target
    params: Params
    epochs: int

    @property
    def rounds(self) -> int | None:
        return self.epochs

    def raw(self, values: Floats) -> Floats:
        hidden = np.maximum(self.inputs.product(values, self.embeddings) + self.bias, 0.0)
        return hidden @ self.weights + self.intercept

    def member(self) -> Member:
        hidden = Maximum(Add(self.inputs.product_expression(self.embeddings), Constant(self.bias)), constant(0.0))
        raw = Add(MatMul(hidden, self.weights), Constant(self.intercept))
        return Member(
            learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw), rounds=self.epochs
        )


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Train; stop where the loss on `valid` of the averaged weights no longer falls.

    `params`: ``hidden`` units, ``word_dropout`` (the share of a row's inputs that a step does not see), ``dropout`` of
    units, Adam's ``step``, rows in a ``batch``; ``rounds`` are epochs.

    Source: Iyyer, Manjunatha, Boyd-Graber, Daumé, Deep Unordered Composition Rivals Syntactic Methods, ACL 2015.
    """
    deadline = Deadline.of(seconds)
    part = some_rows(train, task, seed, cells=MOST_CELLS, work=10**18)
    bags = learn_bags(part, MOST_NUMBERS // (1 + int(params["hidden"])))
    inputs = Inputs(bags=bags, design=learn_design(part))
    if np.all(part.y == part.y[0]) or not inputs.ends[-1]:
        return nothing_to_learn(NAME, part, task, params)
    target = Target.of(part, task, params)
    training = _Training(inputs.matrix(part.values), part, target, params, seed)
    epochs = trained(
        training.adam,
        training.epoch,
        _loss(training, inputs, valid, target) if valid else None,
        most=int(params.get("rounds", MOST_EPOCHS)),
        patience=PATIENCE,
        deadline=deadline,
    )
    embeddings, bias, weights, intercept = (part.astype(np.float64) for part in training.adam.averages)
    return smeared(
        DeepAveraging(
            inputs=inputs,
            embeddings=embeddings,
            bias=bias,
            weights=weights * target.spread,
            intercept=intercept * target.spread + target.center,
            target=target,
            params=params,
            epochs=epochs,
        ),
        part,
    )


class _Training:
    """The four parts of the network, moved by Adam over the rows `x` [n, inputs]."""

    def __init__(self, x: Any, part: Matrix, target: Target, params: Params, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.x, self.task, self.y = x, target.task, target.learned(part.y).astype(np.float32)
        self.weight = np.ones(len(part.y)) if part.weight is None else part.weight / part.weight.mean()
        self.word_dropout, self.dropout = float(params["word_dropout"]), float(params["dropout"])
        self.batch, hidden, width = int(params["batch"]), int(params["hidden"]), target.task.width
        start = np.zeros(1) if self.task.kind == "regression" else log_odds(shares(part, self.task), self.task)
        parts = (
            FIRST_SPREAD * self.random.standard_normal((x.shape[1], hidden), dtype=np.float32),
            np.zeros(hidden, dtype=np.float32),
            self.random.standard_normal((hidden, width), dtype=np.float32) / np.sqrt(hidden, dtype=np.float32),
            start.astype(np.float32),
        )
        self.adam = Adam(parts, step=float(params["step"]))

    def epoch(self) -> Iterator[None]:
        """One pass over the rows in a random order; yields after each step."""
        memory = memory_of(len(self.y), self.batch)
        for rows in batches(self.random, len(self.y), self.batch):
            self._learn(self._heard(self.x[rows]), rows)
            self.adam.average(memory)
            yield

    def scores(self, x: Any) -> Singles:
        """The scores [n, width] of the averaged network."""
        embeddings, bias, weights, intercept = self.adam.averages
        scores: Singles = np.maximum(x @ embeddings + bias, np.float32(0.0)) @ weights + intercept
        return scores

    def _heard(self, x: Any) -> Any:
        """`x` [b, inputs] without some of its cells, the others scaled for it."""
        kept = self.random.random(len(x.data), dtype=np.float32) >= self.word_dropout
        x.data *= kept / np.float32(1.0 - self.word_dropout)
        return x

    def _learn(self, x: Any, rows: NDArray[np.int64]) -> None:
        """One step of Adam on the rows `x` [b, inputs]."""
        embeddings, bias, weights, intercept = self.adam.parts
        flow = x @ embeddings + bias
        mask = let_through(flow, self.dropout, self.random)
        flow *= mask
        _, slope = row_loss(self.task, flow @ weights + intercept, self.y[rows])
        back = (slope * (self.weight[rows, None] / len(rows))).astype(np.float32)
        below = (back @ weights.T) * mask
        slopes = (x.T @ below, below.sum(axis=0), flow.T @ back, back.sum(axis=0))
        self.adam.begin()
        for place, own in enumerate(slopes):
            self.adam.move(place, own)


def _loss(training: _Training, inputs: Inputs, valid: Matrix, target: Target) -> Loss:
    x, y = inputs.matrix(valid.values), target.learned(valid.y)

    def loss() -> float:
        each, _ = row_loss(target.task, training.scores(x).astype(np.float64), y)
        return float(np.average(each, weights=valid.weight))

    return loss


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0019)."""
    del rows
    plain: Params = {"hidden": 64, "word_dropout": 0.5, "dropout": 0.1, "step": 0.005, "batch": 512}
    more: Params = {"target": "log"} if task.kind == "regression" else {"word_dropout": 0.3}
    return plain, {**plain, **more}


def _space(task: Task, rows: int) -> Space:
    del task, rows
    return {
        "hidden": Choice(options=(32, 64, 128)),
        "word_dropout": Range(low=0.1, high=0.7),
        "dropout": Range(low=0.0, high=0.4),
        "step": Range(low=1e-3, high=2e-2, log=True),
    }


DEEP_AVERAGING = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    texts=True,
    cost=1.0,
    order=2,
    preload=("scipy.sparse",),
    package="scipy",
    tolerance=1e-9,
)
