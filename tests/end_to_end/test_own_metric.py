"""A metric of the user's own judges a fit, in its process alone; no command that opens the bundle imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl import examples

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
    ("explain", "spec.bundle", "test.csv", "--row", "1"),
    ("report", "spec.bundle", "-o", "page.html"),
    ("export", "spec.bundle", "--to", "c", "-o", "c"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, and the module of the metric in a folder that every process searches."""
    found = tmp_path_factory.mktemp("own")
    examples.write("german-credit", found)
    (found / "path").mkdir()
    (found / "path" / "metric_of_mine.py").write_text(METRIC)
    return found


def _run(folder: Path, *command: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """What a command says, and the processes that imported the metric."""
    trap = folder / "trap.txt"
    trap.write_text("")
    environment = os.environ | {"TRAP": str(trap), "PYTHONPATH": str(folder / "path")}
    call = [sys.executable, "-m", "automl", *command]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done, trap.read_text().split()


def test_the_metric_judges_the_fit_and_nothing_else(folder: Path) -> None:
    """The fit's own process imports it once, workers and what opens the bundle later never; its score stands first."""
    done, importers = _run(folder, *FIT, "--set", 'objective.metric="metric_of_mine:found"')
    assert done.returncode in {0, 5}, done.stderr
    assert len(importers) == 1
    assert '"metric": "metric_of_mine:found"' in done.stdout
    for command in OPENING:
        done, importers = _run(folder, *command)
        assert done.returncode in {0, 5}, (command, done.stderr)
        assert importers == [], command
