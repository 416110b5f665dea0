"""The feature plan: frozen features over raw columns, fitted out of fold where they use the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.ops.expr import Expr

Kind = Literal["number", "code", "level", "target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column of the feature matrix.

    `kind`: ``number``; ``code`` (whole numbers 0..levels-1, 0 is rare and unseen, never NaN); ``level`` (the same of
    thousands of levels, hidden from learners that do not ask for it: `learners.seen`); ``target`` (a target statistic,
    a number). Learners choose by kind what they look at.
    """

    name: str
    kind: Kind
    source: tuple[str, ...]  # the raw columns it comes from
    expr: Expr  # over `ops.expr.Column` leaves, width 1
    levels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A fitted plan: what ships. `features[j]` makes column j of the matrix."""

    features: tuple[Feature, ...]
