"""The feature plan: frozen features over raw columns, fitted out of fold where they use the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.ops.expr import Expr

Kind = Literal["number", "code", "level", "token", "target"]

HIDDEN: frozenset[Kind] = frozenset({"level", "token"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column of the feature matrix.

    `kind`: ``number``; ``code`` (whole numbers 0..levels-1, 0 is rare and unseen, never NaN); ``level`` (the same of
    thousands of levels); ``token`` (a place of a bag of words or items: the code of what stands there, levels-1 is
    none); ``target`` (a target statistic, a number). Learners choose by kind what they look at; the kinds in `HIDDEN`
    they see only if they ask for them (`learners.seen`).
    """

    name: str
    kind: Kind
    source: tuple[str, ...]  # the raw columns it comes from
    expr: Expr  # over `ops.expr.Column` leaves, width 1
    levels: int = 0
    bag: str = ""  # of a place: the bag that it belongs to; the order of its places says nothing

    @property
    def listed(self) -> str:
        """What it goes by where features are listed: a bag is told once."""
        return self.bag or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A fitted plan: what ships. `features[j]` makes column j of the matrix."""

    features: tuple[Feature, ...]
