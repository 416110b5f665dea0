"""Refit: the champion's configurations on the new rows; features, ensemble, curve and policy are made anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.retrain.contest import Contest
from automl.retrain.rungs._fitted import fitted
from automl.retrain.rungs.base import Challenger
from automl.search.earlier import members


@contextmanager
def challenge(contest: Contest, place: Path) -> Iterator[Challenger]:
    """The challenger of as many trials as the champion has members."""
    own = members(contest.champion.manifest)
    budget = contest.spec.budget.model_copy(update={"trials": len(own)})
    with fitted(contest, place, budget, warm=own, only=True) as challenger:
        yield challenger
