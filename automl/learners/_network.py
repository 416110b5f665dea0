"""Small feed-forward networks, several side by side, trained by Adam on averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from automl.budget import Deadline

Singles = NDArray[np.float32]
Slope = Callable[[Singles, NDArray[np.int64]], Singles]
Epoch = Callable[[], Iterator[None]]  # yields after each step
Loss = Callable[[], float]  # on the rows held out, of the averages

FIRST_MOMENT, SECOND_MOMENT, TINY = 0.9, 0.99, 1e-8
BLOCK = 8192  # rows scored at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`nets` networks of `inputs`, `layers` hidden layers of `hidden` units and `width` outputs."""

    nets: int
    inputs: int
    hidden: int
    layers: int
    width: int

    def sizes(self) -> list[int]:
        """Units of each layer, the inputs first."""
        return [self.inputs, *[self.hidden] * self.layers, self.width]


class Adam:
    """Parts of a network, each an array that is changed in place, with their moments and their running average.

    Source: Kingma and Ba, ICLR 2015; decoupled decay: Loshchilov and Hutter, ICLR 2019; averaged weights: Polyak
    and Juditsky 1992, as an exponential average, which makes the rate's decay, and knowing the epochs, needless.
    """

    def __init__(self, parts: Sequence[Singles], *, step: float, decay: float = 0.0) -> None:
        self.parts = list(parts)
        self.step, self.decay = np.float32(step), np.float32(decay)
        self.averages = [part.copy() for part in self.parts]
        self.moments = [(np.zeros_like(part), np.zeros_like(part)) for part in self.parts]
        self.steps = 0

    def begin(self) -> None:
        """A step in which some of the parts move."""
        self.steps += 1

    def shrink(self, place: int) -> None:
        """Part `place` decays."""
        self.parts[place] *= np.float32(1.0) - self.step * self.decay

    def move(self, place: int, slope: Singles) -> None:
        """Part `place` against its slope, which is overwritten."""
        first, second = self.moments[place]
        first *= np.float32(FIRST_MOMENT)
        first += np.float32(1.0 - FIRST_MOMENT) * slope
        second *= np.float32(SECOND_MOMENT)
        slope *= slope
        second += np.float32(1.0 - SECOND_MOMENT) * slope
        scale = np.sqrt(1.0 - SECOND_MOMENT**self.steps) / (1.0 - FIRST_MOMENT**self.steps)
        change = np.sqrt(second)
        change += np.float32(TINY)
        np.divide(first, change, out=change)
        change *= self.step * np.float32(scale)
        self.parts[place] -= change

    def average(self, memory: float) -> None:
        """Take the step into the average, which looks back over `memory` steps; the start is soon forgotten."""
        keep = min(1.0 - 1.0 / memory, self.steps / (self.steps + 10.0))
        for average, part in zip(self.averages, self.parts, strict=True):
            average[...] += np.float32(1.0 - keep) * (part - average)


def batches(random: np.random.Generator, rows: int, size: int) -> Iterator[NDArray[np.int64]]:
    """All rows once in a random order, `size` at a time."""
    order = random.permutation(rows)
    for start in range(0, rows, size):
        yield order[start : start + size]


def memory_of(rows: int, batch: int) -> float:
    """The steps that the average looks back over: an epoch."""
    return max(20.0, rows / batch)


def train(adam: Adam, epoch: Epoch, loss: Loss | None, *, most: int, patience: int, deadline: Deadline) -> int:
    """Train for `most` epochs, leave the averages that are best by `loss` in `adam`, and give their epoch.

    It ends earlier where no time is left, or without a gain for `patience` epochs, or a third of those so far. Without
    a `loss` the last epoch is the best.
    """
    best, kept, found = math.inf, 0, adam.averages
    for number in range(1, 1 + most):
        for _ in epoch():
            if deadline.left() <= 0.0:
                break
        reached = loss() if loss else 0.0
        if loss is None or reached < best or not kept:
            best, kept, found = reached, number, [average.copy() for average in adam.averages]
        if deadline.left() <= 0.0 or number - kept >= max(patience, kept // 3):
            break
    adam.averages = found
    return kept


class Training:
    """Weights [nets, from, to] and biases [nets, 1, to] of each layer, moved by `adam`, which has the weights first."""

    def __init__(self, shape: Shape, *, bias: Singles, step: float, decay: float, dropout: float, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.dropout = dropout
        self.weights = [self._drawn(shape.nets, *pair) for pair in pairwise(shape.sizes())]
        self.weights[-1] *= np.float32(0.1)
        self.biases = [np.zeros((shape.nets, 1, size), dtype=np.float32) for size in shape.sizes()[1:]]
        self.biases[-1] += bias
        self.adam = Adam([*self.weights, *self.biases], step=step, decay=decay)

    def epoch(self, inputs: Singles, slope: Slope, batch: int) -> Iterator[None]:
        """One pass over `inputs` [n, d] in a random order; yields after each step.

        `slope(scores [nets, b, width], rows [b])` is that of the loss in the scores.
        """
        memory = memory_of(len(inputs), batch)
        for rows in batches(self.random, len(inputs), batch):
            self._learn(inputs[rows], rows, slope)
            self.adam.average(memory)
            yield

    def averaged(self) -> tuple[list[Singles], list[Singles]]:
        """The averages of weights and biases."""
        half = len(self.weights)
        return self.adam.averages[:half], self.adam.averages[half:]

    def scores(self, inputs: Singles) -> Singles:
        """The mean score [n, width] of the averaged networks."""
        weights, biases = self.averaged()
        blocks: list[Singles] = []
        for start in range(0, len(inputs), BLOCK):
            flow: Singles = inputs[None, start : start + BLOCK]
            for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                flow = flow @ weight + bias
                if k < len(weights) - 1:
                    np.maximum(flow, 0.0, out=flow)
            blocks.append(flow.mean(axis=0))
        joined: Singles = np.concatenate(blocks)
        return joined

    def _drawn(self, nets: int, before: int, after: int) -> Singles:
        spread = np.sqrt(2.0 / before)
        drawn: Singles = self.random.standard_normal((nets, before, after), dtype=np.float32)
        drawn *= np.float32(spread)
        return drawn

    def _learn(self, x: Singles, rows: NDArray[np.int64], slope: Slope) -> None:
        """One step of Adam on the rows `x` [b, d], in place."""
        flows, masks = self._forward(x)
        back = slope(flows[-1] @ self.weights[-1] + self.biases[-1], rows) / np.float32(len(rows))
        self.adam.begin()
        for k in reversed(range(len(self.weights))):
            own, summed = flows[k].swapaxes(1, 2) @ back, back.sum(axis=1, keepdims=True)
            if k:
                back = (back @ self.weights[k].swapaxes(1, 2)) * masks[k - 1]
            self.adam.shrink(k)
            self.adam.move(k, own)
            self.adam.move(len(self.weights) + k, summed)

    def _forward(self, x: Singles) -> tuple[list[Singles], list[Singles]]:
        """What enters each layer [nets, b, from], and what of a hidden layer was let through, dropout included."""
        flows, masks = [x[None]], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            flow = flows[-1] @ weight + bias
            mask = let_through(flow, self.dropout, self.random)
            flow *= mask
            flows.append(flow)
            masks.append(mask)
        return flows, masks


def let_through(flow: Singles, dropout: float, random: np.random.Generator) -> Singles:
    """What is let through of the units of a hidden layer: a share `dropout` is not, the others are scaled for it."""
    mask: Singles = (flow > 0.0).astype(np.float32)
    if dropout:
        mask *= (random.random(flow.shape, dtype=np.float32) >= dropout) / np.float32(1.0 - dropout)
    return mask
