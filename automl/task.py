"""What is predicted: the words that every room uses for the kind of a problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["binary", "multiclass", "regression"]
Loss = Literal["squared", "absolute", "log", "poisson", "gamma"]
Shape = Literal["any", "positive", "counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The kind of problem and its number of classes (binary 2, regression 0).

    `y` is a float64 array everywhere: class codes 0..classes-1 (binary: 1 is the positive label)
    or the number itself. Raw scores are float64 [n, width]; probabilities are [n, classes] for multiclass,
    and [n, 1] (of the positive label) for binary.

    Of a regression, `loss` is what the metric wants small (``log``: squares of log1p), and `shape` what its
    target looks like in train: never negative (``positive``), or whole numbers with zeros among them
    (``counts``). Learners choose their objectives by both.
    """

    kind: Kind
    classes: int = 0
    loss: Loss = "squared"
    shape: Shape = "any"

    @property
    def width(self) -> int:
        """Columns of a raw score: one for each class of a multiclass problem, else one."""
        return self.classes if self.kind == "multiclass" else 1
