"""Proposed features in batches: the cheap and mostly right ones first, the others by their way through the tables."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from automl.features.relational.compute.order_statistics import OPS
from automl.features.relational.definition import Aggregation, Base, Direct, Expr, RelationalFeature, steps
from automl.features.relational.propose.candidates import is_simple

DEAR = 4.0  # times the work of a cheap feature: what looks at each row of a range, measured
PROBES = 40.0  # features that take as long to compute as a batch takes to be probed


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Features that are tried together: they go one way through the tables, and take about as long each."""

    features: tuple[RelationalFeature, ...]
    way: Hashable
    work: float

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its features."""
        return tuple(feature.name for feature in self.features)


def batches(features: Sequence[RelationalFeature]) -> tuple[Batch, tuple[Batch, ...]]:
    """The simple features (see `is_simple`), and batches of the others."""
    simple = [feature for feature in features if is_simple(feature.expr)]
    parts: dict[tuple[Hashable, bool], list[RelationalFeature]] = {}
    for feature in features:
        if not is_simple(feature.expr):
            parts.setdefault((way(feature.expr), is_dear(feature.expr)), []).append(feature)
    return _batch(simple, None), tuple(_batch(part, place) for (place, _), part in parts.items())


def by_promise(waiting: Sequence[Batch], weight: Mapping[str, float], simple: Batch) -> list[Batch]:
    """The batches by the gain to be expected for the work: what the simple features of the same way weigh."""
    weighed: dict[Hashable, float] = {}
    for feature in simple.features:
        place = way(feature.expr)
        weighed[place] = weighed.get(place, 0.0) + weight.get(feature.name, 0.0)
    usual = sum(weighed.values()) / max(1, len(weighed))
    return sorted(waiting, key=lambda one: -(weighed.get(one.way, usual) + usual) / (PROBES + one.work))


def way(expr: Expr) -> Hashable:
    """The hops through the tables, in any order."""
    return frozenset((here, hop) for here, hop in steps(expr))


def is_dear(expr: Expr) -> bool:
    """Whether each row of a range is looked at: an order statistic, or a value that is aggregated itself."""
    match expr:
        case Base():
            return False
        case Direct():
            return is_dear(expr.of)
        case Aggregation():
            deep = expr.of is not None and not isinstance(expr.of, Base)
            return expr.op in OPS or len(expr.path) > 1 or deep
        case _:
            return any(is_dear(of) for of in expr.of)


def _batch(features: Sequence[RelationalFeature], place: Hashable) -> Batch:
    work = sum(DEAR if is_dear(feature.expr) else 1.0 for feature in features)
    return Batch(features=tuple(features), way=place, work=work)
