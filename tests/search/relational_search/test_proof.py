"""Never worse than one table: the proof on folds that chose nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automl.search.relational_search.compute_all import compute_all
from automl.search.relational_search.proof import prove
from automl.search.relational_search.share import Share


@pytest.mark.parametrize(("name", "tells"), [("state", True), ("pages", False)])
def test_what_tells_is_proven_and_noise_is_not(stage: Any, name: str, tells: bool) -> None:  # a parameter
    """A gain of more than one standard error stands for what tells alone."""
    kept = replace(stage.proposed, features=tuple(f for f in stage.proposed.features if f.name == name))
    share = Share.of(stage.spec, stage.deadline)
    computed = compute_all(kept, {name: 1.0}, stage.parts, share, reserve=0.0)
    saved, errors = prove(computed, stage.problem, stage.spec)
    assert (errors > 1.0) is tells
    assert (saved > 0.1) is tells


def test_the_proof_has_folds_of_its_own(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another seed than that of the choice, so that what was chosen by luck is not proven by the same luck."""
    seeds = []

    class Room:
        @classmethod
        def of(cls, problem: Any, _: Any) -> Any:
            seeds.append(problem.seed)
            return stage.room

    monkeypatch.setattr("automl.search.relational_search.proof.TrialRoom", Room)
    kept = replace(stage.proposed, features=stage.proposed.features[:1])
    computed = compute_all(kept, {"state": 1.0}, stage.parts, Share.of(stage.spec, stage.deadline), reserve=0.0)
    prove(computed, stage.problem, stage.spec)
    assert seeds
    assert stage.problem.seed not in seeds
