"""A benchmark can be stopped at any moment and goes on where it was; what is wrong is said before hours are spent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl import cli
from automl.bench import harness
from automl.bench.cell import Cell
from automl.bench.entrants import Stage
from automl.bench.records import read
from automl.bench.sets import Sets
from automl.bench.suite import Suite
from automl.errors import SpecError

Record = dict[str, Any]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Two rivals without a need."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text('"""A rival."""\nNEEDS = ()\ndef run(task, budget): ...\n')
    return Stage(sets=Sets(cache=tmp_path), rivals=tmp_path, cache=tmp_path)


@pytest.fixture
def suite() -> Suite:
    """Two tasks, two rivals."""
    return Suite(name="mine", tasks=["sklearn:wine", "sklearn:iris"], rivals=["one", "two"], budgets=["5s"])


@pytest.fixture
def run(make_record: Callable[..., Record]) -> Callable[..., Record]:
    """A cell that is done at once."""

    def play(cell: Cell, stage: Stage, scratch: Path) -> Record:
        assert list(scratch.iterdir()) == []
        return make_record(cell.short_task, cell.entrant, 0.8) | {"key": cell.key}

    return play


def test_a_stopped_run_goes_on(suite: Suite, stage: Stage, run: Callable[..., Record], tmp_path: Path) -> None:
    """The cells that have a record are not run again; without `--resume` nothing is overwritten or mixed."""
    played: list[str] = []

    def stops(cell: Cell, stage: Stage, scratch: Path) -> Record:
        if len(played) == 2:
            raise KeyboardInterrupt
        played.append(cell.key)
        return run(cell, stage, scratch)

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        harness.run_suite(suite, stage, out, run=stops, tell=print)
    with pytest.raises(SpecError, match="holds 2 records"):
        harness.run_suite(suite, stage, out, run=run, tell=print)
    journal = harness.run_suite(suite, stage, out, resume=True, run=run, tell=print)
    assert [record["key"] for record in read(journal)] == [cell.key for cell in suite.cells()]


def test_what_was_skipped_is_tried_again(
    suite: Suite, stage: Stage, run: Callable[..., Record], tmp_path: Path, make_record: Callable[..., Record]
) -> None:
    """Once Java is installed, `--resume` runs the cells that lacked it."""

    def skips(cell: Cell, stage: Stage, scratch: Path) -> Record:
        return run(cell, stage, scratch) | ({"skipped": "no Java"} if cell.short_entrant == "two" else {})

    said: list[str] = []
    harness.run_suite(suite, stage, tmp_path / "out", run=skips, tell=said.append)
    assert said.count("  skipped: no Java") == 2
    journal = harness.run_suite(suite, stage, tmp_path / "out", resume=True, run=run, tell=said.append)
    assert len(read(journal)) == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rivals": ["one", "tow"]}, "did you mean 'two'"),
        ({"recipes": ["quik"]}, "did you mean 'quick'"),
        ({"tasks": ["sklearn:wien"]}, "did you mean 'wine'"),
        ({"tasks": ["nowhere"]}, "no task 'nowhere'"),
    ],
)
def test_wrong_names_end_it_at_once(
    change: dict[str, Any], words: str, suite: Suite, stage: Stage, run: Callable[..., Record], tmp_path: Path
) -> None:
    """Before the first cell is run."""
    values = {"name": "mine", "tasks": ["sklearn:wine"], "rivals": ["one"]} | change
    with pytest.raises(SpecError, match=words):
        harness.run_suite(Suite.model_validate(values), stage, tmp_path / "out", run=run, tell=print)
    assert not (tmp_path / "out").exists()


def test_a_report_needs_records(tmp_path: Path, suite: Suite, stage: Stage, run: Callable[..., Record]) -> None:
    """An empty folder and a run without a whole task say what to do."""
    with pytest.raises(SpecError, match="no journal of a benchmark"):
        harness.write(tmp_path)
    one = Suite(name="mine", tasks=["sklearn:wine"], rivals=["one"], budgets=["5s"])
    other = Suite(name="mine", tasks=["sklearn:iris"], rivals=["two"], budgets=["5s"])
    for part in (one, other):
        harness.run_suite(part, stage, tmp_path / "out", resume=True, run=run, tell=print)
    with pytest.raises(SpecError, match="no task has been run by every entrant yet\n  go on with --resume"):
        harness.write(tmp_path / "out")


@pytest.mark.slow
def test_a_killed_benchmark_leaves_whole_records(tmp_path: Path) -> None:
    """The command line, from the first cell over SIGTERM to the report: nothing is run twice, nothing is lost."""
    rivals = tmp_path / "rivals"
    rivals.mkdir()
    text = '"""Guesses the shares."""\nimport numpy as np\nNEEDS = ()\ndef run(task, budget):\n    {}\n'
    shares = "return np.tile(np.bincount(task.y.astype(int)) / len(task.y), (len(task.test), 1))"
    (rivals / "one.py").write_text(text.format(shares))
    (rivals / "two.py").write_text(text.format("import time; time.sleep(600)"))
    (tmp_path / "mine.toml").write_text('tasks = ["sklearn:iris"]\nrivals = ["one", "two"]\nbudgets = ["5s"]\n')
    words = ["bench", str(tmp_path / "mine.toml"), "--rivals", str(rivals), "--cache", str(tmp_path), "--out"]
    out = tmp_path / "out"
    command = [sys.executable, "-m", "automl", *words, str(out), "--resume"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("2 of 2"):
            break
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGTERM)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 143
    assert "--resume goes on from here" in rest
    assert [record["entrant"] for record in read(out / "journal.jsonl")] == ["rival:one"]

    (rivals / "two.py").write_text(text.format(shares))
    assert cli.run([*words, str(out), "--resume"]) == 0
    assert [record["entrant"] for record in read(out / "journal.jsonl")] == ["rival:one", "rival:two"]
    report = json.loads((out / "report.json").read_text())
    assert [pair["verdict"] for pair in report["pairs"]] == ["tie", "tie"]
    assert report["about"]["command"] == f"automl bench {tmp_path / 'mine.toml'}"
