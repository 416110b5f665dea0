"""A candidate: one learner with parameters on its way through the folds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.learners.base import Learner, Params
from automl.metrics.base import score, why_undefined
from automl.ops.bulk import evaluate
from automl.search.leaderboard import Status, Trial
from automl.search.problem import Problem
from automl.search.rundir import RunDir
from automl.search.worker.fold_fit import RAW, FittedModel, FoldResult
from automl.search.worker.model_size import NOTHING, ModelSize
from automl.search.worker.soft_targets import SoftTargets

Floats = NDArray[np.float64]
OOF = "oof"
LARGE = 0.8  # of the rows of the largest fold; by time folds differ


@dataclass(slots=True, kw_only=True, eq=False)
class Candidate:
    """What is known so far. `losses` are by fold; `asked` are the folds that were handed to the executor."""

    id: int
    learner: Learner
    params: Params
    proposed: bool = False  # by an engine, which waits for the loss
    sample: int | None = None  # rows to learn from, if not all
    soft_targets: SoftTargets | None = None  # of a small model that is taught by a large one (see `distill`)
    origin: int | None = None  # the candidate on fewer rows that it goes on from (see `schedule.successive_halving`)
    asked: set[int] = field(default_factory=set)
    losses: dict[int, float] = field(default_factory=dict)
    rounds: dict[int, int] = field(default_factory=dict)  # by fold, of learners that have them
    predictions: dict[int, Floats] = field(default_factory=dict)
    mixed: float = math.inf  # the loss on the first fold of the best one then, with some of this one mixed in
    ahead: dict[int, Floats] = field(default_factory=dict)  # by fold, of rows after its window (see `ahead`)
    model_size: ModelSize = NOTHING  # of its largest fold
    fitted: FittedModel | None = None  # of the holdout fit, which may ship
    status: Status = "ok"
    detail: str = ""
    seconds: float = 0.0
    memory: int = 0
    ended: bool = False
    whole: bool = False  # every fold was predicted: it may enter the ensemble
    repeats: int = 1  # whole cross-validations; folds of the second follow those of the first
    score: float | None = None

    @property
    def ready(self) -> bool:
        """Whether it may ship: what learned from some of the rows only as it is, as its rounds are not for all rows."""
        return self.whole and (self.sample is None or self.fitted is not None)

    @property
    def first(self) -> float:
        """The loss on the first fold, which every candidate runs."""
        return self.losses.get(0, math.inf)

    def loss(self, problem: Problem) -> float:
        """The mean loss over its folds, weighted by their rows."""
        if self.status not in {"ok", "stopped"} or not self.losses:
            return math.inf
        sizes = [len(problem.fold(fold).valid) for fold in self.losses]
        return float(np.average(list(self.losses.values()), weights=sizes))

    def usual_rounds(self, problem: Problem) -> int | None:
        """What a fit on all rows should train for: the mean over its large folds, as more rows take more rounds."""
        sizes = {fold: len(problem.fold(fold).fit) for fold in self.rounds}
        large = [self.rounds[fold] for fold, size in sizes.items() if size >= LARGE * max(sizes.values())]
        return max(1, round(float(np.mean(large)))) if large else None

    def seconds_a_fold(self) -> float:
        """Mean seconds of a fit."""
        return self.seconds / max(1, len(self.losses))


def take(candidate: Candidate, fold: int, result: FoldResult, problem: Problem, rundir: RunDir) -> None:
    """Take in the answer of one fold: its predictions and their loss."""
    raw = rundir.take(f"{OOF}/{candidate.id}-{fold}")
    prediction = _linked(result, raw)
    rows = problem.fold(fold).valid
    weight = None if problem.rows.weight is None else problem.rows.weight[rows]
    loss = score(problem.loss, problem.rows.y[rows], prediction, weight)
    if math.isnan(loss):
        candidate.status = "error"
        candidate.detail = why_undefined(problem.loss, problem.rows.y[rows], prediction) or "its loss is no number"
        return
    candidate.losses[fold] = loss
    candidate.predictions[fold] = prediction
    if result.ahead is not None:
        candidate.ahead[fold] = _linked(result, result.ahead)
    if result.rounds is not None:
        candidate.rounds[fold] = result.rounds
    candidate.model_size |= result.model_size
    candidate.fitted = result.fitted


def end(candidate: Candidate, problem: Problem, rundir: RunDir, *, folds: int) -> Trial:
    """Close a candidate: its predictions go to disk, its fate becomes a trial of the leaderboard."""
    if candidate.status == "ok":
        whole = len(candidate.losses) >= folds
        candidate.score = _keep(candidate, list(candidate.predictions), problem, rundir if whole else None)
        if whole and candidate.ahead:
            rundir.save(
                ahead_name(candidate), np.concatenate([candidate.ahead[fold] for fold in sorted(candidate.ahead)])
            )
        candidate.whole = whole  # once its predictions are there: a signal may come at any time
    candidate.predictions.clear()
    candidate.ahead.clear()
    candidate.ended = True
    return trial(candidate, problem)


def has_repeat(candidate: Candidate, folds: int) -> bool:
    """Whether every fold of its next cross-validation was predicted; a later one may have begun meanwhile."""
    first = candidate.repeats * folds
    return all(fold in candidate.predictions for fold in range(first, first + folds))


def end_repeat(candidate: Candidate, problem: Problem, rundir: RunDir) -> None:
    """Close a further cross-validation: its predictions go to disk, its score into the mean."""
    count = len(problem.folds)
    score = _keep(candidate, range(candidate.repeats * count, (candidate.repeats + 1) * count), problem, rundir)
    if candidate.score is not None and score is not None:
        candidate.score += (score - candidate.score) / (candidate.repeats + 1)
    candidate.repeats += 1


def oof_name(candidate: Candidate, repeat: int = 0) -> str:
    """The array of its predictions [n, width] of a cross-validation, NaN where no fold predicted."""
    return f"{OOF}/{candidate.id}" if repeat == 0 else f"{OOF}/{candidate.id}-again-{repeat}"


def first_prediction(candidate: Candidate, problem: Problem, rundir: RunDir) -> Floats | None:
    """What it predicted on the first fold [n, width]; None once that is forgotten."""
    if 0 in candidate.predictions or not candidate.whole:
        return candidate.predictions.get(0)
    return np.asarray(rundir.load(oof_name(candidate))[problem.folds[0].valid])


def ahead_name(candidate: Candidate) -> str:
    """The array of its predictions [m, width] of rows after the windows of its folds, one fold after the other."""
    return f"{OOF}/{candidate.id}-ahead"


def record(candidate: Candidate, problem: Problem) -> dict[str, object]:
    """The candidate as a line of the journal; JSON has no infinity, so a failed one has no loss."""
    facts = asdict(trial(candidate, problem))
    return {
        "kind": "trial",
        **facts,
        "loss": facts["loss"] if math.isfinite(facts["loss"]) else None,
        "losses": {str(fold): loss for fold, loss in candidate.losses.items()},
        "sample": candidate.sample,
        "origin": candidate.origin,
    }


def repeat_record(candidate: Candidate, folds: int) -> dict[str, object]:
    """Its last cross-validation as a line of the journal."""
    added = range((candidate.repeats - 1) * folds, candidate.repeats * folds)
    return {
        "kind": "repeat",
        "id": candidate.id,
        "repeats": candidate.repeats,
        "losses": {str(fold): candidate.losses[fold] for fold in added},
        "rounds": [candidate.rounds[fold] for fold in added if fold in candidate.rounds],
        "seconds": candidate.seconds,
        "score": candidate.score,
    }


def restore(line: Mapping[str, Any], learners: Mapping[str, Learner]) -> Candidate | None:
    """The candidate that `record` wrote, with its predictions in the run folder; None if it failed or is unknown."""
    if line.get("kind") != "trial" or line.get("status") != "ok" or line.get("learner") not in learners:
        return None
    losses = _losses(line)
    return Candidate(
        id=line["id"],
        learner=learners[line["learner"]],
        params=line["params"],
        sample=line["sample"],
        origin=line["origin"],
        asked=set(losses),
        losses=losses,
        rounds=_rounds(line, losses),
        detail=line["detail"],
        seconds=line["seconds"],
        memory=line["memory"],
        model_size=ModelSize(**line["footprint"]),
        ended=True,
        whole=line["oof"] is not None,
        score=line["score"],
    )


def restore_repeat(candidate: Candidate, line: Mapping[str, Any]) -> None:
    """Add the cross-validation that `repeat_record` wrote."""
    losses = _losses(line)
    candidate.losses |= losses
    candidate.asked |= set(losses)
    candidate.rounds |= _rounds(line, losses)
    candidate.repeats, candidate.seconds, candidate.score = line["repeats"], line["seconds"], line["score"]


def trial(candidate: Candidate, problem: Problem) -> Trial:
    """The candidate as a trial of the leaderboard."""
    return Trial(
        id=candidate.id,
        learner=candidate.learner.name,
        params=candidate.params,
        status=candidate.status,
        detail=candidate.detail,
        loss=candidate.loss(problem),
        score=candidate.score,
        rounds=tuple(candidate.rounds[fold] for fold in sorted(candidate.rounds)),
        folds=len(candidate.losses),
        rows=candidate.sample or len(problem.folds[0].fit),
        seconds=round(candidate.seconds, 3),
        memory=candidate.memory,
        footprint=candidate.model_size,
        oof=oof_name(candidate) if candidate.whole else None,
    )


def _linked(result: FoldResult, raw: Floats) -> Floats:
    """The prediction [n, width] of raw scores."""
    return np.asarray(evaluate({"prediction": result.link}, {}, stubs={RAW: raw})["prediction"])


def _rounds(line: Mapping[str, Any], losses: Mapping[int, float]) -> dict[int, int]:
    """The rounds of a line by fold: a learner has some on each fold, or on none."""
    return dict(zip(sorted(losses), line["rounds"], strict=True)) if line["rounds"] else {}


def _losses(line: Mapping[str, Any]) -> dict[int, float]:
    return {int(fold): float(loss) for fold, loss in line["losses"].items()}


def _keep(candidate: Candidate, folds: Sequence[int], problem: Problem, rundir: RunDir | None) -> float | None:
    """The score of the predictions of `folds`, which go from memory to the folder if there is one."""
    rows = np.concatenate([problem.fold(fold).valid for fold in folds])
    prediction = np.concatenate([candidate.predictions[fold] for fold in folds])
    if rundir is not None:
        oof = np.full((problem.rows.n, prediction.shape[1]), np.nan)
        oof[rows] = prediction
        rundir.save(oof_name(candidate, candidate.repeats if candidate.whole else 0), oof)
    for fold in folds:
        del candidate.predictions[fold]
    return _score(problem, rows, prediction)


def _score(problem: Problem, rows: NDArray[np.int64], prediction: Floats) -> float | None:
    """The spec's metric, None where it has no value on these rows (R17) or is money."""
    if problem.metric.function is None:
        return None
    weight = None if problem.rows.weight is None else problem.rows.weight[rows]
    value = score(problem.metric, problem.rows.y[rows], prediction, weight)
    return None if math.isnan(value) else value
