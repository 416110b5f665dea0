"""A small neural net in numpy: several networks side by side over scaled numbers, stretches of them, one-hot codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.learners._dense import Design, learn_design, row_loss, some_rows
from automl.learners._network import Loss, Shape, Singles, Slope, Training
from automl.learners._network import train as trained
from automl.learners._target import Target, smeared
from automl.learners.base import Choice, Floats, Learner, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import Add, Constant, Expr, MatMul, Maximum, Multiply, Pick, constant
from automl.task import Task

NAME = "neural_net"
FEW_ROWS = 20_000
FEW_CLASSES = 4
MOST_EPOCHS = 100
PATIENCE = 6  # epochs without a gain, or a third of those so far
MOST_CELLS = 60_000_000  # of the inputs; beyond, a random part of the rows is fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuralNet:
    """The networks as float64: entry k of `weights` [nets, from, to] and of `biases` [nets, to] is layer k.

    The first layer stands over the design; its last rows are the tables of the codes. Raw scores are the mean
    over the networks.
    """

    design: Design
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    target: Target
    params: Params
    epochs: int

    @property
    def rounds(self) -> int | None:
        return self.epochs

    def raw(self, values: Floats) -> Floats:
        first, tables = self._first()
        start = np.maximum(self.design.product(values, first, tables) + self.biases[0].ravel(), 0.0)
        return self.target.raw(np.mean([self._net(net, start) for net in range(self._nets)], axis=0))

    def member(self) -> Member:
        first, tables = self._first()
        start = _rectified(self.design.product_expression(first, tables), self.biases[0].ravel())
        total = reduce(Add, [self._net_expression(net, start) for net in range(self._nets)])
        scale, shift = self.target.spread / self._nets, self.target.center
        raw = Add(Multiply(total, constant(scale)), constant(shift))
        return Member(
            learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw), rounds=self.epochs
        )

    @property
    def _nets(self) -> int:
        return len(self.biases[0])

    def _first(self) -> tuple[Floats, list[Floats]]:
        """The first layer of all networks side by side: over the dense columns, and as tables of the codes."""
        wide = self.weights[0].transpose(1, 0, 2).reshape(self.weights[0].shape[1], -1)
        parts = np.split(wide, np.cumsum([self.design.dense, *self.design.levels]))
        return parts[0], parts[1:-1]

    def _net(self, net: int, start: Floats) -> Floats:
        flow = start[:, list(self._columns(net))]
        for k in range(1, len(self.weights)):
            flow = flow @ self.weights[k][net] + self.biases[k][net]
            if k < len(self.weights) - 1:
                flow = np.maximum(flow, 0.0)
        return flow

    def _net_expression(self, net: int, start: Expr) -> Expr:
        flow: Expr = Pick(start, self._columns(net))
        for k in range(1, len(self.weights)):
            flow = MatMul(flow, self.weights[k][net])
            last = k == len(self.weights) - 1
            flow = Add(flow, Constant(self.biases[k][net])) if last else _rectified(flow, self.biases[k][net])
        return flow

    def _columns(self, net: int) -> tuple[int, ...]:
        hidden = self.biases[0].shape[1]
        return tuple(range(net * hidden, (net + 1) * hidden))


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Train; stop where the loss on `valid` of the averaged weights no longer falls.

    `params`: ``nets`` side by side with ``layers`` of ``hidden`` units, up to ``bins`` stretches for a number,
    Adam's ``step`` and ``decay``, ``dropout``, rows in a ``batch``; ``rounds`` are epochs.
    """
    deadline = Deadline.of(seconds)
    part = some_rows(train, task, seed, cells=MOST_CELLS // (1 + int(params["bins"])), work=10**18)
    design = learn_design(part, bins=int(params["bins"]))
    if np.all(part.y == part.y[0]) or not (design.dense or design.codes):
        return nothing_to_learn(NAME, part, task, params)
    target = Target.of(part, task, params)
    training = _training(design, part, task, params, seed)
    inputs, slope = design.inputs(part.values), _slope(part, target)
    epochs = trained(
        training.adam,
        lambda: training.epoch(inputs, slope, int(params["batch"])),
        _loss(training, design, valid, target) if valid else None,
        most=int(params.get("rounds", MOST_EPOCHS)),
        patience=PATIENCE,
        deadline=deadline,
    )
    weights, biases = training.averaged()
    return smeared(
        NeuralNet(
            design=design,
            weights=tuple(weight.astype(np.float64) for weight in weights),
            biases=tuple(bias[:, 0].astype(np.float64) for bias in biases),
            target=target,
            params=params,
            epochs=epochs,
        ),
        part,
    )


def _training(design: Design, part: Matrix, task: Task, params: Params, seed: int) -> Training:
    shape = Shape(
        nets=int(params["nets"]),
        inputs=design.dense + sum(design.levels),
        hidden=int(params["hidden"]),
        layers=int(params["layers"]),
        width=task.width,
    )
    bias = np.zeros(1) if task.kind == "regression" else log_odds(shares(part, task), task)
    step, decay, dropout = (float(params[name]) for name in ("step", "decay", "dropout"))
    return Training(shape, bias=bias.astype(np.float32), step=step, decay=decay, dropout=dropout, seed=seed)


def _slope(part: Matrix, target: Target) -> Slope:
    y = target.learned(part.y).astype(np.float32)
    weight = None if part.weight is None else (part.weight / part.weight.mean()).astype(np.float32)

    def slope(scores: Singles, rows: NDArray[np.int64]) -> Singles:
        nets, size, width = scores.shape
        flat = scores.reshape(nets * size, width)
        found = row_loss(target.task, flat, np.tile(y[rows], nets))[1].reshape(scores.shape)
        if weight is not None:
            found = found * weight[rows][None, :, None]
        return found.astype(np.float32, copy=False)

    return slope


def _loss(training: Training, design: Design, valid: Matrix, target: Target) -> Loss:
    inputs, y = design.inputs(valid.values), target.learned(valid.y)

    def loss() -> float:
        each, _ = row_loss(target.task, training.scores(inputs).astype(np.float64), y)
        return float(np.average(each, weights=valid.weight))

    return loss


def _rectified(flow: Expr, bias: Floats) -> Expr:
    return Maximum(Add(flow, Constant(bias)), constant(0.0))


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0003)."""
    base: Params = {
        "nets": 2,
        "hidden": 128,
        "layers": 2,
        "bins": 8 if task.kind == "multiclass" else 16,
        "step": 0.002,
        "decay": 0.1,
        "dropout": 0.1,
        "batch": 256 if rows <= FEW_ROWS else 512,
    }
    if task.kind == "regression":
        return base, {**base, "target": "log"}
    return (base, {**base, "hidden": 256}) if task.classes > FEW_CLASSES else (base,)


def _space(task: Task, rows: int) -> Space:
    del task, rows
    return {
        "hidden": Choice(options=(64, 128, 256)),
        "layers": Range(low=1, high=3, whole=True),
        "bins": Choice(options=(0, 8, 16)),
        "step": Range(low=5e-4, high=1e-2, log=True),
        "decay": Range(low=1e-3, high=0.3, log=True),
        "dropout": Range(low=0.0, high=0.4),
    }


NEURAL_NET = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    cost=4.0,
    order=3,  # worth most per second after the two boosters (docs/decisions/0003)
    tolerance=1e-9,
)
