"""Who ships together: the ensemble of candidates by what they predicted out of fold and what they cost to serve."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.search.candidate import Candidate, oof_name
from automl.search.cost.serving import Serving, serving, share_read
from automl.search.ensemble.greedy_selection import MOST_ROWS, Price, select
from automl.search.rundir import RunDir
from automl.search.state import State
from automl.search.worker.model_size import NOTHING

Floats = NDArray[np.float64]

HABIT = 0.0005  # the usual thrift: what is nearly as good and lighter is taken
MEGABYTE = 1e6
NEAR, FEW_ROWS = 12, 4_000  # candidates and rows that show well enough who is likely to be chosen

InTime = Callable[[Sequence[Candidate]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Candidates with their out-of-fold predictions [n, width] on the rows that all of them predicted."""

    candidates: tuple[Candidate, ...]
    predictions: tuple[Floats, ...]
    y: Floats
    weight: Floats | None


def pool(state: State, candidates: Sequence[Candidate], *, repeats: int) -> Pool:
    """With several repeats each row counts once for each: what is judged is one fit, and not the mean of many."""
    predictions = [np.concatenate(_repeats(state.run.folder, candidate, repeats)) for candidate in candidates]
    rows = np.flatnonzero(np.all([np.isfinite(prediction[:, 0]) for prediction in predictions], axis=0))
    weight = state.problem.rows.weight
    return Pool(
        candidates=tuple(candidates),
        predictions=tuple(prediction[rows] for prediction in predictions),
        y=np.tile(state.problem.rows.y, repeats)[rows],
        weight=None if weight is None else np.tile(weight, repeats)[rows],
    )


def likely(state: State) -> tuple[Candidate, ...]:
    """Who would ship if the search ended now, roughly: the time that comes after it is set aside for them."""
    ready = sorted(state.ready, key=lambda one: (one.loss(state.problem), one.id))[:NEAR]
    return tuple(weights(state, pool(state, ready, repeats=1), rows=FEW_ROWS)) if ready else ()


def weights(
    state: State,
    given: Pool,
    *,
    thrift: float = HABIT,
    rows: int = MOST_ROWS,
    in_time: InTime | None = None,
) -> dict[Candidate, float]:
    """The weights of the best ensemble that keeps the limits, as far as they can be estimated; the heaviest first.

    `in_time` says whether there is time left for some members, if that counts.

    `thrift` is the share of what the best gains over the worst (a baseline) that must be won for each megabyte, and
    each time that the answer takes as long again as that of an empty bundle. Where no candidate keeps the limits
    alone, the one that is nearest to it: the gates have the last word. Of more than `rows` rows a part is looked at.
    """
    chosen = select(
        given.predictions,
        given.y,
        given.weight,
        state.problem.loss,
        members=state.run.spec.recipe.members,
        seed=state.run.seed,
        price=_price(state, given.candidates, thrift, in_time),
        rows=rows,
    )
    ordered = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    shares = {given.candidates[place]: share for place, share in ordered}
    return shares or {min(given.candidates, key=lambda one: (excess(state, [one]), one.id)): 1.0}


def excess(state: State, members: Sequence[Candidate]) -> float:
    """How much of its limits an ensemble takes; beyond 1 it breaks one."""
    return cost(state, members).excess(state.run.spec.limits)


def cost(state: State, members: Sequence[Candidate]) -> Serving:
    """What serving `members` is estimated to take; one that stands twice counts twice."""
    sizes = [one.model_size for one in members]
    share = share_read(sum(sizes, NOTHING), state.after.columns)  # a constant reads nothing
    return serving(sizes, reading=share * state.after.reading)


def out_of_fold(rundir: RunDir, candidates: Collection[Candidate]) -> tuple[Floats, ...]:
    """What each predicted out of fold [n, width], its mean over the repeats that all of them have."""
    repeats = min(candidate.repeats for candidate in candidates)
    return tuple(np.mean(_repeats(rundir, candidate, repeats), axis=0) for candidate in candidates)


def _price(state: State, candidates: Sequence[Candidate], thrift: float, in_time: InTime | None) -> Price:
    """`thrift` in units of the loss; infinite beyond a limit."""
    losses = [loss for loss in (one.loss(state.problem) for one in candidates) if math.isfinite(loss)]
    unit = thrift * (max(losses) - min(losses))
    bare = cost(state, ())

    def price(members: frozenset[int]) -> float:
        together = [candidates[place] for place in sorted(members)]
        estimate = cost(state, together)
        if estimate.excess(state.run.spec.limits) > 1.0 or (in_time is not None and not in_time(together)):
            return math.inf
        return unit * (estimate.latency_p99 / bare.latency_p99 + estimate.size / MEGABYTE)

    return price


def _repeats(rundir: RunDir, candidate: Candidate, repeats: int) -> list[Floats]:
    return [rundir.load(oof_name(candidate, repeat)) for repeat in range(repeats)]
