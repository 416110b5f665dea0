"""What the model itself costs: counted into each row, and the volume from which it pays."""

from __future__ import annotations

from dataclasses import dataclass

from automl.errors import SpecError
from automl.spec.objective import Objective
from automl.spec.units import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCost:
    """Money per time that the model costs, whatever it does, and the rows per time that it is used for."""

    cost: Rate
    rows: Rate

    @property
    def per_row(self) -> float:
        """The share of the cost that falls on one row."""
        return (self.cost.count / self.cost.seconds) / (self.rows.count / self.rows.seconds)

    def pays_from(self, saving: float) -> Rate | None:
        """The volume from which `saving` a row, before the running cost, pays it; None where nothing is saved."""
        if saving <= 0:
            return None
        return Rate(count=self.cost.count / saving, seconds=self.cost.seconds)


def make_running_cost(objective: Objective) -> RunningCost | None:
    """The running cost of a spec, or None. Raises `SpecError` without costs to set it against, or without rows."""
    running = objective.running
    if running is None:
        return None
    if objective.costs is None:
        raise SpecError(
            "the running cost is set against what mistakes cost",
            where="objective.running",
            hint="add [objective.costs]",
        )
    if running.rows.count == 0:
        raise SpecError("a model that is used for no rows cannot pay", where="objective.running.rows")
    return RunningCost(cost=running.cost, rows=running.rows)
