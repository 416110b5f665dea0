"""[objective]: what to predict, how it is scored, and what acting on it means."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from automl.spec.base import ColumnName, Names, Scalar, Section
from automl.spec.costs import Costs
from automl.spec.units import Capacity, PerTime, Share
from automl.task import Kind


class Decisions(Section):
    """How the decisions are called in the output."""

    act: str | None = None
    """The decision for a row that is acted on."""
    pass_: str | None = Field(default=None, alias="pass")  # `pass` is a word of Python
    """The decision for a row that is left alone."""
    review: str | None = None
    """The decision that a person looks."""


class Review(Section):
    """The third answer: a person looks at the row."""

    cost: float = Field(ge=0, allow_inf_nan=False)
    """Money for one review."""
    error: Share = 0.0
    """Share of reviews that are decided wrongly."""


class CapacityLimit(Section):
    """How many rows may be acted on, or reviewed."""

    act: Capacity | None = None
    """The most rows acted on, such as `200 per 1d`, or a share of the rows."""
    review: Capacity | None = None
    """The most rows reviewed."""


class Require(Section):
    """Floors on rows acted on without review, promised with a confidence."""

    precision: Share | None = None
    """Of the rows acted on, at least this share is positive."""
    recall: Share | None = None
    """Of the positive rows, at least this share is acted on."""
    automated: Share | None = None
    """At least this share of rows is decided without review."""
    confidence: Share = 0.95
    """With which confidence the floors are promised."""


class Today(Section):
    """The rule in use now: an expression that says when to act."""

    act: str
    """When today's rule acts, as an expression such as `amount > 900`."""


class Running(Section):
    """What the model itself costs, and how much it is used."""

    cost: PerTime
    """What the model costs, such as `400 per 30d`."""
    rows: PerTime
    """How many rows it scores, such as `100000 per 30d`."""


class Explain(Section):
    """How decisions are explained."""

    fixed: Names = ()
    """Columns that nobody can change, such as an age: no counterfactual changes them."""
    words: Mapping[ColumnName, str] = Field(default_factory=dict)
    """What columns are called where people read of them, such as `checking_status = "the account"`."""
    levels: Mapping[ColumnName, Mapping[str, str]] = Field(default_factory=dict)
    """What the levels of a column are called, such as `checking_status.A11 = "overdrawn"`."""
    reasons: int = Field(default=4, ge=1, le=50)
    """How many reasons people are told, the strongest first."""


class Objective(Section):
    """What the user wants predicted and what it is worth."""

    target: ColumnName = Field(min_length=1)
    """The column to predict."""
    task: Kind | None = None
    """What kind of answer it is. Without it: found from target and metric, and said."""
    positive: Scalar | None = None
    """The label that costs money if it is overlooked. Binary only."""
    metric: str | None = None
    """What the search improves, by the field's name, or `cost`; or a function of yours, `mypackage.module:function`.
    Without it: `log_loss`, or `rmse` for numbers."""
    base_rate: Share | None = None
    """The real share of positives, if the rows were resampled."""
    names: Decisions | None = None
    """How the decisions are called in the output. Without them: by the labels."""
    interval: Share | None = None
    """Regression: the share of truths that the prediction interval holds."""
    costs: Costs | None = None
    """What each mistake costs. With costs there is a verdict in money."""
    review: Review | None = None
    """The third answer: a person looks at the row."""
    capacity: CapacityLimit | None = None
    """How many rows can be acted on, or reviewed."""
    require: Require | None = None
    """Floors on the rows acted on without review."""
    today: Today | None = None
    """The rule in use now, to beat."""
    running: Running | None = None
    """What the model itself costs."""
    explain: Explain | None = None
    """How decisions are explained."""

    @model_validator(mode="after")
    def _agrees(self) -> Objective:
        if self.metric == "cost" and self.costs is None:
            raise ValueError('metric = "cost" needs [objective.costs]')
        if self.positive is not None and self.task not in {None, "binary"}:
            raise ValueError(f'positive is for task = "binary", got task = "{self.task}"')
        return self
