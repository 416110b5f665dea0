"""The rungs by the names that a spec calls them."""

from __future__ import annotations

from collections.abc import Mapping

from automl.retrain.rungs import recalibrate, refit, refresh, search
from automl.retrain.rungs.base import Challenge
from automl.spec.retrain import RungName

CHALLENGES: Mapping[RungName, Challenge] = {
    "recalibrate": recalibrate.challenge,
    "refresh": refresh.challenge,
    "refit": refit.challenge,
    "search": search.challenge,
}


def challenge_of(rung: RungName) -> Challenge:
    """The challenge of the rung that is called so."""
    return CHALLENGES[rung]
