"""A table from which more rows tell more: what several rooms learn from all rows of."""

import numpy as np
import polars as pl


def surface(n: int) -> pl.DataFrame:
    """`n` rows of three numbers and a label `y` of 0 or 1 on a board of small fields, which few rows do not show."""
    rng = np.random.default_rng(0)
    x = rng.random((n, 3)).round(5)
    score = 3 * np.sign(np.sin(20 * x[:, 0])) * np.sign(x[:, 1] - 0.5) + x[:, 2]
    y = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int)
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})
