"""Rows whose target hangs on combinations of codes: what crossings, and what reads columns, are tried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST, MOST = 10, 10_000  # levels of a code
COMBINATIONS = 2  # that the target hangs on, of as many codes as the family says
FULL, SHARE = 20, 0.8  # cells with at least so many rows hold so much of the rows
NOISE_CODES = 2  # that say nothing
MEASURES = 2
MEASURE_NAMES = ("height", "amount", "count", "distance", "age", "score", "weight", "income", "size", "duration")
CODE_NAMES = ("product_id", "zip_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a table is like: `order` codes meet in each combination; `disguised` says what bears the others' names.

    With "codes" the codes are whole numbers with names of measures, with "measures" the measures those of codes.
    """

    name: str
    task: Task
    order: int
    disguised: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """`frame` has the columns, the target apart: `y` [n]; `cells` [n] says for each true combination which it is."""

    frame: pl.DataFrame
    y: Floats
    cells: tuple[Ints, ...]
    codes: tuple[str, ...]


def draw(family: Family, rows: int, seed: int) -> Drawn:
    """The rows of a family; the same for the same seed.

    Levels are frequent by Zipf's law, as steeply as it takes to fill the cells of each combination. Levels and cells
    have normal effects, half of the variance in the combinations; a measure has a smooth one.
    """
    rng = np.random.default_rng(seed)
    groups = [_combination(rng, rows, family.order) for _ in range(COMBINATIONS)]
    noise = [_code(rng.random(rows), _levels(rng), 1.0) for _ in range(NOISE_CODES)]
    levels = [level for group in groups for level in group]
    cells = tuple(_cells(group) for group in groups)
    measures = np.round(rng.lognormal(3.0, 1.0, (rows, MEASURES)))
    width = family.task.width
    scores = np.column_stack([_score(rng, levels, cells, measures) for _ in range(width)])
    codes = _named([*levels, *noise], rng, whole=family.disguised == "codes")
    names = CODE_NAMES if family.disguised == "measures" else ("width", "turnover")
    columns = codes | {name: measures[:, j] for j, name in enumerate(names)}
    order = rng.permutation(len(columns))
    frame = pl.DataFrame({list(columns)[j]: list(columns.values())[j] for j in order})
    return Drawn(frame=frame, y=_target(rng, family.task, scores), cells=cells, codes=tuple(codes))


def _combination(rng: np.random.Generator, rows: int, order: int) -> list[Ints]:
    """The codes of a combination, at the flattest law that fills its cells."""
    uniform, levels = rng.random((order, rows)), [_levels(rng) for _ in range(order)]
    for steepness in np.arange(0.0, 6.0, 0.1):
        group = [_code(u, many, float(steepness)) for u, many in zip(uniform, levels, strict=True)]
        counts = np.bincount(_cells(group))
        if counts[counts >= FULL].sum() >= SHARE * rows:
            break
    return group


def _levels(rng: np.random.Generator) -> int:
    return int(np.exp(rng.uniform(np.log(FEWEST), np.log(MOST))))


def _code(uniform: Floats, levels: int, steepness: float) -> Ints:
    """The level of each row, the most frequent first."""
    share = np.arange(1.0, levels + 1.0) ** -steepness
    return np.minimum(np.searchsorted(np.cumsum(share) / share.sum(), uniform), levels - 1)


def _cells(levels: list[Ints]) -> Ints:
    cell = levels[0]
    for level in levels[1:]:
        _, cell = np.unique(cell * (int(level.max()) + 1) + level, return_inverse=True)
    return cell


def _score(rng: np.random.Generator, levels: list[Ints], cells: tuple[Ints, ...], measures: Floats) -> Floats:
    """Main effects and combinations with a variance of 1 each, measures with a quarter of that."""
    alone = sum(_effect(rng, level) for level in levels)
    together = sum(_effect(rng, cell) for cell in cells)
    smooth = np.sin(np.log1p(measures)).sum(axis=1)
    return _standard(np.asarray(alone)) + _standard(np.asarray(together)) + 0.5 * _standard(smooth)


def _effect(rng: np.random.Generator, level: Ints) -> Floats:
    return _standard(rng.normal(size=int(level.max()) + 1)[level])


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-12))


def _named(levels: list[Ints], rng: np.random.Generator, *, whole: bool) -> dict[str, object]:
    """Names and values of the codes, in which the order of the levels does not show."""
    drawn = [rng.permutation(10 * (int(level.max()) + 1))[: int(level.max()) + 1][level] for level in levels]
    if whole:
        return {MEASURE_NAMES[j]: values for j, values in enumerate(drawn)}
    return {f"code_{j}": np.char.add("v", values.astype(str)) for j, values in enumerate(drawn)}


def _target(rng: np.random.Generator, task: Task, scores: Floats) -> Floats:
    if task.kind == "regression":
        return np.asarray(scores[:, 0] + rng.normal(size=len(scores)))
    if task.kind == "binary":
        return (scores[:, 0] + rng.logistic(size=len(scores)) > 0.0).astype(np.float64)
    return np.asarray((scores + rng.gumbel(size=scores.shape)).argmax(axis=1), dtype=np.float64)
