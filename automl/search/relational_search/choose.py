"""Which features of other tables to keep: batches are tried beside the main table, and what pays its way stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Schema
from automl.features.relational.relate import computed_columns
from automl.search.feature_search.columns import Columns
from automl.search.feature_search.gain import gain, price
from automl.search.relational_search.batches import PROBES, Batch, batches, by_promise
from automl.search.relational_search.row_time import RowTime, worth
from automl.search.relational_search.sample import SampleRows
from automl.search.relational_search.screen import Screen
from automl.search.relational_search.share import Share
from automl.search.relational_search.trial import TrialRoom, Tried, is_bare

SURE = 1.5  # times what computing all rows will take, by the sample
PROOF = 3.0  # times the last probe, at most, is what the proof takes
SLACK = 0.05  # of the share, for what no estimate knows
FEWEST = 8  # computed columns that are not halved

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is kept: the weight of each feature, and the gain beside the main table.

    `gain` is a share of the loss, `errors` so many standard errors. `untried` counts the features that there was no
    time for, `weak` those that were tried in vain. `probing` are the seconds that the last probe took. `bare` is a main
    table that gives no feature.
    """

    weight: Mapping[str, float]
    gain: float
    errors: float
    untried: int
    weak: int
    probing: float
    bare: bool


def choose(room: TrialRoom, sample: SampleRows, screen: Screen, share: Share, time: RowTime, *, rows: int) -> Chosen:
    """Try the simple features, then the others while there is time, and drop what brings less than it costs.

    What a feature costs is its time in each fit, and in each row that is scored alone. `rows` are all rows that
    the kept features will be computed for, train and test.
    """
    base = room.base()
    alone = room.tried(base)
    state = _Standing(
        room=room, sample=sample, screen=screen, share=share, time=time, rows=rows, base=base, columns=base, tried=alone
    )
    simple, others = batches(sample.proposed.features)
    _try(state, simple)
    for batch in by_promise(others, _by_name(state.columns, state.tried.weight), simple):
        if state.has_time(state.pace * (PROBES + batch.work)):
            _try(state, batch)
    _prune(state)
    _limit(state)
    saved, errors = gain(room.drawn, alone.lost, state.tried.lost)
    weight = {name: w for name, w in _by_name(state.columns, state.tried.weight).items() if name in state.seconds}
    return Chosen(
        weight=weight,
        gain=saved,
        errors=errors,
        untried=len(sample.proposed.features) - state.seen,
        weak=state.seen - screen.constant - screen.copies - len(screen.leaks) - len(weight),
        probing=state.probing,
        bare=is_bare(base),
    )


@dataclass(slots=True, kw_only=True)
class _Standing:
    """What is kept so far beside the base, how it does, and the seconds a row that each kept feature takes.

    `seen` counts the features that were computed; `pace` are the seconds that a batch takes for its work.
    """

    room: TrialRoom
    sample: SampleRows
    screen: Screen
    share: Share
    time: RowTime
    rows: int
    base: Columns
    columns: Columns
    tried: Tried
    seconds: dict[str, float] = field(default_factory=dict)
    seen: int = 0
    pace: float = 0.0
    probing: float = 0.0

    def has_time(self, more: float) -> bool:
        """Whether so many seconds more leave enough of the share for all rows and for the proof."""
        rest = SURE * sum(self.seconds.values()) * self.rows + PROOF * self.probing
        return not self.share.late(1.0 - SLACK, more + rest)

    def has_nothing(self) -> bool:
        """Whether there is no feature at all so far: then anything is better."""
        return is_bare(self.columns)

    def own(self, columns: Columns) -> set[str]:
        """The computed features that columns are made of."""
        return {name for names in columns.sources[self.base.width :] for name in names}

    def price(self, fewer: Columns, more: Columns) -> float:
        """What the further columns are to gain, for the fits and for the rows that are scored alone."""
        return price(fewer.width, more.width) + self.time.price(self.own(fewer), self.own(more))

    def computed(self, batch: Batch) -> tuple[pl.DataFrame, float] | None:
        """The batch on the sample; None where that, and all rows later, would take more than is left."""
        left = self.share.left() - SURE * sum(self.seconds.values()) * self.rows
        own = self.sample.rows / (self.sample.rows + self.rows)
        return self.sample.values(batch, left * own) if batch.features else None

    def probe(self, columns: Columns) -> Tried:
        """What a booster makes of the columns, and how long that took."""
        began = self.share.spent()
        tried = self.room.tried(columns)
        self.probing = self.share.spent() - began
        return tried


def _try(state: _Standing, batch: Batch) -> None:
    """Compute the batch on the sample, weed it beside copies, and keep it if the loss is less with it."""
    began = state.share.spent()
    computed = state.computed(batch)
    if computed is None:
        return
    values, each = computed
    state.seen += len(batch.features)
    passed = state.screen.passed(values)
    columns = _weeded(state, values.select(passed)) if passed else None
    if columns is not None and columns.width:
        wider = state.columns.beside(columns)
        tried = state.probe(wider)
        saved = gain(state.room.drawn, state.tried.lost, tried.lost)[0]
        if state.has_nothing() or saved > state.price(state.columns, wider):
            state.columns, state.tried = wider, tried
            names = {name for of in columns.sources for name in of}
            state.seconds |= dict.fromkeys(names, each / len(batch.features))
    state.pace = max(state.pace, (state.share.spent() - began) / (PROBES + batch.work))


def _weeded(state: _Standing, values: pl.DataFrame) -> Columns:
    """What the feature plan makes of computed columns that outweigh noise."""
    features = (feature for feature in state.sample.proposed.features if feature.name in values.columns)
    own = computed_columns(state.room.problem.schema, features)
    columns = state.room.columns(values, Schema(columns=own))
    kept = state.room.beyond_noise(state.columns, columns) if columns.width else set[str]()
    if not kept and state.has_nothing():
        return columns
    return columns.pick([j for j, names in enumerate(columns.sources) if kept.intersection(names)])


def _prune(state: _Standing) -> None:
    """Halve the computed columns, the worthiest first, while that loses less than the other half costs."""
    base = state.base.width
    while state.columns.width - base >= 2 * FEWEST and state.has_time(state.probing):
        own = _worth(state)
        half = np.sort(np.argsort(-own, kind="stable")[: len(own) // 2]) + base
        fewer = state.columns.pick([*range(base), *half.tolist()])
        tried = state.probe(fewer)
        if -gain(state.room.drawn, state.tried.lost, tried.lost)[0] > state.price(fewer, state.columns):
            break
        state.columns, state.tried = fewer, tried


def _worth(state: _Standing) -> Floats:
    """Of each computed column: its weight for the time that its features take."""
    base = state.base.width
    costs = state.time.costs(state.own(state.columns))
    sources, weight = state.columns.sources[base:], state.tried.weight[base:].tolist()
    return np.array([worth(w, sum(costs[name] for name in names)) for names, w in zip(sources, weight, strict=True)])


def _limit(state: _Standing) -> None:
    """Leave out what does not fit into the limit on the latency."""
    named = _by_name(state.columns, state.tried.weight)
    own = state.own(state.columns)
    fits = state.time.within({name: named[name] for name in own})
    if len(fits) < len(own):
        base = state.base.width
        kept = [j for j, names in enumerate(state.columns.sources) if j < base or fits.issuperset(names)]
        state.columns = state.columns.pick(kept)
        state.tried = state.probe(state.columns)


def _by_name(columns: Columns, weight: Floats) -> dict[str, float]:
    """The weight of each raw column."""
    found: dict[str, float] = {}
    for names, own in zip(columns.sources, weight.tolist(), strict=True):
        for name in names:
            found[name] = found.get(name, 0.0) + own
    return found
