"""Jobs that executors are given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def double(x: float) -> float:
    """Twice `x`."""
    return 2 * x


def reverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values [n] from the last to the first."""
    return values[::-1].copy()


def fail() -> None:
    """End with an error of two lines."""
    raise ValueError("bad\nparameters")
