"""What each row saves under each truth that it may have, and how likely each is: the form in which money is watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """`saved` [n, k] of each row under each of k truths, `chance` [n, k] of each, which sum to 1.

    The truths are the classes; of a number they are its errors, as often as they were seen out of fold.
    """

    saved: Floats
    chance: Floats

    @property
    def expected(self) -> Floats:
        """What each row is expected to save [n]."""
        return np.asarray((self.chance * self.saved).sum(axis=1))

    @property
    def variance(self) -> Floats:
        """How far off that each row's own truth may be [n]."""
        off = self.saved - self.expected[:, None]
        return np.asarray((self.chance * off**2).sum(axis=1))

    def take(self, rows: Ints) -> Outcomes:
        """Only these rows."""
        return Outcomes(saved=self.saved[rows], chance=self.chance[rows])
