"""A fit that is killed again and again ends as one that nobody disturbed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bundle.files import open_files

SPEC = """
[objective]
target = "bad"
positive = "yes"
[data]
train = "train.csv"
test = "test.csv"
[budget]
time = "5min"
trials = 4
workers = 1
[recipe]
folds = 3
engine = "random"
learners = ["constant", "linear", "lightgbm"]
"""
IMPORTED = 0.3  # of a fit's time; before, there is little to kill


def _written(folder: Path) -> Path:
    """A spec and its data in a new folder."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, rows in (("train", 200), ("test", 100)):
        amount, noise = rng.normal(size=rows), rng.normal(size=rows)
        bad = np.where(rng.random(rows) < 1 / (1 + np.exp(-3 * amount)), "yes", "no")
        pl.DataFrame({"amount": amount, "noise": noise, "bad": bad}).write_csv(folder / f"{name}.csv")
    (folder / "spec.toml").write_text(SPEC)
    return folder / "spec.toml"


def _fit(spec: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "automl", "fit", spec.name, "--resume", "--quiet"]
    return subprocess.Popen(command, cwd=spec.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _ended(spec: Path, process: subprocess.Popen[bytes]) -> str:
    """The content hash of the bundle of a fit that is left alone."""
    _, err = process.communicate()
    assert process.returncode == 0, err
    return open_files(spec.with_suffix(".bundle")).manifest.content_hash


def _killed(spec: Path, moments: Sequence[float]) -> str:
    """The same of a fit that is killed at these moments, in seconds from its start, and resumed after each."""
    for seconds in moments:
        process = _fit(spec)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=seconds)
        process.kill()
        process.communicate()
    return _ended(spec, _fit(spec))


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_the_end_is_that_of_an_unbroken_run(kills: int, tmp_path: Path) -> None:
    """R04: after random kills, each followed by --resume, the bundle has the content hash of an undisturbed fit."""
    spec, start = _written(tmp_path / "calm"), time.monotonic()
    calm = _ended(spec, _fit(spec))
    moments = np.random.default_rng(kills).uniform(IMPORTED, 1.0, kills) * (time.monotonic() - start)
    assert _killed(_written(tmp_path / "killed"), moments.tolist()) == calm
