"""Files of bins with more rows than there is time for are those of fewer rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from automl.search.all_rows.bin_files import TURN, _thinned


def test_rows_beyond_the_share_are_left_out_of_every_file(tmp_path: Path) -> None:
    """What stays keeps its order, and a row's bins stay with its target."""
    rng = np.random.default_rng(0)
    n = 150_000
    turn = rng.integers(0, 1 << 32, n).astype(np.uint32)
    bins, y = rng.integers(0, 256, (n, 3)).astype(np.uint8), rng.random(n)
    for name, values in ((TURN, turn), ("bins", bins), ("y", y)):
        values.tofile(tmp_path / name)
    widths = {"bins": np.dtype((np.uint8, 3)), "y": np.dtype(np.float64), TURN: np.dtype(np.uint32)}
    kept = turn < 1 << 31
    assert _thinned(tmp_path, widths, 1 << 31) == kept.sum()
    np.testing.assert_array_equal(np.fromfile(tmp_path / "bins", dtype=np.uint8).reshape(-1, 3), bins[kept])
    np.testing.assert_array_equal(np.fromfile(tmp_path / "y"), y[kept])
