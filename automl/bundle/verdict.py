"""The verdict in money as the manifest keeps it: `automl.decide.verdict`'s own, field by field.

What has a default is younger than the first bundles.
"""

from __future__ import annotations

from typing import Literal

from automl.bundle.frozen import Frozen


class CellCostRecord(Frozen):
    """What one row of a truth and an action costs; with a `formula` rows differ, and `cost` is the mean."""

    cell: str
    cost: float
    formula: str | None = None


class BaselineCostRecord(Frozen):
    """A policy without a model and its cost per 1,000 rows; `rule` is today's, `mixed` draws rows for its actions."""

    action: str
    cost: float
    rule: str | None = None
    mixed: bool = False


class BreakEvenRecord(Frozen):
    """Deploying pays while an amount stays between `low` and `high` (None: no bound), times what it is by `factor`."""

    cell: str
    low: float | None
    high: float | None
    factor: bool = False


class ScenarioRecord(Frozen):
    """What is saved per 1,000 rows if one amount is `factor` times what the spec says."""

    cell: str
    factor: float
    amount: float
    saving: float
    low: float
    high: float
    worth: bool


class ActionShareRecord(Frozen):
    """The share of rows on which the model takes an action."""

    action: str
    share: float


class RunningVerdictRecord(Frozen):
    """What running the model costs per 1,000 rows, and the volume from which it pays."""

    cost: float
    pays_from: str | None


class LimitedActionRecord(Frozen):
    """An action that so many rows can get, and the shares of test rows that got it at its price, and ranked."""

    action: str
    most: str
    share: float
    price: float
    at_price: float
    ranked: float


class CapacityUseRecord(Frozen):
    """What 1,000 test rows cost under the limits, row by row at their prices, and ranked as a batch."""

    limits: tuple[LimitedActionRecord, ...]
    at_price: float
    ranked: float


class VerdictRecord(Frozen):
    """Costs and savings per 1,000 rows in `currency` (see `automl.decide.verdict.verdict.Verdict`)."""

    worth: bool
    reason: str
    currency: str
    amounts: tuple[CellCostRecord, ...]
    evidence: Literal["test", "test and out-of-fold"]
    rows: int
    ours: float
    policies: tuple[BaselineCostRecord, ...]
    best: str
    saving: float
    low: float
    high: float
    test_rows: int
    test_ours: float
    test_saving: float
    test_low: float
    test_high: float
    test_total: float
    break_even: BreakEvenRecord | None
    scenarios: tuple[ScenarioRecord, ...]
    unpriced: int = 0
    taken: tuple[ActionShareRecord, ...] = ()
    running: RunningVerdictRecord | None = None
    capacity: CapacityUseRecord | None = None
