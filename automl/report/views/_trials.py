"""The trials of a board as a table and, where there was a choice, the ensembles that could have shipped."""

from __future__ import annotations

from collections.abc import Iterator

from automl.bundle.manifest import plain
from automl.figures.marks import Figure, Table, table
from automl.report.bundle_figures import front, trials
from automl.report.run import by_loss
from automl.search.leaderboard import Leaderboard


def trials_of(board: Leaderboard) -> dict[str, Table]:
    """What ships, and all that was tried, the best first."""
    tried = {trial.id: trial for trial in board.trials}
    shipped = [
        (tried[place].learner if place in tried else "", str(place), f"{share:.1%}") for place, share in board.weights
    ]
    every = sorted(plain(board.trials), key=by_loss)
    return {"What it is made of": table(("learner", "trial", "weight"), shipped), "Trials": trials(every, "score")}


def front_of(board: Leaderboard) -> Iterator[Figure]:
    """Loss against the time of a row."""
    if len(board.front) > 1:
        yield front([{**plain(point), "chosen": point.weights == board.weights} for point in board.front], None)
