"""What is known of a candidate on its way, and what the journal keeps of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from automl.data.rows import Fold
from automl.learners.base import Params
from automl.learners.lightgbm import LIGHTGBM
from automl.ops.expr import Sigmoid, Stub, constant
from automl.search.candidate import (
    Candidate,
    end,
    end_repeat,
    has_repeat,
    oof_name,
    record,
    repeat_record,
    restore,
    restore_repeat,
    take,
)
from automl.search.problem import Problem
from automl.search.rundir import RunDir
from automl.search.worker.fold_fit import RAW, FoldResult
from automl.search.worker.model_size import ModelSize
from automl.spec import Spec


def candidate(rounds: dict[int, int]) -> Candidate:
    losses = dict.fromkeys(rounds, 0.5)
    return Candidate(id=3, learner=LIGHTGBM, params={}, losses=losses, rounds=rounds, score=0.7, whole=True)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((100, 100, 100), 20), ((100, 90, 40), 15), ((100, 70, 40), 10)],
    ids=["folds of one size", "two large ones", "the largest alone"],
)
def test_rounds_are_those_of_the_large_folds(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec], sizes: tuple[int, ...], expected: int
) -> None:
    """A window of few rows needs fewer rounds, or more: what ships is fitted on all rows."""
    problem = make_problem(make_spec())
    folds = tuple(Fold(fit=np.arange(size), valid=np.arange(size, size + 5)) for size in sizes)
    object.__setattr__(problem, "folds", folds)
    assert candidate({2: 30, 0: 10, 1: 20}).usual_rounds(problem) == expected
    assert candidate({}).usual_rounds(problem) is None


def test_the_journal_keeps_the_rounds_of_each_fold(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec]
) -> None:
    """What ended in any order comes back by fold, the folds of a repeat as well, and no later ones."""
    problem = make_problem(make_spec())
    found = candidate({1: 20, 0: 10, 3: 40, 2: 30})
    line = json.loads(json.dumps(record(found, problem)))
    found.repeats = 2
    found.losses |= dict.fromkeys((5, 4, 6, 7, 8), 0.4)
    found.rounds |= {5: 60, 4: 50, 6: 70, 7: 80, 8: 90}
    again = json.loads(json.dumps(repeat_record(found, folds=4)))
    restored = restore(line, {"lightgbm": LIGHTGBM})
    assert restored is not None
    assert restored.rounds == {0: 10, 1: 20, 2: 30, 3: 40}
    restore_repeat(restored, again)
    assert restored.rounds == {fold: 10 * (fold + 1) for fold in range(8)}
    assert set(restored.losses) == restored.asked == set(range(8))


PARAMS: Params = {"learning_rate": 0.1}


def predict(candidate: Candidate, problem: Problem, rundir: RunDir, folds: range, *, raw: float = 0.0) -> None:
    """The workers' answers for `folds`, each the same raw score for all rows."""
    for fold in folds:
        rundir.save(f"oof/{candidate.id}-{fold}", np.full((len(problem.fold(fold).valid), 1), raw))
        size = ModelSize(nodes=10.0 * (fold + 1))
        result = FoldResult(link=Sigmoid(Stub(RAW, 1)), rounds=7, seconds=1.0, model_size=size)
        take(candidate, fold, result, problem, rundir)


def test_a_fold_has_the_loss_of_its_rows(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec], rundir: RunDir
) -> None:
    """A raw score of 0 is a probability of a half; the size is that of the largest fold's model."""
    problem, one = make_problem(make_spec()), Candidate(id=0, learner=LIGHTGBM, params=PARAMS)
    assert (one.first, one.loss(problem)) == (np.inf, np.inf)
    predict(one, problem, rundir, range(4))
    assert one.losses == pytest.approx(dict.fromkeys(range(4), np.log(2)))
    assert one.loss(problem) == pytest.approx(np.log(2))
    assert one.model_size.nodes == 40.0
    assert one.rounds == dict.fromkeys(range(4), 7)


def test_predictions_that_have_no_loss_are_an_error(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec], rundir: RunDir
) -> None:
    """R17: the reason stands with the candidate, and the fold does not count."""
    problem, one = make_problem(make_spec()), Candidate(id=0, learner=LIGHTGBM, params=PARAMS)
    rundir.save("oof/0-0", np.zeros((len(problem.fold(0).valid), 1)))
    nothing = FoldResult(link=constant(float("nan")), rounds=None, seconds=1.0, model_size=ModelSize())
    take(one, 0, nothing, problem, rundir)
    assert (one.status, one.losses) == ("error", {})
    assert one.detail


@pytest.mark.parametrize("folds", [4, 2])
def test_who_was_predicted_everywhere_may_enter_the_ensemble(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec], rundir: RunDir, folds: int
) -> None:
    """Then its predictions stand in the run folder by one name; else it is a trial without them."""
    problem, one = make_problem(make_spec()), Candidate(id=0, learner=LIGHTGBM, params=PARAMS)
    predict(one, problem, rundir, range(folds))
    trial = end(one, problem, rundir, folds=4)
    assert (one.ended, one.whole, one.predictions) == (True, folds == 4, {})
    assert trial.score == 0.5
    assert (trial.folds, trial.rounds, trial.oof) == (folds, (7,) * folds, "oof/0" if folds == 4 else None)
    if folds == 4:
        np.testing.assert_allclose(rundir.load(oof_name(one)), np.full((240, 1), 0.5))


def test_a_further_cross_validation_counts_once_it_is_whole(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec], rundir: RunDir
) -> None:
    """Its score goes into the mean, its predictions stand beside the first ones."""
    problem, one = make_problem(make_spec()), Candidate(id=0, learner=LIGHTGBM, params=PARAMS)
    predict(one, problem, rundir, range(4))
    end(one, problem, rundir, folds=4)
    predict(one, problem, rundir, range(4, 7))
    assert not has_repeat(one, 4)
    predict(one, problem, rundir, range(7, 8), raw=2.0)
    assert has_repeat(one, 4)
    end_repeat(one, problem, rundir)
    assert one.repeats == 2
    assert oof_name(one, 1) == "oof/0-again-1"
    second = rundir.load(oof_name(one, 1))
    assert np.isfinite(second).all()
    assert len(np.unique(second)) == 2
