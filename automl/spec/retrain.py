"""[retrain]: when a model at work is fitted again, what that may cost, and who may put a better one in its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from automl.spec.base import Section, read_list
from automl.spec.units import Duration, PerTime, Share

RungName = Literal["recalibrate", "refresh", "refit", "search"]
RUNGS: tuple[RungName, ...] = ("recalibrate", "refresh", "refit", "search")
FITTED: tuple[RungName, ...] = ("refit", "search")  # rungs that learn the labels anew


class Retrain(Section):
    """What a retraining costs, which rows it stands on, when it is time for one, and what makes a challenger better."""

    price: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What one retraining costs, in the currency of the costs: machines, and the people who look at it."""
    pays_within: Duration = 30 * 86_400.0
    """The time in which a retraining has to bring back its price."""
    rows: PerTime | None = None
    """How many rows the model is asked about. Without it: as many as the new rows show."""
    window: Duration | None = None
    """How far back challengers learn. Without it: from all rows that are given."""
    least: int = Field(default=200, ge=40)
    """The fewest new rows with a label that a retraining stands on."""
    every: Duration | None = None
    """The longest time between two retrainings: it is then time for one, whatever the watch says."""
    refit_every: Duration | None = None
    """The least time from a fit to a challenge that fits anew (refit, search): until then cheaper rungs go alone.

    Where the watch knows that money is lost all rungs are tried at once (with --if-due, that asks it).
    """
    renew_every: Duration | None = None
    """The age of a fit from which one anew takes its place by its best estimate: not shown better, not seen worse.

    `tolerance` says how much worse, as a share of what the champion promised. Without this key a challenger has to be
    shown to be better, whatever the champion's age.
    """
    on: Annotated[tuple[Literal["money", "drift"], ...], BeforeValidator(read_list)] = ("money",)
    """What a watch has to say for it to be time: that money is lost, that the data drifts."""
    rungs: Annotated[tuple[RungName, ...], BeforeValidator(read_list)] = RUNGS
    """The challengers that are tried, the cheapest first whatever their order here."""
    search: Share = Field(default=0.1, gt=0)
    """The share of the first search's budget that a search for a challenger may take."""
    alpha: Share = Field(default=0.05, gt=0, lt=1)
    """The chance that, in the whole life of a model, one challenger is called better that is not."""
    tolerance: Share = 0.0
    """How far a challenger may lie below a champion that decayed, or is to be renewed: a share of what it promised."""
    promote: Literal["auto", "ask"] = "auto"
    """Whether a better challenger takes the champion's place by itself, or a person is asked."""
    canary: Share = 0.0
    """The share of requests that a challenger answers first, before it takes the champion's place."""
    loss_budget: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """The money that a challenger may lose against the champion on those requests, before it is withdrawn."""
