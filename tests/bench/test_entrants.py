"""A cell becomes a record: graded alike for all, a failure as the constant predictor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.bench import entrants
from automl.bench.cell import Cell
from automl.bench.entrants import Stage, rival_frames, run_entrant, what_is_wrong
from automl.bench.grade import price, read_truth
from automl.bench.sets import Sets, Unavailable
from automl.bench.tasks import read_task

COSTS = '[costs]\nkind = "matrix"\nfalse_positive = 1\nfalse_negative = 5\n'
DUMMY = '''"""Says what one column says."""
import numpy as np

NEEDS = ()


def run(task, budget):
    assert set(task.train) == {"x", "price", "job"} and "bad" not in task.test
    assert (task.kind, task.classes, len(task.y), budget) == ("binary", 2, 60, 5.0)
    assert task.train["price"].dtype == float and task.train["job"].isna().any()
    rows = task.coder()(task.test)
    assert str(rows["job"].dtype) == "category"
    model = Model()
    return model(task.test), model


class Model:
    def __call__(self, frame):
        return 1 / (1 + np.exp(-frame["x"].to_numpy()))
'''


def stage_of(tmp_path: Path, **files: str) -> Stage:
    """A stage whose rivals are `files`."""
    (tmp_path / "rivals").mkdir()
    for name, text in files.items():
        (tmp_path / "rivals" / f"{name}.py").write_text(text)
    return Stage(sets=Sets(cache=tmp_path), rivals=tmp_path / "rivals", cache=tmp_path)


def played(stage: Stage, entrant: str, task: Path, tmp_path: Path, **more: Any) -> dict[str, Any]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return run_entrant(Cell(task=str(task), entrant=entrant, budget=5.0, seed=0, **more), stage, scratch)


def test_a_new_rival_is_one_file(task_folder: Callable[..., Path], tmp_path: Path) -> None:
    """A dummy: found by its name, run in a process of its own, graded, priced, saved, loaded and timed."""
    record = played(stage_of(tmp_path, dummy=DUMMY), "rival:dummy", task_folder(COSTS), tmp_path)
    assert record["failure"] is None, record
    assert record["scores"]["roc_auc"] > 0.7 > record["constant"]["roc_auc"] == 0.5
    assert 0 < record["money"]["per_row"] < record["money"]["without_model"] + 1
    serving = record["serving"]
    assert 0 < serving["p50_ms"] <= serving["p99_ms"]
    assert serving["single_rows"] == 200
    assert serving["artifact_mb"] > 0
    assert serving["load_seconds"] > 0
    assert record["wall_seconds"] > 0
    assert record["versions"].keys() == {"pandas", "numpy"}
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise RuntimeError('it broke')", "exit code 1: RuntimeError: it broke"),
        pytest.param(
            "return np.zeros(3)",
            "exit code 1: ValueError: cannot reshape array of size 3 into shape (20,)",
            marks=pytest.mark.slow,
        ),
        ("return np.full(20, np.nan)", "some predictions are missing or infinite"),
        pytest.param(
            "held = bytearray(b'x') * 900_000_000; import time; time.sleep(9)",
            "killed: it ran into its cap on memory",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_failure_counts_as_the_constant_predictor(
    body: str, reason: str, task_folder: Callable[..., Path], tmp_path: Path
) -> None:
    """It is graded all the same, and the reason is kept."""
    text = f'"""Fails."""\nimport numpy as np\nNEEDS = ()\ndef run(task, budget):\n    {body}\n'
    record = played(stage_of(tmp_path, bad=text), "rival:bad", task_folder(COSTS), tmp_path, memory=600_000_000)
    assert record["failure"] == reason
    assert record["scores"] == record["constant"]
    assert record["money"]["per_row"] == record["money"]["without_model"]
    assert record["serving"] == {}


def test_a_rival_that_cannot_run_here_is_skipped(task_folder: Callable[..., Path], tmp_path: Path) -> None:
    """Its own reason is told; there are no scores."""
    text = '"""Needs Java."""\nNEEDS = ()\ndef unavailable():\n    return "no Java"\ndef run(task, budget): ...\n'
    record = played(stage_of(tmp_path, java=text), "rival:java", task_folder(), tmp_path)
    assert record["skipped"] == "no Java"
    assert "scores" not in record


def test_a_task_that_cannot_be_had_is_skipped(tmp_path: Path) -> None:
    """Without a network a cell on OpenML says so."""

    def fetch(number: int, cache: Path) -> Any:
        raise Unavailable(f"the OpenML task {number} cannot be fetched")

    stage = Stage(sets=Sets(cache=tmp_path, fetch=fetch), rivals=tmp_path, cache=tmp_path)
    cell = Cell(task="openml:31", entrant="recipe:quick", budget=5.0, seed=0)
    record = run_entrant(cell, stage, tmp_path)
    assert (record["skipped"], record["task"]) == ("the OpenML task 31 cannot be fetched", "31")


def test_a_recipe_without_a_bundle_is_a_failure(
    task_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit that is not kept, say: the reason is what `automl fit` said first."""
    said = "0.1 s read\nautoml: size is 9 MB, more than 2 MB\n  this is the hint"
    found = {"scores": {}, "fit": {}, "wall_seconds": 4.0, "peak_mb": 90, "exit_code": 4, "killed": None, "error": said}
    monkeypatch.setattr(entrants, "run_cell", lambda folder, **asked: found)
    record = played(stage_of(tmp_path), "recipe:small", task_folder(COSTS), tmp_path)
    assert record["failure"] == "exit code 4: automl: size is 9 MB, more than 2 MB"
    assert (record["scores"], record["exit_code"], record["wall_seconds"]) == (record["constant"], 4, 4.0)


def test_what_breaks_while_a_cell_is_graded_is_its_failure(
    task_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle that cannot score the test file ends its cell, never the benchmark."""

    def breaks(folder: Path, **asked: object) -> dict[str, Any]:
        raise ZeroDivisionError("by 0")

    monkeypatch.setattr(entrants, "run_cell", breaks)
    record = played(stage_of(tmp_path), "recipe:quick", task_folder(), tmp_path)
    assert record["failure"] == "ZeroDivisionError: by 0"


def test_rivals_get_numbers_where_there_are_numbers(task_folder: Callable[..., Path]) -> None:
    """A dollar amount is a number, a question mark is missing, keys and the target are not there."""
    train, test = rival_frames(read_task(task_folder('ignore = ["job"]\n')))
    assert train.schema == test.schema == {"x": pl.Float64, "price": pl.Float64}
    assert train["price"].is_between(1000, 1500).all()


def test_rows_of_a_task_in_time_are_ordered(
    task_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rival that stops early on the last rows has the latest there, each with its own label."""
    folder = task_folder('time_column = "day"\n', {"day": [f"2024-01-{1 + (7 * i) % 28:02}" for i in range(80)]})
    monkeypatch.setattr(entrants, "watch", lambda *args, **said: None)
    task = read_task(folder)
    truth = read_truth(task)
    cell = Cell(task=str(folder), entrant="rival:dummy", budget=5.0, seed=0)
    rival = type("Rival", (), {"path": Path("x.py"), "variant": ""})()
    entrants._job(cell, rival, task, truth, tmp_path)
    days = pl.read_parquet(tmp_path / "train.parquet")["day"]
    assert days.is_sorted()
    order = pl.read_parquet(task.train)["day"].arg_sort().to_numpy()
    assert (np.load(tmp_path / "y.npy") == truth.train[order]).all()


def test_rivals_may_use_all_their_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread a fit is our way with workers; whoever knows only threads is not held to it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    found = entrants.rival_environment(4)
    assert (found["OMP_NUM_THREADS"], found.get("OMP_WAIT_POLICY")) == ("4", None)
    assert found["PATH"]


def test_predictions_have_a_shape_and_a_range(task_folder: Callable[..., Path]) -> None:
    """Scores below 0 or above 1 are no probabilities."""
    truth = read_truth(read_task(task_folder()))
    assert what_is_wrong(truth, np.full((20, 1), 0.5)) is None
    assert "outside 0 to 1" in str(what_is_wrong(truth, np.full((20, 1), 1.5)))
    assert "shape" in str(what_is_wrong(truth, np.full((20, 2), 0.5)))


def test_money_by_hand(task_folder: Callable[..., Path]) -> None:
    """A missed one costs 5, a false alarm 1: perfect decisions cost nothing, and p above 1/6 acts."""
    truth = read_truth(read_task(task_folder(COSTS)))
    share = truth.test.mean()
    everyone = price(truth, probabilities=np.full((20, 1), 1 / 6 + 1e-9))
    nobody = price(truth, probabilities=np.full((20, 1), 1 / 6 - 1e-9))
    assert everyone is not None
    assert nobody is not None
    assert everyone["per_row"] == pytest.approx(1 - share)
    assert nobody["per_row"] == pytest.approx(5 * share)
    perfect = price(truth, decisions=["yes" if bad else "no" for bad in truth.test])
    assert perfect == {"per_row": 0.0, "without_model": pytest.approx(min(1 - share, 5 * share))}
    assert price(read_truth(read_task(task_folder())), probabilities=np.full((20, 1), 0.5)) is None
