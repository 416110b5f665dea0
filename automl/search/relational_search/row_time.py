"""What computed features take where one row is scored: a price beside their gain, and the part of a limit they have."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from automl.features.relational.definition import Definitions
from automl.features.relational.row_cost import RowsOf, row_costs
from automl.search.feature_search.gain import PRICE
from automl.spec.limits import Limits

ANSWER = 200.0  # microseconds that an answer takes without them
OF_LIMIT = 0.3  # of a limit on the latency, what computed features may take
USUAL = 20.0  # microseconds from which on a feature has to weigh more


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTime:
    """The proposed features, of how many rows a key has by path, and the microseconds that all may take together."""

    proposed: Definitions
    rows: RowsOf
    most: float

    @classmethod
    def of(cls, proposed: Definitions, rows: RowsOf, limits: Limits) -> RowTime:
        """The strictest limit on the latency counts."""
        said = [limit for limit in (limits.latency_p50, limits.latency_p99) if limit is not None]
        return cls(proposed=proposed, rows=rows, most=OF_LIMIT * 1e6 * min(said, default=math.inf))

    def costs(self, names: Collection[str]) -> dict[str, float]:
        """Microseconds of each of these features, where they are computed together."""
        features = tuple(feature for feature in self.proposed.features if feature.name in names)
        return row_costs(replace(self.proposed, features=features), self.rows)

    def price(self, before: Collection[str], after: Collection[str]) -> float:
        """What the slower answers of `after` are to gain, as a share of the loss: `PRICE` for twice the time."""
        taken = [ANSWER + sum(self.costs(names).values()) for names in (before, after)]
        return PRICE * math.log2(taken[1] / taken[0])

    def within(self, weight: dict[str, float]) -> set[str]:
        """The features that fit into the limit, those first that weigh most for their time."""
        costs = self.costs(weight)
        if sum(costs.values()) <= self.most:
            return set(weight)
        kept: set[str] = set()
        for name in sorted(weight, key=lambda name: -worth(weight[name], costs.get(name, 0.0))):
            if sum(self.costs({*kept, name}).values()) <= self.most:
                kept.add(name)
        return kept


def worth(weight: float, micros: float) -> float:
    """The weight of a feature for the time that it takes; among cheap ones the weight alone decides."""
    return weight / (1.0 + micros / USUAL)
