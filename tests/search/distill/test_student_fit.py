"""One small model is trained on every fold and on all rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automl.search.candidate import oof_name
from automl.search.distill.student_fit import fit_student
from automl.search.distill.students import Student
from automl.search.state import State
from automl.search.worker.soft_targets import SoftTargets


@pytest.fixture
def student(tmp_path: Path, teacher: np.ndarray) -> Student:
    """Ten stumps that look at one column, taught."""
    np.save(tmp_path / "teacher.npy", teacher)
    targets = SoftTargets(columns=("a",), teacher=str(tmp_path / "teacher.npy"))
    params = {"rounds": 10, "num_leaves": 4, "learning_rate": 0.3, "min_data_in_leaf": 5}
    return Student(name="ten stumps", learner="lightgbm", params=params, soft_targets=targets, reading=1e-5)


def test_a_student_is_a_candidate_of_its_own(ended: State, student: Student) -> None:
    """It is cross-validated as the others were, and its fit on all rows may ship."""
    before = len(ended.trials)
    made = fit_student(ended, student, None, seconds=60.0)
    assert made is not None
    candidate, fitted = made
    assert candidate.whole
    assert len(candidate.losses) == 4
    assert np.isfinite(ended.run.folder.load(oof_name(candidate))).all()
    assert fitted.member.rounds == 10
    assert [trial.id for trial in ended.trials[before:]] == [candidate.id]
    assert ended.number == candidate.id + 1


def test_a_student_that_fails_is_told(ended: State, student: Student) -> None:
    """It stands among the trials with its reason, and nothing comes back."""
    told: list[str] = []
    ended.run = replace(ended.run, listener=lambda event: told.append(event.text))
    lost = replace(student, soft_targets=replace(student.soft_targets, teacher="nowhere.npy"))
    ended.run.executor.price = lambda job: 1e9  # type: ignore[attr-defined]  # the simulated one
    assert fit_student(ended, lost, None, seconds=60.0) is None
    assert ended.trials[-1].status == "timeout"
    assert told == ["ten stumps: late"]
