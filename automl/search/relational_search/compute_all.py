"""The kept features for all rows, the weightiest first, as far as the time goes: the same for train and for test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from automl.features.relational.compute.buckets import Buckets
from automl.features.relational.compute.run import Opened
from automl.features.relational.definition import Definitions, RelationalFeature
from automl.features.relational.parts import TrainAndTest
from automl.search.relational_search.share import Share

AT_ONCE = 16  # features; between them the clock is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """The features that were computed, in the order of the proposals, and their values for both parts."""

    definitions: Definitions
    train: pl.DataFrame
    test: pl.DataFrame


def compute_all(
    kept: Definitions, weight: Mapping[str, float], parts: TrainAndTest, share: Share, *, reserve: float
) -> Computed:
    """Turn by turn while `share` lasts but for the `reserve` seconds; the first turn is computed in any case."""
    if not kept.features:
        return Computed(definitions=kept, train=pl.DataFrame(), test=pl.DataFrame())
    train = Opened.of(kept, parts.train, parts.past_train, deal=Buckets)
    test = Opened.of(kept, parts.test, parts.past_test, deal=Buckets)
    done: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    slowest = 0.0
    for features in _turns(kept.features, weight):
        if done and share.late(more=slowest + reserve):
            break
        began = share.spent()
        wanted = replace(kept, features=features)
        done.append((train.values(wanted), test.values(wanted)))
        slowest = max(slowest, share.spent() - began)
    return _joined(kept, done)


def _turns(
    features: Sequence[RelationalFeature], weight: Mapping[str, float]
) -> Iterator[tuple[RelationalFeature, ...]]:
    ordered = sorted(features, key=lambda feature: -weight[feature.name])
    for begin in range(0, len(ordered), AT_ONCE):
        yield tuple(ordered[begin : begin + AT_ONCE])


def _joined(kept: Definitions, done: Sequence[tuple[pl.DataFrame, pl.DataFrame]]) -> Computed:
    names = {name for train, _ in done for name in train.columns}
    features = tuple(feature for feature in kept.features if feature.name in names)
    order = [feature.name for feature in features]
    train, test = (pl.concat(part, how="horizontal").select(order) for part in zip(*done, strict=True))
    return Computed(definitions=replace(kept, features=features), train=train, test=test)
