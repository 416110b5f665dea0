"""Small feed-forward networks, several side by side, trained by Adam on averaged weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Slope = Callable[[Singles, NDArray[np.int64]], Singles]

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


class Training:
    """Weights [nets, from, to] and biases [nets, 1, to] of each layer, their Adam moments, and their running average.

    Source: Kingma and Ba, ICLR 2015; decoupled decay: Loshchilov and Hutter, ICLR 2019; averaged weights: Polyak
    and Juditsky 1992, as an exponential average, which makes the rate's decay, and knowing the epochs, needless.
    """

    def __init__(self, shape: Shape, *, bias: Singles, step: float, decay: float, dropout: float, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.step, self.decay, self.dropout = np.float32(step), np.float32(decay), dropout
        self.weights = [self._drawn(shape.nets, *pair) for pair in _pairs(shape.sizes())]
        self.weights[-1] *= np.float32(0.1)
        self.biases = [np.zeros((shape.nets, 1, size), dtype=np.float32) for size in shape.sizes()[1:]]
        self.biases[-1] += bias
        self.averages = [part.copy() for part in self._parts()]
        self.moments = [(np.zeros_like(part), np.zeros_like(part)) for part in self._parts()]
        self.steps = 0

    def epoch(self, inputs: Singles, slope: Slope, batch: int) -> Iterator[None]:
        """One pass over `inputs` [n, d] in a random order; yields after each step.

        `slope(scores [nets, b, width], rows [b])` is that of the loss in the scores.
        """
        order = self.random.permutation(len(inputs))
        memory = max(20.0, len(order) / batch)  # the average looks back over an epoch
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            self._learn(inputs[rows], rows, slope)
            self._average(min(1.0 - 1.0 / memory, self.steps / (self.steps + 10.0)))  # the start is soon forgotten
            yield

    def scores(self, inputs: Singles) -> Singles:
        """The mean score [n, width] of the averaged networks."""
        half = len(self.weights)
        weights, biases = self.averages[:half], self.averages[half:]
        blocks: list[Singles] = []
        for start in range(0, len(inputs), BLOCK):
            flow: Singles = inputs[None, start : start + BLOCK]
            for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                flow = flow @ weight + bias
                if k < half - 1:
                    np.maximum(flow, 0.0, out=flow)
            blocks.append(flow.mean(axis=0))
        joined: Singles = np.concatenate(blocks)
        return joined

    def _parts(self) -> list[Singles]:
        return [*self.weights, *self.biases]

    def _drawn(self, nets: int, before: int, after: int) -> Singles:
        spread = np.sqrt(2.0 / before)
        drawn: Singles = self.random.standard_normal((nets, before, after), dtype=np.float32)
        drawn *= np.float32(spread)
        return drawn

    def _learn(self, x: Singles, rows: NDArray[np.int64], slope: Slope) -> None:
        """One step of Adam on the rows `x` [b, d], in place."""
        flows, masks = self._forward(x)
        back = slope(flows[-1] @ self.weights[-1] + self.biases[-1], rows) / np.float32(len(rows))
        self.steps += 1
        for k in reversed(range(len(self.weights))):
            own, summed = flows[k].swapaxes(1, 2) @ back, back.sum(axis=1, keepdims=True)
            if k:
                back = (back @ self.weights[k].swapaxes(1, 2)) * masks[k - 1]
            self.weights[k] *= np.float32(1.0) - self.step * self.decay
            self._adam(k, self.weights[k], own)
            self._adam(len(self.weights) + k, self.biases[k], summed)

    def _forward(self, x: Singles) -> tuple[list[Singles], list[Singles]]:
        """What enters each layer [nets, b, from], and what of a hidden layer was let through, dropout included."""
        flows, masks = [x[None]], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            flow = flows[-1] @ weight + bias
            mask = (flow > 0.0).astype(np.float32)
            if self.dropout:
                kept = self.random.random(flow.shape, dtype=np.float32) >= self.dropout
                mask *= kept / np.float32(1.0 - self.dropout)
            flow *= mask
            flows.append(flow)
            masks.append(mask)
        return flows, masks

    def _adam(self, place: int, part: Singles, slope: Singles) -> None:
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
        part -= change

    def _average(self, keep: float) -> None:
        for average, part in zip(self.averages, self._parts(), strict=True):
            average[...] += np.float32(1.0 - keep) * (part - average)


def _pairs(sizes: list[int]) -> list[tuple[int, int]]:
    return list(pairwise(sizes))
