"""Columns that are probed: their values on each fold, where they come from, and which ask they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Ask
from automl.features.plan import HIDDEN, Plan
from automl.learners.base import FeatureInfo
from automl.ops.expr import Expr, walk

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of a matrix over the rows of the probes, one array [n, width] for each fold.

    Column j is `features[j]`, comes from the raw columns `sources[j]`, and belongs to ask number `owner[j]`.
    """

    values: tuple[Floats, ...]
    features: tuple[FeatureInfo, ...]
    sources: tuple[tuple[str, ...], ...]
    owner: tuple[int, ...]
    asks: tuple[Ask, ...] = ()
    exprs: tuple[Expr, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.features)

    def pick(self, places: Sequence[int]) -> Columns:
        """These columns only."""
        return replace(
            self,
            values=tuple(values[:, places] for values in self.values),
            features=tuple(self.features[j] for j in places),
            sources=tuple(self.sources[j] for j in places),
            owner=tuple(self.owner[j] for j in places),
            exprs=tuple(self.exprs[j] for j in places) if self.exprs else (),
        )

    def best(self, weight: Floats, most: int) -> Columns:
        """The `most` weightiest columns, in their order."""
        return self.pick(np.sort(np.argsort(-weight, kind="stable")[:most]).tolist())

    def asked(self, numbers: set[int]) -> Columns:
        """The columns of these asks, and no other ask."""
        places = [j for j, owner in enumerate(self.owner) if owner in numbers]
        renamed = {number: place for place, number in enumerate(sorted(numbers))}
        picked = self.pick(places)
        return replace(
            picked,
            owner=tuple(renamed[owner] for owner in picked.owner),
            asks=tuple(self.asks[number] for number in sorted(numbers)),
        )

    def within(self, most: int) -> Columns:
        """The first asks that need no more than `most` operations of a graph together."""
        for number in range(len(self.asks), 0, -1):
            first = self.asked(set(range(number)))
            if nodes(first.exprs) <= most:
                return first
        return self.asked(set())

    def beside(self, other: Columns) -> Columns:
        """Both, side by side; asks are those of the other."""
        return Columns(
            values=tuple(np.hstack(pair) for pair in zip(self.values, other.values, strict=True)),
            features=self.features + other.features,
            sources=self.sources + other.sources,
            owner=self.owner + other.owner,
            asks=other.asks,
        )


def planned(parts: Sequence[tuple[Plan, Floats]]) -> Columns:
    """The features that the plans of all folds have, each with its matrix [n, F] on the rows; not hidden ones."""
    names = [{feature.name: j for j, feature in enumerate(plan.features)} for plan, _ in parts]
    shared = [
        feature
        for feature in parts[0][0].features
        if feature.kind not in HIDDEN and all(feature.name in places for places in names)
    ]
    values = tuple(
        values[:, [places[feature.name] for feature in shared]]
        for (_, values), places in zip(parts, names, strict=True)
    )
    return Columns(
        values=values,
        features=tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels) for f in shared),
        sources=tuple(feature.source for feature in shared),
        owner=(-1,) * len(shared),
    )


def nodes(exprs: Sequence[Expr]) -> int:
    """The operations that a graph needs for `exprs`, leaves not counted."""
    return sum(1 for part in walk(*exprs) if part.parts())
