"""What runs a rival: what it is told, what it must give back, and how its model is timed."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.bench import rival_kit
from automl.bench.rival_kit import Coder, Model, Task, fit, load_rival, serve, times_of

Job = Callable[..., dict[str, Any]]
FRAME = pd.DataFrame({"x": [1.0, 2.0, 3.0], "job": ["clerk", None, "clerk"]})


def half(frame: pd.DataFrame) -> np.ndarray:
    """A model that knows nothing; at the top of a module, so that it can be pickled."""
    return np.full(len(frame), 0.5)


def task(y: list[float], kind: str = "binary", **more: Any) -> Task:
    """A task of these answers."""
    train = pd.DataFrame({"x": np.arange(float(len(y)))})
    said = {"metric": "roc_auc", "classes": 2, "test": train, "seed": 0, "workers": 1, "folder": Path()} | more
    return Task(kind=kind, train=train, y=np.array(y), **said)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """What the kit is told of a small task, its files written."""

    def make(**more: Any) -> dict[str, Any]:
        FRAME.to_parquet(tmp_path / "train.parquet")
        FRAME.head(2).to_parquet(tmp_path / "test.parquet")
        np.save(tmp_path / "y.npy", np.array([0.0, 1.0, 0.0]))
        said = {"kind": "binary", "metric": "roc_auc", "classes": 2, "seed": 7, "workers": 2, "by_time": False}
        return {"folder": str(tmp_path), "variant": "", "budget": 5.0, "rival": "", **said, **more}

    return make


def rival(run: Callable[[Task, float], Any], **more: Any) -> SimpleNamespace:
    """A rival's module."""
    return SimpleNamespace(NEEDS=(), run=run, **more)


# --- what it is told -------------------------------------------------------------------------------------


def test_rows_to_stop_on_are_stratified() -> None:
    """Fifteen of a hundred are held out, in each class alike; the same seed draws the same ones."""
    y = [0.0] * 80 + [1.0] * 20
    learn, stop = task(y).holdout()
    assert (len(learn), len(stop)) == (85, 15)
    assert sorted([*learn, *stop]) == list(range(100))
    assert np.array(y)[stop].sum() == 3
    np.testing.assert_array_equal(stop, task(y).holdout()[1])
    assert set(stop) != set(task(y, seed=1).holdout()[1])


def test_by_time_the_last_rows_are_held_out() -> None:
    """Who stops early on the past of what it learned from would stop too late."""
    learn, stop = task([0.0, 1.0] * 10, by_time=True).holdout()
    assert (learn.tolist(), stop.tolist()) == (list(range(17)), [17, 18, 19])


def test_numbers_are_not_stratified() -> None:
    """A target of a hundred values has no classes."""
    learn, stop = task([float(value) for value in range(100)], "regression").holdout()
    assert (len(learn), len(stop)) == (85, 15)


def test_texts_become_categories_of_train() -> None:
    """Levels are those of train; an unseen one is missing, numbers stay; the rarest beyond a number are missing too."""
    coder = task([0.0, 1.0, 0.0]).coder()
    assert coder.levels == {}
    rows = pd.DataFrame({"x": [1.0, 2.0], "job": ["clerk", "pilot"]})
    coded = Coder.fit(FRAME, 255)(rows)
    assert coded["job"].tolist() == ["clerk", np.nan] or coded["job"].isna().tolist() == [False, True]
    assert coded["x"].tolist() == [1.0, 2.0]
    many = pd.DataFrame({"c": ["a"] * 3 + ["b"] * 2 + ["c"]})
    assert Coder.fit(many, 2).levels == {"c": ["a", "b"]}


@pytest.mark.parametrize(("kind", "expected"), [("binary", [0.7]), ("multiclass", [[0.3, 0.7]]), ("regression", [4.0])])
def test_an_estimator_says_what_the_kind_wants(kind: str, expected: list[Any]) -> None:
    """The share of the positive class, all shares, or the number, of the frame as it was prepared."""
    seen = []
    estimator = SimpleNamespace(
        predict_proba=lambda rows: seen.append(rows) or np.array([[0.3, 0.7]]),
        predict=lambda rows: seen.append(rows) or np.array([4.0]),
    )
    assert Model(kind, len, estimator)(FRAME).tolist() == expected
    assert seen == [3]


# --- fit -------------------------------------------------------------------------------------------------


def test_a_rival_is_told_the_task_and_gives_predictions(job: Job, tmp_path: Path) -> None:
    """Rows, answers, seed, cores, an empty folder and the budget; predictions are saved, and how long it took."""
    told = []

    def run(task: Task, budget: float) -> list[int]:
        told.append((task.seed, task.workers, budget, len(task.train), task.y.tolist(), list(task.folder.iterdir())))
        return [0, 1]

    done = fit(rival(run), job())
    assert told == [(7, 2, 5.0, 3, [0.0, 1.0, 0.0], [])]
    assert np.load(tmp_path / "predictions.npy").tolist() == [0.0, 1.0]
    assert done["seconds"] >= 0
    assert done["artifact"] is None
    assert done["versions"].keys() == {"pandas", "numpy"}


def test_a_model_is_saved_and_answers_in_a_process_of_its_own(job: Job, tmp_path: Path) -> None:
    """Beside the predictions a rival may give its model: it is pickled, weighed, loaded and timed."""
    done = fit(rival(lambda task, budget: (half(task.test), half)), job())
    saved = tmp_path / "model" / "model.pickle"
    assert done["artifact"] == saved.stat().st_size
    assert pickle.loads(saved.read_bytes())(FRAME).tolist() == [0.5] * 3  # noqa: S301  # we wrote it a line above
    figures = serve(rival(lambda task, budget: None), job(spawned=0.0))
    assert figures["load_seconds"] > 1e9  # since 1970: it counts from when the process was spawned
    assert figures["single_rows"] == rival_kit.SINGLE_ROWS


def test_a_rival_may_save_and_load_in_its_own_way(job: Job, tmp_path: Path) -> None:
    """Where it has `save` and `load`, those are used, in a folder of its own."""

    def save(model: Any, folder: Path) -> None:
        (folder / "own.txt").write_text("half")

    def load(folder: Path) -> Any:
        assert (folder / "own.txt").read_text() == "half"
        return half

    module = rival(lambda task, budget: (half(task.test), half), save=save, load=load)
    assert fit(module, job())["artifact"] == 4
    assert not (tmp_path / "model" / "model.pickle").exists()
    assert serve(module, job(spawned=0.0))["rows_per_second"] > 0


def test_who_cannot_run_here_says_so_before_it_is_run(job: Job, tmp_path: Path) -> None:
    """A reason ends it; None lets it run."""

    def never(task: Task, budget: float) -> None:
        raise AssertionError

    assert fit(rival(never, unavailable=lambda: "no Java"), job()) == {"skipped": "no Java"}
    assert not (tmp_path / "work").exists()
    assert "seconds" in fit(rival(lambda task, budget: [0, 0], unavailable=lambda: None), job())


@pytest.mark.parametrize(
    ("given", "kind", "wrong"),
    [
        ([0.1], "binary", "cannot reshape"),
        ([0.1, 0.2, 0.7], "multiclass", "cannot reshape"),
        (["a", "b"], "binary", "could not convert"),
    ],
)
def test_what_is_no_prediction_ends_it(given: list[Any], kind: str, wrong: str, job: Job) -> None:
    """Too few rows, too few classes, or words for numbers: nothing is saved."""
    with pytest.raises(ValueError, match=wrong):
        fit(rival(lambda task, budget: given), job(kind=kind, classes=3))


# --- times -----------------------------------------------------------------------------------------------


def test_times_are_of_rows_that_go_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are gone through again until 200 are timed after 20 to warm up; the best of three bulks counts."""
    one: list[str] = []
    bulk: list[int] = []
    found = times_of(one.append, ["a", "b"], lambda: bulk.append(1), 1_000)
    assert (len(one), len(bulk), found["single_rows"]) == (220, 3, 200)
    assert one[:3] == ["a", "b", "a"]
    assert 0 < found["p50_ms"] <= found["p99_ms"]
    assert found["rows_per_second"] > 0
    assert found["serving_mb"] > 1


def test_a_slow_model_is_timed_on_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many seconds the rows that were answered have to do."""
    monkeypatch.setattr(rival_kit, "SINGLE_SECONDS", -1.0)
    assert times_of(str, ["a"], list, 1)["single_rows"] == 1


# --- a file and a process --------------------------------------------------------------------------------


def test_a_rivals_name_hides_no_library(tmp_path: Path) -> None:
    """A file `json.py` is loaded under another name; what is no Python file is refused."""
    (tmp_path / "json.py").write_text("NEEDS = ('numpy>=1',)\n")
    assert load_rival(tmp_path / "json.py").NEEDS == ("numpy>=1",)
    assert sys.modules["json"] is json
    with pytest.raises(ImportError, match="notes"):
        load_rival(tmp_path / "notes")


def test_a_job_is_done_alone(job: Job, tmp_path: Path) -> None:
    """In an isolated Python without this package: the rival finds the kit by name, and what it left running ends."""
    text = (
        "import threading, time\nimport rival_kit\nNEEDS = ()\n"
        "def run(task, budget):\n"
        "    threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "    assert isinstance(task, rival_kit.Task)\n"
        "    return [0.25, 0.75]\n"
    )
    (tmp_path / "one.py").write_text(text)
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job(rival=str(tmp_path / "one.py"))))
    subprocess.run([sys.executable, "-I", rival_kit.__file__, "fit", path], check=True, timeout=100)
    assert json.loads((tmp_path / "fit.json").read_text())["artifact"] is None
    assert np.load(tmp_path / "predictions.npy").tolist() == [0.25, 0.75]
