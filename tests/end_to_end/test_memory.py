"""A whole fit of a file that does not fit stays within `budget.memory`, its workers with it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bench.watch import watch

SPEC = """
[data]
train = "rows.parquet"
[objective]
target = "y"
[budget]
memory = "{memory}MB"
time = "20s"
"""


def _texts() -> pl.DataFrame:
    random = np.random.default_rng(0)
    texts = pl.Series([" ".join(["word"] * 40 + [str(number)]) for number in range(50)])
    picked = random.integers(0, 50, 1_500_000)
    return pl.DataFrame({"text": texts.gather(picked), "y": random.random(len(picked)) < 0.3 + 0.4 * (picked % 2)})


def _numbers() -> pl.DataFrame:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 3_000_000)
    return pl.DataFrame({f"x{place}": random.normal(size=len(y)).round(3) + 0.1 * y for place in range(20)} | {"y": y})


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "memory"), [(_texts, 600), (_numbers, 700)])
def test_the_peak_of_the_process_tree_is_within_the_budget(rows, memory, tmp_path: Path) -> None:
    """D16: 300 MB of texts in a megabyte of parquet, 500 MB of numbers: the sum of proportional sizes is watched."""
    rows().write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "spec.toml").write_text(SPEC.format(memory=memory))
    command = [sys.executable, "-m", "automl", "fit", str(tmp_path / "spec.toml"), "--write-anyway"]
    seen = watch(command, logs=tmp_path, timeout=120)
    assert (tmp_path / "spec.bundle" / "manifest.json").is_file(), seen.stderr
    assert "too many for budget.memory" in seen.stderr
    assert seen.peak_bytes <= memory * 1e6
