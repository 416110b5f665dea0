"""What a worker runs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automl.learners.base import Matrix, Model
from automl.ops.bulk import evaluate
from automl.ops.expr import Exponential, Features, MatMul, Minimum, Stub, constant
from automl.search.problem import Matrices, Problem
from automl.search.rundir import RunDir
from automl.search.worker.fold_fit import RAW, FitRequest, _fit, refit, run, swap
from automl.spec import Spec


@pytest.fixture
def fit_request(make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], rundir: RunDir) -> FitRequest:
    problem = make_problem(make_spec())
    matrices = Matrices(problem=problem, rundir=rundir)
    return FitRequest(
        matrix=matrices.matrix(0),
        learner="ridge",
        params={"l2": 1.0},
        task=problem.task,
        seed=0,
        seconds=10.0,
        out=rundir.place("oof/0-0"),
        parity=matrices.parity(0),
        package="fake_learners",
    )


def test_worker_imports_neither_polars_nor_engines() -> None:
    """The module that workers import brings none of the libraries that start threads or are not theirs."""
    heavy = ("polars", "pyarrow", "flaml", "pandas", "onnx", "sklearn", "lightgbm")
    code = f"import sys, automl.search.worker.fold_fit; print([name for name in {heavy!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_run(fit_request: FitRequest, rundir: RunDir) -> None:
    """A trial leaves raw scores of the validation rows, the way from them to predictions, and the fitted member."""
    result = pickle.loads(pickle.dumps(run(request=fit_request)))  # noqa: S301  # our own, as between processes
    raw = rundir.take("oof/0-0")
    valid = fit_request.matrix.valid()
    assert raw.shape == (len(valid.y), 1)
    prediction = evaluate({"p": result.link}, {}, stubs={RAW: raw})["p"]
    expected = evaluate({"p": result.fitted.member.prediction}, {}, features=valid.values)["p"]
    np.testing.assert_allclose(np.asarray(prediction), np.asarray(expected), rtol=1e-12)
    assert result.rounds == 7


def test_a_sample_is_watched_by_as_many_rows(
    fit_request: FitRequest, rundir: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What learns from few rows stops by few others; all of them are predicted."""
    seen = []

    def fit(fit_request: FitRequest, train: Matrix, valid: Matrix | None) -> Model:
        seen.append((len(train.y), 0 if valid is None else len(valid.y)))
        return _fit(fit_request, train, valid)

    monkeypatch.setattr("automl.search.worker.fold_fit._fit", fit)
    run(request=replace(fit_request, sample=20))
    assert seen == [(20, 20)]
    assert len(rundir.take("oof/0-0")) == len(fit_request.matrix.valid().y) > 20


def test_refit(fit_request: FitRequest) -> None:
    """A refit has no validation rows: it trains for the rounds it is given, on all rows."""
    fitted = refit(request=replace(fit_request, params={"l2": 1.0, "rounds": 5}))
    assert fitted.member.rounds == 5
    assert fitted.native.shape == (240, 1)


def test_too_late(fit_request: FitRequest) -> None:
    """A job that had to wait for its worker gets what time is left, not what it was once promised."""
    seen = {}

    def note(*_: object, seconds: float, **__: object) -> None:
        seen["seconds"] = seconds
        raise ValueError("noted")

    import fake_learners.ridge as module

    object.__setattr__(module.RIDGE, "fit", note)
    with pytest.raises(ValueError, match="noted"):
        run(request=replace(fit_request, until=0.0))
    assert 0 < seen["seconds"] < 1


def test_swap() -> None:
    """The part below a prediction is exchanged, what is above it stays, and the original is untouched."""
    raw = MatMul(Features(2), np.ones((2, 1)))
    prediction = Exponential(Minimum(raw, constant(3.0)))
    swapped = swap(prediction, raw, Stub("raw"))
    values = np.array([[0.5], [9.0]])
    found = evaluate({"p": swapped}, {}, stubs={"raw": values})["p"]
    np.testing.assert_allclose(np.asarray(found), np.exp(np.minimum(values, 3.0)))
    assert prediction.of.left is raw  # type: ignore[attr-defined]


def test_parity_is_needed(fit_request: FitRequest) -> None:
    """A refit without parity rows is a mistake of ours and says so."""
    with pytest.raises(ValueError, match="parity"):
        refit(request=replace(fit_request, params={"l2": 1.0, "rounds": 5}, parity=None))


def test_table_survives_the_folder(fit_request: FitRequest, tmp_path: Path) -> None:
    """A table whose files are gone fails in the worker with the path, not in silence."""
    with pytest.raises(FileNotFoundError, match="gone"):
        replace(fit_request.matrix, folder=str(tmp_path / "gone")).valid()
