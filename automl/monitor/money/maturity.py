"""When labels come: how many are known by which age, and what those that came early stand for.

A chargeback arrives before silence becomes a "no", so the labels that are known of young rows are not those of all: a
known row counts 1 / P(known by its age | its label), learned from rows old enough that nothing more is to come
(inverse probability weighting; Horvitz and Thompson 1952).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAY = 86_400_000_000  # microseconds
LEAST = 100  # old rows that delays are learned from, of each label a tenth
SURE = 0.1  # of the labels of a kind must be known by an age, or nothing is told of rows of that age
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)  # of the labels, whose ages are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """The delays of the labels of old rows by label code, sorted, in microseconds."""

    by_label: Mapping[int, Floats]

    @classmethod
    def of(cls, delay: Floats, label: Floats) -> Self | None:
        """From old rows [n], whose labels are all in; None where there are too few to learn from."""
        known = np.isfinite(delay) & np.isfinite(label)
        codes = np.unique(label[known])
        parts = {int(code): np.sort(delay[known & (label == code)]) for code in codes.tolist()}
        enough = known.sum() >= LEAST and all(part.size >= LEAST / 10 for part in parts.values())
        return cls(by_label=parts) if enough else None

    def share_known(self, label: int, age: Floats) -> Floats:
        """The share of labels of this kind that are known by each `age` [n] in microseconds."""
        delays = self.by_label[label]
        return np.searchsorted(delays, age, side="right") / delays.size

    def weights(self, label: Floats, age: Floats) -> Floats:
        """What each known row stands for [n]: NaN where its label is not known, or a label of its age may all lack."""
        least = np.min([self.share_known(code, age) for code in self.by_label], axis=0)
        weights = np.full(label.size, np.nan)
        for code in self.by_label:
            at = (label == code) & (least >= SURE)
            weights[at] = 1.0 / self.share_known(code, age[at])
        return weights

    def told(self) -> tuple[tuple[float, float], ...]:
        """Pairs of days and the share of labels that is known by then."""
        every = np.concatenate(list(self.by_label.values()))
        return tuple((float(np.quantile(every, share)) / DAY, share) for share in SHARES)
