"""What a model is made of: the sizes of its expressions, which decide what it costs to serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import log2

from automl.ops.expr import Ensemble, Expr, MatMul, Pair, Take, Trees, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """What a model is made of; sizes add up."""

    operations: float = 0.0  # of the graph
    steps: float = 0.0  # from the roots to the leaves of all trees, for one row
    nodes: float = 0.0  # of trees
    numbers: float = 0.0  # in tables and matrices

    def __add__(self, other: ModelSize) -> ModelSize:
        """Both together."""
        return ModelSize(**{name: mine + theirs for name, mine, theirs in _pairs(self, other)})

    def __or__(self, other: ModelSize) -> ModelSize:
        """The larger of each."""
        return ModelSize(**{name: max(mine, theirs) for name, mine, theirs in _pairs(self, other)})

    def __mul__(self, times: float) -> ModelSize:
        """So many of them."""
        return ModelSize(**{name: times * mine for name, mine, _ in _pairs(self, self)})


NOTHING = ModelSize()
NAMES = tuple(field.name for field in fields(ModelSize))


def model_size(*exprs: Expr) -> ModelSize:
    """The size of expressions; what they share counts once."""
    parts = list(walk(*exprs))
    ensembles = [part.ensemble for part in parts if isinstance(part, Trees)]
    return ModelSize(
        operations=float(len(parts)),
        steps=sum(map(_steps, ensembles)),
        nodes=float(sum(len(one.feature) for one in ensembles)),
        numbers=float(sum(map(_numbers, parts))),
    )


def _numbers(part: Expr) -> int:
    """In a table or matrix; of pairs, the keys and where each stands."""
    match part:
        case Take(table=cells) | MatMul(weights=cells):
            return cells.size
        case Pair(keys=keys):
            return 2 * keys.size
        case _:
            return 0


def _steps(ensemble: Ensemble) -> float:
    """Balanced trees of as many leaves."""
    trees = len(ensemble.roots)
    return trees * log2(max(1.0, len(ensemble.leaf_value) / trees)) if trees else 0.0


def _pairs(one: ModelSize, other: ModelSize) -> Iterator[tuple[str, float, float]]:
    return ((name, getattr(one, name), getattr(other, name)) for name in NAMES)
