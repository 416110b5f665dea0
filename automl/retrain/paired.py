"""Champion and challenger on the same rows -> the difference of what they save, with a bound that clusters groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.manifest import Manifest
from automl.bundle.read import Bundle
from automl.data.labels import encode
from automl.data.usable import row_weights
from automl.decide.verdict.bootstrap import PER
from automl.errors import DataError
from automl.monitor.look import Scored
from automl.monitor.money.entered import entered
from automl.monitor.money.ground import Ground, ground_of, promised
from automl.monitor.money.ledger import Answered, LabelLedger
from automl.monitor.money.promise import Promise, Range, promise, range_of
from automl.monitor.rows import groups_of, scored
from automl.names import inside
from automl.retrain.aging import Aging
from automl.spec import Spec

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNSEEN = 2.0  # times the largest difference that was seen: what a row that was not may cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Per 1,000 rows: what both save against the champion's promise, and how much more the challenger does.

    `low` lies above the true difference with a probability of at most `alpha`. `rows` are those that both decide and
    whose outcome has a price, `units` the groups among them. `decayed`: the champion is shown to save less than it
    promised; `restored`: it is, and the challenger is not. `allowed` is how far below 0 `low` may lie, `margin` how far
    the `estimate` of one that renews the champion may (None: it renews nobody).

    `aging` is what the champion is expected to lose more where it is used than where it was judged, None where nobody
    knows; `in_use` is the lower bound of the difference there, at `alpha`, too.
    """

    champion: float
    challenger: float
    difference: float
    low: float
    alpha: float
    rows: int
    units: int
    decayed: bool
    restored: bool
    allowed: float
    currency: str | None
    aging: float | None = None
    in_use: float | None = None
    margin: float | None = None

    @property
    def estimate(self) -> float:
        """What it saves more where it will be used, as far as anybody knows."""
        return self.difference + (self.aging or 0.0)

    @property
    def better(self) -> bool:
        """Whether the challenger may take the champion's place."""
        return self.bound > -self.allowed

    @property
    def fresh(self) -> bool:
        """Whether it renews the champion, and is not seen to be worse."""
        return self.margin is not None and self.estimate > -self.margin

    @property
    def bound(self) -> float:
        """What it saves more at the least, as judged or in use: each is wrong with a probability of `alpha`."""
        return self.low if self.in_use is None else max(self.low, self.in_use)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The rows that both are judged on, once: the champion's answers, and the truth `y` [n]."""

    ground: Ground
    answered: Answered
    raw: pl.DataFrame
    y: Floats
    weight: Floats
    group: Ints | None
    manifest: Manifest


def judged_rows(champion: Bundle, spec: Spec, raw: pl.DataFrame) -> Judged:
    """The champion's answers to raw rows with a target. `DataError` where money cannot be counted by its evidence."""
    ground = ground_of(champion)
    if ground is None:
        raise DataError(
            "the champion keeps no rows that money can be counted by",
            where=str(champion.path),
            hint='Fit it again with [bundle] evidence = "rows" or "rounded".',
        )
    rows, _ = scored(champion, raw, spec.data)
    y = encode(champion.manifest.target.labels(), rows.raw[inside(champion.manifest.target.name)])
    weight = np.ones(rows.n) if spec.data.weight is None else row_weights(rows.raw, spec.data.weight, "judged")
    return Judged(
        ground=ground,
        answered=entered(champion, ground.policy, rows),
        raw=raw,
        y=y,
        weight=weight,
        group=groups_of(champion.manifest, rows),
        manifest=champion.manifest,
    )


def paired(
    judged: Judged,
    champion: Bundle,
    challenger: Bundle,
    spec: Spec,
    *,
    alpha: float,
    tolerance: float = 0.0,
    renews: bool = False,
    aging: Aging | None = None,
) -> Paired:
    """Judge a challenger against the champion; `tolerance` is a share of the promise, for a champion that decayed.

    So it is of the best estimate for one whom the challenger `renews`.

    Where the champion's `aging` is known, two bounds are asked, each at half of `alpha`: that of the difference, and
    that of the difference and the aging together, two independent estimates.
    """
    if aging is not None:
        alpha /= 2
    ledger, policy = judged.ground.ledger, judged.ground.policy
    rows, _ = scored(challenger, judged.raw, spec.data)
    theirs = ledger.saved(_with_columns(entered(challenger, policy, rows), judged.answered, rows), judged.y)
    ours = ledger.saved(judged.answered, judged.y)
    known = np.flatnonzero(np.isfinite(ours) & np.isfinite(theirs) & (judged.weight > 0))
    if known.size < 2:  # noqa: PLR2004  # one row tells no spread
        raise DataError("of no row that is judged on both the decisions and the money are known", where="--data")
    difference = (theirs - ours)[known]
    within = ledger.range
    told = _difference(difference, judged, known)
    own = _mean(ours[known], judged, known, within or range_of(ours[known]))
    given = promised(champion, judged.ground, "all")
    new = _mean(theirs[known], judged, known, within or range_of(theirs[known]))
    tolerated = 0.0 if given is None else PER * tolerance * given.saving
    decayed, short = (given is not None and one.high(alpha / 2) < given.low(alpha / 2) for one in (own, new))
    return Paired(
        champion=PER * own.saving,
        challenger=PER * (own.saving + told.saving),
        difference=PER * told.saving,
        low=PER * told.low(alpha),
        alpha=alpha,
        rows=known.size,
        units=told.units,
        decayed=decayed,
        restored=decayed and not short,
        allowed=tolerated if decayed else 0.0,
        currency=policy.currency if policy.in_money else None,
        aging=None if aging is None else aging.mean,
        in_use=None if aging is None else PER * told.low(alpha, beside=aging.error / PER) + aging.mean,
        margin=tolerated if renews else None,
    )


def _difference(values: Floats, judged: Judged, known: Ints) -> Promise:
    """How much more the challenger saves, within what one row can tell of both.

    A table of costs bounds that beforehand, so that a mistake which was too rare to be seen is feared as well. Of
    numbers nothing does: a difference is clipped at both ends where .5 % of the money lies beyond (`range_of`), and
    the unseen unit of `Promise.low` may cost `UNSEEN` times that. The range of the errors would be of no use: two
    models that answer nearly alike differ by far less than either errs. Simulated (20,000 streams of 300 and 1,500
    rows, alpha .01 and .001): for symmetric differences, heavy tails among them, this is wrong in at most .6 alpha,
    with the tail of a lognormal of sigma 1 on the wrong side in .9 alpha where Student's bound is in 2 to 11, of sigma
    1.5 in up to 4 alpha (Student's: 34), and for a loss of 30 deviations in one row of 500 in up to 7 (Student's: 12).
    So it is no guarantee: a loss in one row of 100 that 300 rows do not show (5 %) is missed by any bound from what was
    seen, 49 alpha at alpha .001. The simulation clipped nothing, and took the largest difference, not `range_of`.
    Maurer and Pontil's empirical Bernstein bound (2009, arXiv 0907.3740) is never wrong and finds next to nothing on
    so few rows; betting (Waudby-Smith and Ramdas 2024, JRSS B 86) is as careful and finds half to two thirds as many.
    """
    ledger = judged.ground.ledger
    table = ledger.range if isinstance(ledger, LabelLedger) else None
    if table is not None:
        return _mean(values, judged, known, Range(low=-table.width, high=table.width))
    seen = range_of(values)
    return _mean(seen.clipped(values), judged, known, Range(low=UNSEEN * seen.low, high=UNSEEN * seen.high))


def _with_columns(theirs: Answered, ours: Answered, rows: Scored) -> Answered:
    """The challenger's answers beside the columns of the champion's costs: money is counted by one book."""
    if theirs.prediction.shape != ours.prediction.shape:
        what = f"the challenger tells {rows.answers.width} answers apart, the champion others: the labels have changed"
        raise DataError(what, where="--data", hint="A model of other labels is no challenger: fit it anew.")
    return Answered(prediction=theirs.prediction, decision=theirs.decision, frame=ours.frame)


def _mean(values: Floats, judged: Judged, known: Ints, within: Range) -> Promise:
    """The weighted mean with its bound, by groups where there are some: each is one unit, as heavy as its rows."""
    values, weight = within.clipped(values), judged.weight[known]
    if judged.group is None:
        return promise(values, within, weight)
    unit = np.unique(judged.group[known], return_inverse=True)[1]
    heavy = np.bincount(unit, weight).astype(np.float64)
    return promise(np.bincount(unit, weight * values) / heavy, within, heavy)


def saved_by_champion(judged: Judged) -> float:
    """What the champion saves per row on the judged rows."""
    ours = judged.ground.ledger.saved(judged.answered, judged.y)
    known = np.isfinite(ours) & (judged.weight > 0)
    return float(np.average(ours[known], weights=judged.weight[known])) if known.any() else 0.0
