"""Places: turned axes, which a tree can cut along any street, and the distances to the centres where rows cluster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, finite, made
from automl.ops import expr as ops

Floats = NDArray[np.float64]

TURN = 360.0  # degrees: what lies beyond is no place
ANGLES = (15, 30, 45, 60, 75)  # degrees
CENTRES = 8
ROUNDS = 20  # of k-means
ROWS = 20_000  # that the centres are found on


def _propose(survey: Survey) -> tuple[Ask, ...]:
    names = {column.name for column in survey.columns}
    halves = [column for column in survey.columns if column.sense == "latitude" and column.pair in names]
    return tuple(Ask(step="coordinates", columns=(column.name, column.pair)) for column in halves)


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    """`columns` are latitude and longitude; longitudes are shortened as at the middle latitude."""
    names = tuple(column.name for column in columns)
    place = sample.frame.select(names).to_numpy()
    place = place[(np.abs(place) <= TURN).all(axis=1)]
    if not len(place):
        return ()
    middle = place.mean(axis=0)
    scale = np.array([1.0, max(0.1, float(np.cos(np.radians(middle[0]))))])
    north, east = (
        ops.Multiply(ops.Subtract(ops.Column(name), ops.constant(middle[j])), ops.constant(scale[j]))
        for j, name in enumerate(names)
    )
    turned = [
        made(f"{names[0]} and {names[1]} turned by {angle + side}", names, finite(_along(north, east, angle + side)))
        for angle in ANGLES
        for side in (0, 90)
    ]
    near = [
        made(f"{names[0]} and {names[1]}: distance to centre {k + 1}", names, finite(_distance(north, east, centre)))
        for k, centre in enumerate(_centres((place - middle) * scale, sample.seed))
    ]
    return (*turned, *near)


def _along(north: ops.Expr, east: ops.Expr, angle: float) -> ops.Expr:
    cosine, sine = (ops.constant(float(f(np.radians(angle)))) for f in (np.cos, np.sin))
    return ops.Add(ops.Multiply(north, cosine), ops.Multiply(east, sine))


def _distance(north: ops.Expr, east: ops.Expr, centre: Floats) -> ops.Expr:
    up, right = (ops.Subtract(at, ops.constant(of)) for at, of in zip((north, east), centre.tolist(), strict=True))
    return ops.SquareRoot(ops.Add(ops.Multiply(up, up), ops.Multiply(right, right)))


def _centres(place: Floats, seed: int) -> Floats:
    """K-means from rows drawn at random (Lloyd 1982), by the same draw for the same rows."""
    draw = np.random.default_rng(seed)
    some = place[draw.permutation(len(place))[:ROWS]]
    distinct = np.unique(some, axis=0)
    centres = distinct[np.sort(draw.permutation(len(distinct))[:CENTRES])]
    for _ in range(ROUNDS):
        nearest = ((some[:, None, :] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        counts = np.bincount(nearest, minlength=len(centres))
        sums = np.column_stack([np.bincount(nearest, weights=some[:, j], minlength=len(centres)) for j in (0, 1)])
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
    return np.asarray(centres)


coordinates = Joint(name="coordinates", propose=_propose, fit=_fit)
