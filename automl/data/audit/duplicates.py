"""Rows that equal each other in all features (D18): what test shares with train, and copies as groups for folds.

Why, and what it is worth: docs/decisions/0012.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Finding, finding
from automl.spec.data import Data

Ints = NDArray[np.int64]
LEAST = 0.01  # share of train rows that have a copy: fewer change no judgement
KEPT = 0.2  # of the rows that a draw would share between train and test: fewer are no accident
ENOUGH = 20.0  # rows that a draw would share, at least: of fewer none might be shared by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateGroups:
    """A code for each row of train and test, the same for copies."""

    train: Ints
    test: Ints
    finding: Finding


def shared_rows(train: pl.DataFrame, test: pl.DataFrame) -> tuple[Finding, ...]:
    """A note on rows of test that equal a row of train in all features."""
    copies = _shared(_hashes(train), _hashes(test)) if train.width else 0
    if copies == 0:
        return ()
    share = copies / test.height
    text = f"{copies} rows of test ({share:.1%}) equal a row of train in all features"
    return (finding("shared rows", None, text, "noted", {"rows": copies, "share": share}),)


def duplicate_groups(train: pl.DataFrame, test: pl.DataFrame, data: Data) -> DuplicateGroups | None:
    """Copies as groups, where `test` was parted from `train` with all copies on one side.

    Train is full of rows that have a copy, and test has next to none of them: who made it kept together what belongs
    together. Folds that draw rows would know half of what they predict. None where the spec names a time or a group, or
    says ``data.audit.action = "warn"``.
    """
    if not data.follows_test or not train.width:
        return None
    own, other = _hashes(train), _hashes(test)
    twice = float(own.is_duplicated().mean() or 0.0)  # type: ignore[arg-type]  # of booleans
    shared = _shared(own, other)
    if twice < LEAST or twice * test.height < ENOUGH or shared > KEPT * twice * test.height:
        return None
    text = (
        f"{twice:.1%} of the rows of train equal another one in all features, and {shared / test.height:.1%} of test "
        "equal one of train: copies were kept together, so folds do, too; data.group would name what they belong to"
    )
    said = finding("copies", None, text, "changed", {"share": twice, "shared": shared / test.height})
    codes = pl.concat([own, other]).rank("dense").cast(pl.Int64).to_numpy()
    return DuplicateGroups(train=codes[: train.height], test=codes[train.height :], finding=said)


def _shared(train: pl.Series, test: pl.Series) -> int:
    """How many rows of test equal one of train, by their hashes."""
    return int(test.is_in(train.implode()).sum())


def _hashes(rows: pl.DataFrame) -> pl.Series:
    return rows.hash_rows(seed=1)
