"""Who ships together: the ensemble of candidates by what they predicted out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from automl.search.candidate import Candidate, oof_name
from automl.search.ensemble import select
from automl.search.rundir import RunDir
from automl.search.state import State

Floats = NDArray[np.float64]


def weights(state: State, candidates: Sequence[Candidate], *, repeats: int) -> dict[Candidate, float]:
    """The weights of the best ensemble, the heaviest first.

    With several repeats each row counts once for each: what is judged is one fit, and not the mean of many.
    """
    predictions = [np.concatenate(_repeats(state.rundir, found, repeats)) for found in candidates]
    rows = np.flatnonzero(np.all([np.isfinite(prediction[:, 0]) for prediction in predictions], axis=0))
    weight = state.problem.rows.weight
    chosen = select(
        [prediction[rows] for prediction in predictions],
        np.tile(state.problem.rows.y, repeats)[rows],
        None if weight is None else np.tile(weight, repeats)[rows],
        state.problem.loss,
        members=state.spec.recipe.members,
        seed=state.seed,
    )
    ordered = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    return {candidates[place]: share for place, share in ordered}


def mixed(rundir: RunDir, shares: Mapping[Candidate, float], *, repeats: int) -> Floats:
    """The weighted out-of-fold prediction [n, width], its mean over the repeats."""
    means = [share * np.mean(_repeats(rundir, found, repeats), axis=0) for found, share in shares.items()]
    return np.asarray(sum(means))


def _repeats(rundir: RunDir, found: Candidate, repeats: int) -> list[Floats]:
    return [rundir.load(oof_name(found, repeat)) for repeat in range(repeats)]
