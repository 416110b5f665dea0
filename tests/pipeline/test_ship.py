"""The model that ships."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.data.rows import Prepared
from automl.decide.policy.decision_policy import make_policy
from automl.errors import LimitRefusal
from automl.gates.base import GateVerdict
from automl.pipeline.repair import Attempt, NothingFits
from automl.pipeline.ship import ship
from automl.search.finish import SearchResult
from automl.search.leaderboard import Outcome
from automl.search.problem import Matrices, Problem
from automl.search.run import Run
from automl.spec import parse


def problem_of(data: Prepared) -> Problem:
    spec = parse({"objective": {"target": "bad"}})
    return Problem.of(data.train, data.schema, data.labels.task, metric="log_loss", spec=spec, seed=0)


def result_of(data: Prepared, outcome: Outcome, run: Run, *, lighter: Any = None) -> SearchResult:
    problem = problem_of(data)
    matrices = Matrices(problem=problem, rundir=run.folder)
    return SearchResult(problem=problem, matrices=matrices, outcome=outcome, lighter=lighter)


def test_without_limits_the_search_has_chosen(loans, outcome_of, run_of, told, tmp_path: Path) -> None:
    """Its ensemble is calibrated and written, and what was left out is told with its reason."""
    run = run_of()
    result = result_of(loans, outcome_of(loans, slopes=(2.0, 1.0), native_off=(0.0, 0.5)), run)
    shipped = ship(run, loans, result, make_policy(run.spec.objective, loans), tmp_path / "a.bundle")
    assert shipped.measured is None
    assert len(shipped.choice.outcome.members) == 1
    texts = [event.text for event in told]
    assert texts[0] == "calibrating, and writing the model as one graph"
    assert texts[1].startswith("left out, as the graph would not answer as it does")
    assert texts[-1].startswith("calibrated by ")


def test_what_cannot_be_promised_leaves_its_story(loans, outcome_of, run_of, tmp_path: Path) -> None:
    """A floor that no rows can promise refuses, and the run folder says why."""
    run = run_of(objective={"target": "bad", "positive": "yes", "require": {"precision": 0.99999}})
    result = result_of(loans, outcome_of(loans), run)
    with pytest.raises(LimitRefusal) as refused:
        ship(run, loans, result, make_policy(run.spec.objective, loans), tmp_path / "a.bundle")
    document = json.loads((run.folder.path / "refusal.json").read_text(encoding="utf-8"))
    assert document["reasons"] == [str(refused.value)]


@pytest.mark.parametrize("fits", [True, False])
def test_with_limits_a_model_that_keeps_them(
    loans, outcome_of, run_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fits: bool
) -> None:
    """It ships with what was measured of it; where none fits, the nearest one stands in the story."""
    gate = GateVerdict(
        gate="size", ok=False, measured=2.0, limit=1.0, unit="MB", reason="size is 2 MB", protocol="", raw={}
    )
    outcome = outcome_of(loans)
    attempt = Attempt(name="it", outcome=outcome, loss=0.5, saving=None, pressure=2.0, gates=(gate,))
    measured: Any = SimpleNamespace()

    def keep_limits(outcome: Any, repair: Any) -> Any:
        if not fits:
            raise NothingFits("size is 2 MB", attempts=(attempt,), points=("at size 2 MB the loss would be 0.5",))
        return SimpleNamespace(choice=repair.make(outcome), measured=measured)

    monkeypatch.setattr("automl.pipeline.repair.keep_limits", keep_limits)
    run = run_of(limits={"size": "1MB"})
    lighter: Any = SimpleNamespace()
    given = (
        run,
        loans,
        result_of(loans, outcome, run, lighter=lighter),
        make_policy(run.spec.objective, loans),
    )
    if fits:
        assert ship(*given, tmp_path / "a.bundle").measured is measured
        return
    with pytest.raises(NothingFits):
        ship(*given, tmp_path / "a.bundle")
    document = json.loads((run.folder.path / "refusal.json").read_text(encoding="utf-8"))
    assert document["limits"][0]["reason"] == "size is 2 MB"
    assert document["nearest"][-1]["text"] == "at size 2 MB the loss would be 0.5."
