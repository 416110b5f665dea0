"""A share of the rows is spread evenly, and nothing of the others stays in memory."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from automl.data.read.sampling import picked, sample, sample_lines, thinned

ROWS = pl.DataFrame({"row": range(10_000), "level": pl.Series(["a", "b"] * 5_000, dtype=pl.Categorical)})
KEEPS = """
import resource
import polars as pl
from automl.data.read.sampling import sample
def frames():
    for part in range(40):
        yield pl.DataFrame({"text": [f"{part} {row} " * 40 for row in range(25_000)]})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kept = sample(frames(), 0.01)
assert abs(kept.height - 10_000) < 10
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3)
"""


@pytest.mark.parametrize("share", [0.3, 0.1, 0.01])
def test_rows_are_spread_evenly_whatever_the_parts(share: float) -> None:
    """D16: the same rows in one part and in many, in their order, of every stretch and every period."""
    whole = sample([ROWS], share)
    assert whole.equals(sample(ROWS.iter_slices(333), share))
    assert whole.equals(thinned(ROWS, share))
    assert whole["row"].to_list() == [int(line) for line in sample_lines((b"%d" % row for row in range(10_000)), share)]
    assert whole.height == pytest.approx(10_000 * share, rel=0.05)
    assert whole["row"].is_sorted()
    stretches = (whole["row"] // 1_000).value_counts()["count"]
    assert (stretches.len(), stretches.min()) == (10, pytest.approx(1_000 * share, abs=2))
    assert whole.schema == ROWS.schema


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    """And all is all."""
    small, large = picked(5, 1_000, 0.1), picked(5, 1_000, 0.4)
    assert (small <= large).all()
    assert picked(0, 100, 1.0).all()


def test_texts_that_are_not_taken_are_let_go() -> None:
    """D16: of 460 MB of texts a hundredth is kept, and the peak is that of a few parts."""
    done = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, check=True, text=True)
    assert float(done.stdout) < 200
