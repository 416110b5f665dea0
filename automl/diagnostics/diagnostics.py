"""All that a report draws of judged rows, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automl.diagnostics.accumulated_effects import EffectPoint
from automl.diagnostics.confusion import ConfusionCell
from automl.diagnostics.importance import Importance
from automl.diagnostics.learning_curve import LearningCurve
from automl.diagnostics.over_time import PeriodSaving
from automl.diagnostics.ranking import RankingPoint
from automl.diagnostics.reliability import ReliabilityBin
from automl.diagnostics.residuals import Residuals
from automl.diagnostics.row_slider import RowSliderTable
from automl.diagnostics.slider import SliderTable
from automl.diagnostics.threshold_costs import ThresholdCost
from automl.diagnostics.weak_spots import WeakSpot


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What stands on the test part, and on the verdict's rows where there is one; what does not apply is empty.

    `loss` names what `weak_spots` and `importance` are told in, for one row: a currency or the name of a loss.
    `looked_at` are the rows that importance and effects stand on, `columns` how many the model reads (those of other
    tables count as one), of which `importance` has those that there was time for. `no_learning` says why there is no
    curve of `learning`.
    """

    rows: int
    loss: str
    importance: tuple[Importance, ...]
    effects: Mapping[str, tuple[EffectPoint, ...]]
    weak_spots: tuple[WeakSpot, ...]
    over_time: tuple[PeriodSaving, ...]
    looked_at: int
    columns: int
    reliability: tuple[ReliabilityBin, ...] = ()
    ranking: tuple[RankingPoint, ...] = ()
    confusion: tuple[ConfusionCell, ...] = ()
    threshold_costs: tuple[ThresholdCost, ...] = ()
    residuals: Residuals | None = None
    slider: SliderTable | RowSliderTable | None = None
    learning: LearningCurve | None = None
    no_learning: str | None = None
