"""The figures of a benchmark: ranks, strengths, and what rank costs in time and size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from automl.bench.judge import BenchmarkJudgement, Standing
from automl.figures.intervals import Estimate, intervals
from automl.figures.marks import Figure
from automl.figures.pareto import Candidate, pareto
from automl.figures.ranks import Ranked, critical_difference

Cost = Callable[[Standing], float | None]
RANKS: Final = (
    "Mean ranks over tasks, 1 is the best. A bar joins entrants that Nemenyi's test does not tell apart at 95 % "
    "(Demsar 2006)."
)
STRENGTHS: Final = (
    "Bradley-Terry strengths on the scale of Elo: 400 points are odds of ten to one on a task. Lines are 95 % "
    "intervals by a bootstrap over tasks and seeds."
)
FRONT: Final = "Better is up and to the left. Nobody is better than an entrant on the line in both. Medians over tasks."


def figures(judgement: BenchmarkJudgement) -> list[Figure]:
    """The figures that these results can carry."""
    found = [_strengths(judgement)]
    if judgement.difference is not None:
        ranked = [Ranked(name=one.name, rank=one.rank, kind=_kind(one)) for one in judgement.standings]
        figure = critical_difference("Critical difference", RANKS, ranked, judgement.cliques, judgement.difference)
        found.insert(0, figure)
    for title, unit, cost in COSTS:
        shown = [
            Candidate(name=one.name, rank=one.rank, cost=value, kind=_kind(one))
            for one in judgement.standings
            if (value := cost(one))
        ]
        if len(shown) > 1:
            worst = max(standing.rank for standing in judgement.standings)
            found.append(pareto(title, FRONT, shown, unit=unit, worst=worst))
    return found


COSTS: Final[tuple[tuple[str, str, Cost], ...]] = (
    ("Mean rank against the latency of one row", "p50 of one row, ms", lambda s: s.figures.p50_ms),
    ("Mean rank against the size of the artifact", "artifact, MB", lambda s: s.figures.artifact_mb),
)


def _strengths(judgement: BenchmarkJudgement) -> Figure:
    """A dot with its interval for each entrant, strongest first."""
    found = sorted(judgement.standings, key=lambda standing: -standing.strength.elo)
    estimates = [
        Estimate(
            name=one.name,
            value=one.strength.elo,
            low=one.strength.low,
            high=one.strength.high,
            kind=_kind(one),
            text=f"{one.strength.elo:.0f}",
        )
        for one in found
    ]
    return intervals("Strength", STRENGTHS, estimates, header=("entrant", "strength", "95 % interval"))


def _kind(standing: Standing) -> str:
    return "ours" if standing.ours else "rival"
