"""[objective]: what to predict, how it is scored, and what acting on it means."""

from __future__ import annotations

from pydantic import Field, model_validator

from automl.spec.base import Scalar, Section
from automl.spec.costs import Costs
from automl.spec.units import Capacity, PerTime, Share
from automl.task import Kind


class Decisions(Section):
    """How the decisions are called in the output."""

    act: str | None = None
    pass_: str | None = Field(default=None, alias="pass")  # `pass` is a word of Python
    review: str | None = None


class Review(Section):
    """The third answer: a person looks at the row."""

    cost: float = Field(ge=0, allow_inf_nan=False)
    error: Share = 0.0


class CapacityLimit(Section):
    """How many rows may be acted on, or reviewed."""

    act: Capacity | None = None
    review: Capacity | None = None


class Require(Section):
    """Floors on rows acted on without review, promised with a confidence."""

    precision: Share | None = None
    recall: Share | None = None
    automated: Share | None = None
    confidence: Share = 0.95


class Today(Section):
    """The rule in use now: an expression that says when to act."""

    act: str


class Running(Section):
    """What the model itself costs, and how much it is used."""

    cost: PerTime
    rows: PerTime


class Objective(Section):
    """What the user wants predicted and what it is worth."""

    target: str = Field(min_length=1)
    task: Kind | None = None
    positive: Scalar | None = None
    metric: str | None = None
    base_rate: Share | None = None
    names: Decisions | None = None
    interval: Share | None = None
    costs: Costs | None = None
    review: Review | None = None
    capacity: CapacityLimit | None = None
    require: Require | None = None
    today: Today | None = None
    running: Running | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Objective:
        if self.metric == "cost" and self.costs is None:
            raise ValueError('metric = "cost" needs [objective.costs]')
        if self.positive is not None and self.task not in {None, "binary"}:
            raise ValueError(f'positive is for task = "binary", got task = "{self.task}"')
        return self
