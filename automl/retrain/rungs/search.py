"""Search: all over again on the new rows, in a share of the first search's budget, from what was best before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.errors import DataError
from automl.retrain.contest import Contest
from automl.retrain.rungs._fitted import fitted
from automl.retrain.rungs.base import Challenger
from automl.search.earlier import configurations, members

SHORTEST = 30.0  # seconds: below, a search finds nothing


@contextmanager
def challenge(contest: Contest, place: Path) -> Iterator[Challenger]:
    """The challenger of a short search."""
    budget, share = contest.spec.budget, contest.asked.search
    trials = None if budget.trials is None else max(1, round(share * budget.trials))
    seconds = budget.time if trials is not None else max(share * budget.time, min(SHORTEST, budget.time))
    own, warm = members(contest.champion.manifest), configurations(contest.champion.manifest)
    if trials is not None and "refit" in contest.asked.rungs and all(one in own for one in warm[:trials]):
        what = f"{trials} of its trials would be the refit again"
        raise DataError(what, where="retrain.search", hint="A larger share of the first search's trials tries others.")
    shorter = budget.model_copy(update={"trials": trials, "time": seconds})
    with fitted(contest, place, shorter, warm=warm) as challenger:
        yield challenger
