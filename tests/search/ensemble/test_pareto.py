"""What a faster or smaller ensemble would lose."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from automl.budget import Deadline
from automl.executors.inline import InlineExecutor
from automl.ops.expr import Expr, MatMul, walk
from automl.progress import silent
from automl.search.ensemble.pareto import best
from automl.search.leaderboard import Outcome, Point
from automl.search.loop import search
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.search.worker.model_size import ModelSize
from automl.spec import Spec


def point(loss: float, latency: float, size: float) -> Point:
    return Point(weights=((0, 1.0),), loss=loss, score=None, latency_p99=latency, size=size)


def test_only_what_nothing_beats_stays() -> None:
    """A point that another one beats or equals in all three is left out; of equals the first stays."""
    good, fast, small, beaten = point(1, 9, 9), point(2, 1, 5), point(3, 5, 1), point(3, 9, 9)
    assert best([beaten, good, fast, small, good]) == [good, fast, small]


def run(problem: Problem, spec: Spec, rundir: RunDir) -> Outcome:
    given = Run(
        spec=spec,
        deadline=Deadline.of(60.0),
        executor=InlineExecutor(workers=1),
        folder=rundir,
        listener=silent,
        learners="fake_learners",
    )
    return search(problem, given).outcome


@pytest.fixture
def _dear_ridges(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks at a feature has 100,000 tree nodes; the mean has weights of 0."""

    def looks(part: Expr) -> bool:
        return isinstance(part, MatMul) and bool(part.weights.any())

    def model_size(expr: Expr) -> ModelSize:
        return ModelSize(nodes=1e5 if any(map(looks, walk(expr))) else 1.0)

    monkeypatch.setattr("automl.search.worker.fold_fit.model_size", model_size)


@pytest.mark.usefixtures("_dear_ridges")
@pytest.mark.parametrize("binary", [True, False])
def test_board_and_journal_hold_the_front(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], rundir: RunDir, *, binary: bool
) -> None:
    """From the best to the cheapest each point costs less; the journal has the same, and which one was chosen."""
    spec = make_spec(trials=3)
    outcome = run(make_problem(spec, binary=binary), spec, rundir)
    points = outcome.board.front
    assert outcome.board.weights in [found.weights for found in points]
    assert [found.loss for found in points] == sorted(found.loss for found in points)
    assert len(points) > 1
    assert points[-1].latency_p99 < points[0].latency_p99
    line = json.loads((rundir.path / "journal.jsonl").read_text().splitlines()[-1])
    assert line["kind"] == "front"
    assert [found["loss"] for found in line["points"]] == [found.loss for found in points]


@pytest.mark.usefixtures("_dear_ridges")
def test_limits_prune_the_members(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], rundir: RunDir
) -> None:
    """A limit that only the constant is estimated to keep leaves only the constant."""
    spec = make_spec(trials=3)
    free = run(make_problem(spec), spec, rundir)
    assert [member.learner for member in free.members] == ["ridge"]
    tight = spec.model_copy(update={"limits": spec.limits.model_copy(update={"size": 1_000_000})})
    again = run(make_problem(tight), tight, rundir)
    assert [member.learner for member in again.members] == ["mean"]
