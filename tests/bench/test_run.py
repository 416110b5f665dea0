"""The record of a run says what was asked of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl import metrics
from automl.bench import run
from automl.bench.tasks import read_task
from automl.bench.watch import Watched
from automl.bundle.read import Bundle


@pytest.fixture
def task(raw: pl.DataFrame, tmp_path: Path) -> Path:
    """A task over the rows that the shared bundle scores; one label of the test part is missing."""
    folder = tmp_path / "task"
    folder.mkdir()
    labels = [1 + (place // 2) % 2 for place in range(100)]
    for part, y in (("train", labels), ("test", [None, *labels[1:]])):
        raw.head(100).with_columns(bad=pl.Series(y, dtype=pl.Int64)).write_parquet(folder / f"{part}.parquet")
    words = 'name = "small"\nkind = "binary"\ntarget = "bad"\npositive = 2\nmetric = "log_loss"\nid_columns = ["id"]\n'
    (folder / "task.toml").write_text(words)
    return folder


@pytest.fixture
def fitted(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A fit that writes the shared bundle at once; the commands that were run."""
    commands: list[list[str]] = []

    def watch(command: Sequence[str], **said: Any) -> Watched:
        commands.append([str(word) for word in command])
        spec = next(Path(word) for word in command if str(word).endswith(".toml"))
        shutil.copytree(bundle, spec.with_suffix(".bundle"))
        return told(stdout='{"trials": 3}')

    monkeypatch.setattr(run, "watch", watch)
    return commands


def told(**more: Any) -> Watched:
    """How a command went."""
    said = {"exit_code": 0, "wall_seconds": 1.234, "peak_bytes": 2**20, "load_before": 0.5, "load_after": 0.6}
    return Watched(**{**said, "stdout": "", "stderr": "", **more})


def test_a_cell_is_scored_on_the_raw_test_file(
    task: Path, bundle: Path, fitted: list[list[str]], tmp_path: Path
) -> None:
    """The scores are those of the written bundle on rows whose label is known, by the task's metric first."""
    record = run.run_cell(read_task(task), recipe="quick", budget="5s", seed=3, settings=("budget.trials=2",))
    scored = Bundle.load(bundle).predict(pl.read_parquet(task / "test.parquet"))["probability"].to_numpy()[1:, None]
    y = np.array([(place // 2) % 2 for place in range(1, 100)], dtype=float)
    assert next(iter(record["scores"])) == "log_loss"
    for name, value in record["scores"].items():
        assert value == pytest.approx(metrics.score(metrics.get(name), y, scored)), name
    assert record["golden_rows_verified"] > 0
    assert (record["task"], record["recipe"], record["seed"], record["error"]) == ("small", "quick", 3, "")
    assert (record["fit"], record["wall_seconds"], record["peak_mb"]) == ({"trials": 3}, 1.23, 1)
    json.dumps(record, allow_nan=False)
    (command,) = fitted
    said = " ".join(command)
    for words in ("--recipe quick", "--set budget.time=5s", "--set budget.seed=3", "--set budget.trials=2", "--json"):
        assert words in said


def test_what_was_made_is_kept_if_asked(task: Path, fitted: list[list[str]], tmp_path: Path) -> None:
    """With `--keep` spec, bundle and scored rows stay there; the record is printed and appended to `--out`."""
    words = [str(task), "--keep", str(tmp_path / "kept"), "--out", str(tmp_path / "records.jsonl")]
    for _ in range(2):
        assert run.main(words) == 0
        shutil.rmtree(tmp_path / "kept" / "small.bundle")
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert {"small.toml", "scored.parquet"} <= kept
    records = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert [record["recipe"] for record in records] == ["balanced"] * 2
    assert records[0]["scores"] == records[1]["scores"]


def test_a_fit_that_gave_no_bundle_keeps_its_last_words(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No scores, and the end of what it said, which may be long."""
    words = "x" * 5_000 + "automl: it broke"
    monkeypatch.setattr(run, "watch", lambda command, **said: told(exit_code=1, stderr=words, killed="memory"))
    record = run.run_cell(read_task(task), recipe="quick", budget="5s", seed=0)
    assert (record["scores"], record["fit"], record["golden_rows_verified"]) == ({}, {}, 0)
    assert (record["exit_code"], record["killed"]) == (1, "memory")
    assert record["error"].endswith("automl: it broke")
    assert len(record["error"]) == 2_000


def test_the_machine_and_the_versions_are_told() -> None:
    """What the figures were made with and where: words and counts, one for each library."""
    assert run.versions().keys() == set(run.LIBRARIES)
    assert run.machine().keys() == {"cores", "python", "system"}


def test_other_tables_are_left_aside_only_if_that_is_said(monkeypatch, tmp_path):
    """`--main-table` asks for the main table alone; without it all tables are used."""
    asked = []
    monkeypatch.setattr(run, "read_task", lambda folder, **said: asked.append(said["main_table"]))
    monkeypatch.setattr(run, "run_cell", lambda task, **said: {})
    assert run.main([str(tmp_path)]) == run.main([str(tmp_path), "--main-table"]) == 0
    assert asked == [False, True]


def test_rows_are_decided_with_their_own_costs(monkeypatch, tmp_path):
    """Where each row has its costs in a file, the bundle is given those of test, as any user would give them."""
    asked = []

    def predict(bundle, data, out, *, costs, tables):
        asked.append((data, costs, tables))
        raise InterruptedError

    monkeypatch.setattr("automl.deploy.batch.predict", predict)
    monkeypatch.setattr("automl.bundle.read.Bundle.load", lambda path: SimpleNamespace(tables=()))
    for costs, file in (
        ({"table": {"train": "a", "test": "b"}}, Path("b")),
        ({"false_positive": 1}, None),
        (None, None),
    ):
        task = SimpleNamespace(spec={"objective": {"costs": costs}, "data": {}}, test=Path("t"))
        with pytest.raises(InterruptedError):
            run._scores(task, tmp_path, tmp_path)
        assert asked[-1] == (Path("t"), file, {})
