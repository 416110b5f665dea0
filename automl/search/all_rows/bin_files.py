"""The features of all rows as files of bins: the sample's out of fold, those of the other rows by the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from automl import disk
from automl.data.rows import UnreadRows
from automl.data.unread_rows import read_on
from automl.features.plan import HIDDEN, Plan
from automl.features.plan_fit import transform
from automl.learners._binned import STEP, bins_of, edges_of
from automl.learners.base import BinnedRows, Floats, Matrix
from automl.search.worker.feature_matrix import FeatureMatrix

FOLDER = "all-rows"
EDGES_FROM = 200_000  # rows of the sample
Going = Callable[[int], None]  # told the rows that are written; it raises where there is no time for more


@dataclass(frozen=True, slots=True, kw_only=True)
class BinFiles:
    """All rows that are learned from, `n` of them, with the features `kept` of the plan, and rows that judge.

    `stop` and `judge` have the values of all features of the plan; nothing learns from them, but for when to stop.
    """

    rows: BinnedRows
    n: int
    kept: tuple[int, ...]
    stop: Matrix
    judge: Matrix


@contextmanager
def bin_files(
    folder: Path, plan: Plan, sample: FeatureMatrix, unread: UnreadRows, *, share: float, going: Going
) -> Iterator[BinFiles]:
    """The files, below `folder` while the block lasts: the sample and what is unread of a `share` of all rows."""
    place = folder / FOLDER
    try:
        disk.remove_folder(place)
        disk.make_folder(place, mode=0o700)
        yield _written(place, plan, sample, unread, share=share, going=going)
    finally:
        disk.discard(place)


def _written(
    place: Path, plan: Plan, sample: FeatureMatrix, unread: UnreadRows, *, share: float, going: Going
) -> BinFiles:
    kept = tuple(j for j, feature in enumerate(sample.features) if feature.kind not in HIDDEN)
    features = tuple(sample.features[j] for j in kept)
    seen = sample.at(_evenly(sample.n)).values
    edges = tuple(edges_of(seen[:, j], feature) for j, feature in zip(kept, features, strict=True))
    held, n = list[Matrix](), 0
    names = ("bins", "y", *(["weight"] if sample.weighted else []))
    with ExitStack() as stack:
        files = {name: stack.enter_context(disk.writing(place / name, mode=0o600)) for name in names}
        for part in _parts(plan, sample, unread, share=share, held=held):
            _append(files, part, bins_of(np.ascontiguousarray(part.values[:, kept]), edges))
            n += len(part.y)
            going(n)
    paths = {name: str(place / name) for name in names}
    rows = BinnedRows(bins=paths["bins"], y=paths["y"], weight=paths.get("weight"), features=features, edges=edges)
    judges = _joined(held, sample)
    return BinFiles(rows=rows, n=n, kept=kept, stop=_every_second(judges, 0), judge=_every_second(judges, 1))


def _parts(
    plan: Plan, sample: FeatureMatrix, unread: UnreadRows, *, share: float, held: list[Matrix]
) -> Iterator[Matrix]:
    """The rows that are learned from; those that judge go to `held`."""
    for start in range(0, sample.n, STEP):
        yield sample.at(np.arange(start, min(start + STEP, sample.n)))
    for chunk in read_on(unread, share):
        values = transform(plan, chunk.frame)
        for judges in (True, False):
            own = np.flatnonzero(chunk.held == judges)
            if own.size:
                weight = None if chunk.weight is None else chunk.weight[own]
                part = Matrix(values=values[own], features=sample.features, y=chunk.y[own], weight=weight)
                if judges:
                    held.append(part)
                else:
                    yield part


def _append(files: Mapping[str, BinaryIO], part: Matrix, bins: NDArray[np.uint8]) -> None:
    files["bins"].write(bins.tobytes())
    files["y"].write(part.y.astype(np.float64).tobytes())
    if part.weight is not None:
        files["weight"].write(part.weight.astype(np.float64).tobytes())


def _evenly(n: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, EDGES_FROM)).astype(np.int64))


def _joined(parts: list[Matrix], sample: FeatureMatrix) -> Matrix:
    values: Floats = np.concatenate([np.empty((0, len(sample.features))), *(part.values for part in parts)])
    weights = [part.weight for part in parts if part.weight is not None]
    return Matrix(
        values=values,
        features=sample.features,
        y=np.concatenate([np.empty(0), *(part.y for part in parts)]),
        weight=np.concatenate([np.empty(0), *weights]) if sample.weighted else None,
    )


def _every_second(rows: Matrix, first: int) -> Matrix:
    weight = None if rows.weight is None else rows.weight[first::2]
    return Matrix(values=rows.values[first::2], features=rows.features, y=rows.y[first::2], weight=weight)
