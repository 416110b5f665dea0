"""The shapes a calibration can take: frozen values, each written once as an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from automl.ops.expr import (
    Add,
    Constant,
    Expr,
    Interpolate,
    Logarithm,
    Maximum,
    Minimum,
    Multiply,
    Sigmoid,
    Softmax,
    Subtract,
    constant,
)

Floats = NDArray[np.float64]
EDGE = 1e-7
"""Logarithms see probabilities in [EDGE, 1 - EDGE]: nearer to 1 the last bit of p moves the logit by over 1e-9."""


class Curve(Protocol):
    """A monotone map of probabilities [N, width] to probabilities of the same width."""

    def expr(self, p: Expr) -> Expr: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The probability as it is."""

    def expr(self, p: Expr) -> Expr:
        return p


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """sigmoid(a ln p - b ln(1 - p) + c) with a, b >= 0 (Kull, Silva Filho, Flach 2017).

    a = b is Platt's sigmoid on the logit (Platt 1999), a = b and c = 0 is temperature scaling (Guo et al. 2017).
    """

    a: float
    b: float
    c: float

    def expr(self, p: Expr) -> Expr:
        inner = Minimum(Maximum(p, constant(EDGE)), constant(1.0 - EDGE))
        yes = Multiply(Logarithm(inner), constant(self.a))
        no = Multiply(Logarithm(Subtract(constant(1.0), inner)), constant(self.b))
        return Sigmoid(Add(Subtract(yes, no), constant(self.c)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic:
    """Piecewise linear through knots that rise in both directions (Zadrozny and Elkan 2002)."""

    x: Floats
    y: Floats

    def expr(self, p: Expr) -> Expr:
        return Interpolate(p, self.x, self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """softmax(scale ln p + bias): one scale for all classes is temperature scaling (Guo et al. 2017)."""

    scale: Floats  # [classes]
    bias: Floats  # [classes]

    def expr(self, p: Expr) -> Expr:
        logs = Logarithm(Maximum(p, constant(EDGE)))
        return Softmax(Add(Multiply(logs, Constant(self.scale)), Constant(self.bias)))
