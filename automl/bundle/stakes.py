"""What two decisions on the same row may cost against each other, truth by truth: all that is known before a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.kept import entries_of, kept_rows
from automl.bundle.read import Bundle
from automl.data.read.frames import read_frame, renamed
from automl.decide.costs.cost_matrix import CostMatrix, make_cost_matrix
from automl.decide.costs.unit_costs import UnitCosts, make_unit_costs
from automl.errors import AutomlError
from automl.spec import parse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """The costs of a bundle's spec, and the bundle, which reads the columns that they name."""

    bundle: Bundle
    costs: CostMatrix | UnitCosts

    def largest_regret(self, raw: pl.DataFrame, taken: Sequence[object], instead: Sequence[object]) -> Floats:
        """The most that each raw row [n] may lose by the decision `taken` against the one `instead`; 0 for the same.

        Labels: the largest difference of cost over all truths. Numbers: what the distance costs where the truth lies
        beyond the better one. A row that was not decided is taken for the worse action, whichever that is.
        """
        frame = self._read(raw)
        if isinstance(self.costs, UnitCosts):
            one, other = (np.asarray(each, dtype=np.float64) for each in (taken, instead))
            amounts = self.costs.amounts(frame)
            under, over = (self.costs.under, self.costs.over) if amounts is None else amounts.T
            return np.where(one < other, under * (other - one), over * (one - other))
        each = self._each(self.costs, frame)
        paid, saved = self._of(each, self._codes(taken)), self._of(each, self._codes(instead), worst=False)
        same = np.array([str(one) == str(other) for one, other in zip(taken, instead, strict=True)])
        return np.where(same, 0.0, np.maximum(0.0, (paid - saved).max(axis=1)))

    def paid(self, raw: pl.DataFrame, taken: Sequence[object], y: Floats) -> Floats:
        """What each raw row [n] cost by its decision, given its truth `y` [n], a code or a number; NaN without one."""
        frame = self._read(raw)
        if isinstance(self.costs, UnitCosts):
            return self.costs.of(np.asarray(taken, dtype=np.float64), y, self.costs.amounts(frame))
        by_truth = self._of(self._each(self.costs, frame), self._codes(taken))
        known = np.isfinite(y)
        truth = np.where(known, y, 0.0).astype(np.int64)
        return np.where(known, np.take_along_axis(by_truth, truth[:, None], axis=1)[:, 0], np.nan)

    def _each(self, costs: CostMatrix, frame: pl.DataFrame) -> Floats:
        """What each action costs under each truth [n, truths, actions]."""
        each = costs.amounts(frame)
        return np.broadcast_to(costs.matrix, (frame.height, *costs.matrix.shape)) if each is None else each

    def _of(self, each: Floats, codes: Ints, *, worst: bool = True) -> Floats:
        """The cost of each row's action [n, truths]; of a row without one the highest, or the lowest."""
        known = np.take_along_axis(each, np.maximum(codes, 0)[:, None, None], axis=2)[:, :, 0]
        return np.where(codes[:, None] < 0, each.max(axis=2) if worst else each.min(axis=2), known)

    def _codes(self, decisions: Sequence[object]) -> Ints:
        """The actions [n]; -1 where a row was not decided."""
        assert isinstance(self.costs, CostMatrix)  # noqa: S101  # numbers have none
        target = self.bundle.manifest.target
        texts = {str(value): text for value, text in zip(target.values, target.texts, strict=True)}
        place = {action: code for code, action in enumerate(self.costs.actions)}
        found = (place.get(str(each), place.get(texts.get(str(each), ""), -1)) for each in decisions)
        return np.fromiter(found, dtype=np.int64, count=len(decisions))

    def _read(self, raw: pl.DataFrame) -> pl.DataFrame:
        """The columns that costs name; one that the rows lack is missing in each, so that its mean stands in."""
        wanted = set(self.costs.columns)
        entries = [entry for entry in entries_of(self.bundle.manifest) if entry["name"] in wanted]
        if not entries:
            return pl.DataFrame({"": [0.0] * raw.height})
        return read_frame({"columns": [{**entry, "optional": True} for entry in entries]}, renamed(raw))


def stakes_of(bundle: Bundle) -> Stakes | None:
    """What is at stake in a bundle's decisions; None where its spec has no money, or needs rows that it does not keep.

    Labels without costs have the stakes of right (0) and wrong (1).
    """
    objective = parse(bundle.manifest.spec).objective
    try:
        data = kept_rows(bundle).data
        if bundle.manifest.target.kind == "regression":
            costs: CostMatrix | UnitCosts | None = make_unit_costs(objective, data)
        else:
            costs = make_cost_matrix(objective, data.labels, data)
    except AutomlError:
        return None
    return None if costs is None else Stakes(bundle=bundle, costs=costs)
