"""A metric of the user's own judges a fit, in its process alone; no command that opens the bundle imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl import cli, examples

METRIC = """import os
with open(os.environ["TRAP"], "a") as file:
    file.write(f"{os.getpid()}\\n")

def found(y, p, weight):
    return float(weight[(y == 1) & (p > 0.3)].sum() / weight[y == 1].sum())

found.greater_is_better = True
"""
FIT = ("fit", "spec.toml", "--write-anyway", "--json", "--set", "budget.trials=1", "--set", "recipe.name=quick")
OPENING = (
    ("show", "spec.bundle"),
    ("verify", "spec.bundle"),
    ("gates", "spec.bundle"),
    ("predict", "spec.bundle", "test.csv", "-o", "out.csv"),
    ("decide", "spec.bundle", "--set", "objective.costs.false_positive=90", "-o", "other.bundle", "--write-anyway"),
    ("compare", "spec.bundle", "other.bundle", "--data", "test.csv"),
    ("retrain", "spec.bundle", "--data", "test.csv", "--dry-run"),
    ("explain", "spec.bundle", "test.csv", "--row", "1"),
    ("monitor", "spec.bundle", "test.csv"),
    ("report", "spec.bundle", "-o", "page.html"),
    ("register", "spec.bundle", "models/own"),
    ("export", "spec.bundle", "--to", "c", "-o", "c"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, and the metric's module where every process finds it; whoever imports it notes that in trap.txt."""
    examples.write("german-credit", tmp_path)
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "metric_of_mine.py").write_text(METRIC)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "path")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    monkeypatch.setenv("TRAP", str(tmp_path / "trap.txt"))
    return tmp_path


def test_the_metric_judges_the_fit_and_nothing_else(folder: Path) -> None:
    """The fit's own process imports it once, workers and what opens the bundle later never; its score stands first."""
    command = [sys.executable, "-m", "automl", *FIT, "--set", 'objective.metric="metric_of_mine:found"']
    command += ["--set", "budget.workers=2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        told, _ = process.communicate()
    assert process.returncode in {0, 5}
    assert (folder / "trap.txt").read_text().split() == [str(process.pid)]
    assert told.index('"metric_of_mine:found"') < told.index('"roc_auc"')
    (folder / "trap.txt").unlink()
    for opening in OPENING:
        assert cli.run(list(opening)) in {0, 5, 9}, opening
        assert not (folder / "trap.txt").exists(), opening
