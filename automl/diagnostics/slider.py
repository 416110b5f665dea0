"""What a cost slider needs: the rows behind a verdict as a short table, from which other costs can be tried offline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER, interval
from automl.decide.verdict.decided_rows import DecidedRows

Floats = NDArray[np.float64]
MOST = 20_000  # distinct probabilities; of more the page would grow, so that neighbours are joined
DRAWS = 20_000  # ten times those of a verdict, so that next to nothing but its own chance parts their ends
LABELS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SliderTable:
    """Rows of equal probability together, the likeliest first; shares of all rows, by truth.

    `p` [k]; `share` [k, 2] of rows whose label is the other one or the positive one, `rows` [k, 2] how many they are.
    `rule` [2, 2] are the shares that today's rule passes and acts on, by truth; None without one. `whole` says that no
    two probabilities were joined. `running` is the cost of a row. An interval is `clustered` times as wide as that of
    independent rows of equal weight: 1 where rows are such.
    """

    p: Floats
    share: Floats
    rows: Floats
    rule: Floats | None
    whole: bool
    running: float
    clustered: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SliderAnswer:
    """Per 1,000 rows: what the model and the best policy without one cost, the saving and its 95 % interval."""

    ours: float
    others: tuple[float, ...]
    saving: float
    low: float
    high: float
    acted: float


def slider_table(rows: DecidedRows, policy: LabelPolicy, *, width: float) -> SliderTable | None:
    """The table of the rows that a verdict stands on; `width` is that of its interval.

    None where other costs would change more than a threshold: costs that differ by row, reviews, capacities, floors,
    several classes or actions.
    """
    costs = policy.costs
    changed = rows.p is None or rows.amounts is not None or costs.review or policy.capacity or policy.bounds
    if changed or len(policy.actions) != LABELS or costs.matrix.shape != (LABELS, LABELS) or not policy.in_money:
        return None
    p, weight = np.asarray(rows.p)[:, 0], rows.shares / rows.y.size
    distinct, place = np.unique(-p, return_inverse=True)
    whole = distinct.size <= MOST
    if not whole:
        place = place * MOST // distinct.size
    size, truth = int(place.max()) + 1, rows.y.astype(np.int64)

    def summed(values: Floats) -> Floats:
        cells = np.bincount(place * LABELS + truth, values, size * LABELS)
        return cells.reshape(size, LABELS).astype(np.float64)

    share = summed(weight)
    joined = np.bincount(place, weight * p, size) / np.maximum(share.sum(axis=1), 1e-300)
    rule = None
    if rows.by_rule is not None:
        ruled = np.bincount(truth * LABELS + rows.by_rule, weight, LABELS * LABELS)
        rule = ruled.reshape(LABELS, LABELS).astype(np.float64)
    table = SliderTable(
        p=-distinct if whole else joined,
        share=share,
        rows=summed(np.ones_like(weight)) / rows.repeats,
        rule=rule,
        whole=whole,
        running=costs.running_per_row,
    )
    if rows.group is None and np.ptp(rows.shares) == 0:
        return table
    alone = slide(table, costs.matrix)
    wide = alone.high - alone.low
    return replace(table, clustered=width / wide if wide > 0 else 1.0)


def slide(table: SliderTable, matrix: Floats) -> SliderAnswer:
    """What the decisions of least expected cost save where a row of truth t and action a costs `matrix` [t, a].

    The same as `slider.js` computes in the page, operation for operation but for the random draws.
    """
    expected = np.stack([(1 - table.p) * matrix[0, a] + table.p * matrix[1, a] for a in range(LABELS)], axis=1)
    act = expected[:, 1] < expected[:, 0]
    share, rows = (np.stack([of[~act].sum(axis=0), of[act].sum(axis=0)], axis=1) for of in (table.share, table.rows))
    policies = [matrix + table.running, *(np.repeat(matrix[:, a : a + 1], LABELS, axis=1) for a in range(LABELS))]
    policies += [np.repeat(_by_rule(table.rule, matrix), LABELS, axis=1)] if table.rule is not None else []
    means = [float((share * each).sum()) for each in policies]
    drawn = _drawn(share, rows, np.stack(policies))
    saving = min(means[1:]) - means[0]
    low, high = (
        PER * (saving + table.clustered * (end - saving)) for end in interval(drawn[:, 1:].min(axis=1) - drawn[:, 0])
    )
    return SliderAnswer(
        ours=PER * means[0],
        others=tuple(PER * mean for mean in means[1:]),
        saving=PER * saving,
        low=low,
        high=high,
        acted=float(share[:, 1].sum()),
    )


def _drawn(share: Floats, rows: Floats, policies: Floats) -> Floats:
    """What policies cost in `DRAWS` other samples of the rows [draws, policies].

    `share` and `rows` [2, 2] are by truth and by whether they are acted on; `policies` [k, 2, 2] what such a row costs
    under each. A Poisson bootstrap (Hanley and MacGibbon 2006): such rows come more or less often. In each draw another
    policy without a model may be the best, as in the bootstrap of the verdict.
    """
    one = share.ravel() / np.maximum(rows.ravel(), 1)
    drawn = np.random.default_rng(0).poisson(rows.ravel(), size=(DRAWS, rows.size)) * one
    return np.asarray(drawn @ policies.reshape(len(policies), -1).T / drawn.sum(axis=1, keepdims=True))


def _by_rule(rule: Floats, matrix: Floats) -> Floats:
    """What today's rule costs on average a row of each truth [2, 1]."""
    return np.asarray((rule * matrix).sum(axis=1, keepdims=True) / np.maximum(rule.sum(axis=1, keepdims=True), 1e-300))
