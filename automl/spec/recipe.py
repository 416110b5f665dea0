"""[recipe]: which recipe the spec builds on, and the few choices a recipe makes."""

from __future__ import annotations

from pydantic import Field

from automl.spec.base import Names, Section
from automl.spec.units import Share


class Recipe(Section):
    """`folds` of the validation, at most `members` shipped, `learners` tried (none named: all) as `engine` proposes."""

    name: str = "balanced"
    """The recipe to build on; `automl recipes` lists them."""
    folds: int = Field(default=5, ge=2, le=50)
    """Folds of the cross-validation; fewer are used where the time is too short for them."""
    members: int = Field(default=4, ge=1, le=25)
    """The most models that ship in one ensemble; with few rows, as many fits of each (at most 3) are averaged."""
    learners: Names = ()
    """The learners to try. None named: all."""
    engine: str | None = None
    """The search engine that proposes parameters: `flaml` (which stands without it), `random`, or a plugin's."""
    feature_search: Share = 0.15
    """The most of the time that the search over features may take; 0 leaves each column with the steps of its kind."""
    relational_search: Share = 0.25
    """The most of the time that features of other tables may take: to propose, try and compute; 0 leaves them out."""
