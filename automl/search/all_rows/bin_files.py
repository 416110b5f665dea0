"""The features of all rows as files of bins: the sample's out of fold, those of the other rows by the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from automl import disk
from automl.data.read.sampling import WORD
from automl.data.rows import Rows, UnreadRows, joined
from automl.data.unread_rows import read_on
from automl.features.plan import HIDDEN, Plan
from automl.features.plan_fit import transform
from automl.learners._binned import STEP, bins_of, edges_of
from automl.learners.base import BinnedRows, Floats, Matrix
from automl.search.all_rows.pace import Pace
from automl.search.ensemble.greedy_selection import MOST_ROWS
from automl.search.worker.feature_matrix import FeatureMatrix

FOLDER = "all-rows"
EDGES_FROM = 200_000  # rows of the sample
TURN = "turn"  # the file that says of what share on each row is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class BinFiles:
    """All rows that are learned from, `n` of them, with the features `kept` of the plan, and rows that judge.

    `stop` and `judge` have the values of all features of the plan; nothing learns from them, but for when to stop.
    Both are in the order of their turns, so that the first ones are spread over all files, and `judges` are those of
    both in that order: one of `stop`, then one of `judge`; None where the files do not tell all that decisions need.
    """

    rows: BinnedRows
    n: int
    kept: tuple[int, ...]
    stop: Matrix
    judge: Matrix
    judges: Rows | None


@contextmanager
def bin_files(folder: Path, plan: Plan, sample: FeatureMatrix, unread: UnreadRows, pace: Pace) -> Iterator[BinFiles]:
    """The files, below `folder` while the block lasts: the sample and of what is unread the share that `pace` keeps."""
    place = folder / FOLDER
    try:
        disk.remove_folder(place)
        disk.make_folder(place, mode=0o700)
        yield _written(place, plan, sample, unread, pace)
    finally:
        disk.discard(place)


def _written(place: Path, plan: Plan, sample: FeatureMatrix, unread: UnreadRows, pace: Pace) -> BinFiles:
    kept = tuple(j for j, feature in enumerate(sample.features) if feature.kind not in HIDDEN)
    features = tuple(sample.features[j] for j in kept)
    seen = sample.at(_evenly(sample.n)).values
    edges = tuple(edges_of(seen[:, j], feature) for j, feature in zip(kept, features, strict=True))
    held, n, asked = list[_Part](), 0, pace.share
    widths = {"bins": np.dtype((np.uint8, len(kept))), "y": np.dtype(np.float64), TURN: np.dtype(np.uint32)}
    widths |= {"weight": np.dtype(np.float64)} if sample.weighted else {}
    with ExitStack() as stack:
        files = {name: stack.enter_context(disk.writing(place / name, mode=0o600)) for name in widths}
        for part in _parts(plan, sample, unread, pace, held):
            _append(files, part, bins_of(np.ascontiguousarray(part.rows.values[:, kept]), edges))
            n += len(part.turn)
            pace.check()
    if pace.share < asked:
        n = _thinned(place, widths, int(pace.share * WORD))
    paths = {name: str(place / name) for name in widths}
    rows = BinnedRows(bins=paths["bins"], y=paths["y"], weight=paths.get("weight"), features=features, edges=edges)
    order = np.argsort(np.concatenate([np.empty(0, dtype=np.uint32), *(part.turn for part in held)]), kind="stable")
    stop, judge = (_joined(held, sample, order[half::2]) for half in range(2))
    return BinFiles(rows=rows, n=n, kept=kept, stop=stop, judge=judge, judges=_judges(held, order))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some rows, and of what share on each is taken; `judges` as in `Chunk`."""

    rows: Matrix
    turn: NDArray[np.uint32]
    judges: Rows | None = None


def _parts(plan: Plan, sample: FeatureMatrix, unread: UnreadRows, pace: Pace, held: list[_Part]) -> Iterator[_Part]:
    """The rows that are learned from, those of the sample first; those that judge go to `held`."""
    for start in range(0, sample.n, STEP):
        rows = sample.at(np.arange(start, min(start + STEP, sample.n)))
        yield _Part(rows=rows, turn=np.zeros(len(rows.y), dtype=np.uint32))
    for chunk in pace.over(read_on(unread, lambda: pace.share)):
        values = transform(plan, chunk.frame)
        for judges in (True, False):
            own = np.flatnonzero(chunk.held == judges)
            if own.size:
                weight = None if chunk.weight is None else chunk.weight[own]
                rows = Matrix(values=values[own], features=sample.features, y=chunk.y[own], weight=weight)
                if judges:
                    held.append(_Part(rows=rows, turn=chunk.turn[own], judges=chunk.judges))
                else:
                    yield _Part(rows=rows, turn=chunk.turn[own])


def _append(files: Mapping[str, BinaryIO], part: _Part, bins: NDArray[np.uint8]) -> None:
    files["bins"].write(bins.tobytes())
    files["y"].write(part.rows.y.astype(np.float64).tobytes())
    files[TURN].write(part.turn.tobytes())
    if part.rows.weight is not None:
        files["weight"].write(part.rows.weight.astype(np.float64).tobytes())


def _thinned(place: Path, widths: Mapping[str, np.dtype[Any]], most: int) -> int:
    """Leave the rows whose turn comes before `most`, as if no more had been asked for; how many there are."""
    n = 0
    for name, width in [one for one in widths.items() if one[0] != TURN]:
        aside, n = place / f"{name}.thin", 0
        with (
            (place / TURN).open("rb") as turns,
            (place / name).open("rb") as old,
            disk.writing(aside, mode=0o600) as new,
        ):
            while (turn := np.frombuffer(turns.read(STEP * 4), dtype=np.uint32)).size:
                rows = np.frombuffer(old.read(turn.size * width.itemsize), dtype=width)
                new.write(rows[turn < most].tobytes())
                n += int((turn < most).sum())
        disk.rename(aside, place / name)
    return n


def _evenly(n: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, EDGES_FROM)).astype(np.int64))


def _joined(parts: list[_Part], sample: FeatureMatrix, order: NDArray[np.int64]) -> Matrix:
    values: Floats = np.concatenate([np.empty((0, len(sample.features))), *(part.rows.values for part in parts)])
    weights = [part.rows.weight for part in parts if part.rows.weight is not None]
    return Matrix(
        values=values[order],
        features=sample.features,
        y=np.concatenate([np.empty(0), *(part.rows.y for part in parts)])[order],
        weight=np.concatenate([np.empty(0), *weights])[order] if sample.weighted else None,
    )


def _judges(parts: list[_Part], order: NDArray[np.int64]) -> Rows | None:
    """The first of them, as many as can ever be predicted."""
    found = [part.judges for part in parts if part.judges is not None]
    return reduce(joined, found).take(order[: 2 * MOST_ROWS]) if found else None
