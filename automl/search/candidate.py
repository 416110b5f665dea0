"""A candidate: one learner with parameters on its way through the folds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.executors.base import Status
from automl.learners.base import Learner, Params
from automl.metrics.base import score, why_undefined
from automl.ops.bulk import evaluate
from automl.search.board import Trial
from automl.search.problem import Problem
from automl.search.rundir import RunDir
from automl.search.trial import RAW, Fitted, FoldResult

Floats = NDArray[np.float64]
OOF = "oof"


@dataclass(slots=True, kw_only=True, eq=False)
class Candidate:
    """What is known so far. `losses` are by fold; `asked` are the folds that were handed to the executor."""

    id: int
    learner: Learner
    params: Params
    proposed: bool = False  # by an engine, which waits for the loss
    asked: set[int] = field(default_factory=set)
    losses: dict[int, float] = field(default_factory=dict)
    rounds: list[int] = field(default_factory=list)
    predictions: dict[int, Floats] = field(default_factory=dict)
    fitted: Fitted | None = None  # of the holdout fit, which may ship
    status: Status = "ok"
    detail: str = ""
    seconds: float = 0.0
    memory: int = 0
    ended: bool = False
    whole: bool = False  # every fold was predicted: it may enter the ensemble
    score: float | None = None

    @property
    def first(self) -> float:
        """The loss on the first fold, which every candidate runs."""
        return self.losses.get(0, math.inf)

    def loss(self, problem: Problem) -> float:
        """The mean loss over its folds, weighted by their rows."""
        if self.status != "ok" or not self.losses:
            return math.inf
        sizes = [len(problem.folds[fold].valid) for fold in self.losses]
        return float(np.average(list(self.losses.values()), weights=sizes))

    def seconds_a_fold(self) -> float:
        """Mean seconds of a fit."""
        return self.seconds / max(1, len(self.losses))


def take(candidate: Candidate, fold: int, result: FoldResult, problem: Problem, rundir: RunDir) -> None:
    """Take in the answer of one fold: its predictions and their loss."""
    raw = rundir.take(f"{OOF}/{candidate.id}-{fold}")
    prediction = np.asarray(evaluate({"prediction": result.link}, {}, stubs={RAW: raw})["prediction"])
    rows = problem.folds[fold].valid
    weight = None if problem.rows.weight is None else problem.rows.weight[rows]
    loss = score(problem.loss, problem.rows.y[rows], prediction, weight)
    if math.isnan(loss):
        candidate.status = "error"
        candidate.detail = why_undefined(problem.loss, problem.rows.y[rows], prediction) or "its loss is no number"
        return
    candidate.losses[fold] = loss
    candidate.predictions[fold] = prediction
    candidate.rounds += [] if result.rounds is None else [result.rounds]
    candidate.fitted = result.fitted


def end(candidate: Candidate, problem: Problem, rundir: RunDir, *, folds: int) -> Trial:
    """Close a candidate: its predictions go to disk, its fate becomes a row of the board."""
    candidate.ended = True
    candidate.whole = candidate.status == "ok" and len(candidate.losses) >= folds
    if candidate.status == "ok":
        rows = np.concatenate([problem.folds[fold].valid for fold in candidate.predictions])
        prediction = np.concatenate(list(candidate.predictions.values()))
        candidate.score = _score(problem, rows, prediction)
        if candidate.whole:
            oof = np.full((problem.rows.n, prediction.shape[1]), np.nan)
            oof[rows] = prediction
            rundir.save(f"{OOF}/{candidate.id}", oof)
    candidate.predictions.clear()
    return trial(candidate, problem)


def record(candidate: Candidate, problem: Problem) -> dict[str, object]:
    """The candidate as a line of the journal; JSON has no infinity, so a failed one has no loss."""
    facts = asdict(trial(candidate, problem))
    return {
        "kind": "trial",
        **facts,
        "loss": facts["loss"] if math.isfinite(facts["loss"]) else None,
        "losses": {str(fold): loss for fold, loss in candidate.losses.items()},
    }


def restore(line: Mapping[str, Any], learners: Mapping[str, Learner]) -> Candidate | None:
    """The candidate that `record` wrote, with its predictions in the run folder; None if it failed or is unknown."""
    if line.get("kind") != "trial" or line.get("status") != "ok" or line.get("learner") not in learners:
        return None
    losses = {int(fold): float(loss) for fold, loss in line["losses"].items()}
    return Candidate(
        id=line["id"],
        learner=learners[line["learner"]],
        params=line["params"],
        asked=set(losses),
        losses=losses,
        rounds=list(line["rounds"]),
        seconds=line["seconds"],
        memory=line["memory"],
        ended=True,
        whole=line["oof"] is not None,
        score=line["score"],
    )


def trial(candidate: Candidate, problem: Problem) -> Trial:
    """The candidate as a row of the board."""
    return Trial(
        id=candidate.id,
        learner=candidate.learner.name,
        params=candidate.params,
        status=candidate.status,
        detail=candidate.detail,
        loss=candidate.loss(problem),
        score=candidate.score,
        rounds=tuple(candidate.rounds),
        folds=len(candidate.losses),
        rows=sum(len(problem.folds[fold].valid) for fold in candidate.losses),
        seconds=round(candidate.seconds, 3),
        memory=candidate.memory,
        oof=f"{OOF}/{candidate.id}.npy" if candidate.whole else None,
    )


def _score(problem: Problem, rows: NDArray[np.int64], prediction: Floats) -> float | None:
    """The spec's metric, None where it has no value on these rows (R17) or is money."""
    if problem.metric.function is None:
        return None
    weight = None if problem.rows.weight is None else problem.rows.weight[rows]
    value = score(problem.metric, problem.rows.y[rows], prediction, weight)
    return None if math.isnan(value) else value
