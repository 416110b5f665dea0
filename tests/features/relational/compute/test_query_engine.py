"""A plan is computed: each table is sorted once, and what does not move is computed once."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from automl.features.relational.compute import histories
from automl.features.relational.compute.frame_table import FrameTable, framed, series_of, values_of
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import query_plan
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import Aggregation, Base, Catalog, Condition, Direct, Expr, Hop, Transform

NAN = math.nan
EVENTS = Hop(table="events", on=(("k", "k"),))
SHOPS = Hop(table="shops", on=(("s", "s"),))
X = Base(column="x")
T = Base(column="t")
SIZE = Direct(hop=SHOPS, of=Base(column="size"))


class Rows:
    """Rows of main at their cutoffs."""

    def __init__(self, engine: QueryEngine, frame: pl.DataFrame) -> None:
        self.engine, self.frame = engine, frame
        self.cutoff = frame["at"].to_numpy()

    def column(self, name: str) -> Values:
        return values_of(self.frame[name])

    def key(self, path: tuple[Hop, ...]) -> np.ndarray:
        return self.engine.keys(path).of(FrameTable(self.frame).keys(path[0], self.engine.catalog))


def computed(exprs: list[Expr], catalog: Catalog, frames: dict[str, pl.DataFrame], main: pl.DataFrame) -> list[list]:
    engine = QueryEngine(catalog, framed(frames))
    values = engine.compute(query_plan(exprs, catalog), Rows(engine, main))
    return [series_of("", value).to_list() for value in values]


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        (X, [1.0, 2.0, 3.0]),
        (Base(column="k"), ["a", "a", "b"]),
        (Aggregation(op="count", path=(EVENTS,)), [1.0, 2.0, 1.0]),
        (Aggregation(op="count", path=(EVENTS,), window=9.0), [1.0, 1.0, 0.0]),
        (Aggregation(op="count", path=(EVENTS,), where=Condition(column="c", value="red")), [1.0, 1.0, 1.0]),
        (Aggregation(op="count", path=(EVENTS,), where=Condition(column="c", value="pink")), [0.0, 0.0, 0.0]),
        (Aggregation(op="sum", path=(EVENTS,), of=X), [1.0, 4.0, 0.0]),
        (Aggregation(op="mean", path=(EVENTS,), of=X, where=Condition(column="x", value=3.0)), [NAN, 3.0, NAN]),
        (Aggregation(op="last", path=(EVENTS,), of=Base(column="c")), ["red", "blue", "red"]),
        (Aggregation(op="max", path=(EVENTS,), of=SIZE), [10.0, 20.0, NAN]),
        (Aggregation(op="count", path=(EVENTS, SHOPS)), [1.0, 2.0, 0.0]),
        (Transform(op="subtract", of=(X, Aggregation(op="mean", path=(EVENTS,), of=X))), [0.0, 0.0, NAN]),
        (Aggregation(op="min", path=(EVENTS,), of=Transform(op="since", of=(T,))), [5e-6, 8e-6, 19e-6]),
        (Direct(hop=EVENTS, of=Base(column="c")), ["red", "blue", "red"]),
        (Direct(hop=EVENTS, of=SIZE), [10.0, 20.0, NAN]),
    ],
)
def test_expressions_have_their_values(
    catalog: Catalog, frames: dict[str, pl.DataFrame], expr: Expr, result: list
) -> None:
    """Of rows before each cutoff, by every way through the tables, in wire types; alone and all at once."""
    (many,) = computed([expr], catalog, frames, frames["main"])
    np.testing.assert_equal(many, result)
    for place in range(3):  # one row touches the rows of its key only
        np.testing.assert_equal(
            computed([expr], catalog, frames, frames["main"][place : place + 1])[0][0], result[place]
        )


def test_values_that_move_are_computed_in_parts(
    catalog: Catalog, frames: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few pairs of a row and a cutoff are held at once, the values are the same."""
    age = Transform(op="since", of=(T,))
    exprs = [
        Aggregation(op=op, path=(EVENTS,), of=age, window=window) for op in ("sum", "last") for window in (None, 9.0)
    ]
    whole = computed(exprs, catalog, frames, frames["main"])
    monkeypatch.setattr(histories, "PAIRS", 1)
    np.testing.assert_equal(computed(exprs, catalog, frames, frames["main"]), whole)
    assert computed(exprs, catalog, frames, frames["main"].clear()) == [[], [], [], []]


def test_equal_cutoffs_of_a_key_are_computed_once(
    catalog: Catalog, frames: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of main that is there a hundred times costs no more pairs of a row and a cutoff than once."""
    pairs = []
    expand = histories.expand

    def counted(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs.append(int((end - start).sum()))
        return expand(start, end)

    monkeypatch.setattr(histories, "expand", counted)
    age = Aggregation(op="mean", path=(EVENTS,), of=Transform(op="since", of=(T,)))
    (once,) = computed([age], catalog, frames, frames["main"])
    (often,) = computed([age], catalog, frames, pl.concat([frames["main"]] * 100))
    np.testing.assert_equal(often, once * 100)
    assert pairs[0] == pairs[1] > 0


def test_tables_are_sorted_once(catalog: Catalog, frames: dict[str, pl.DataFrame]) -> None:
    """Views, columns and what does not move are kept for the next rows."""
    engine = QueryEngine(catalog, framed(frames))
    plan = query_plan([Aggregation(op="max", path=(EVENTS,), of=SIZE)], catalog)
    engine.compute(plan, Rows(engine, frames["main"]))
    kept = engine.views[EVENTS,], engine.columns["shops", "size"], engine.row_keys["events", (SHOPS,)]
    leaves = list(engine.leaves.values())
    engine.compute(plan, Rows(engine, frames["main"]))
    again = engine.views[EVENTS,], engine.columns["shops", "size"], engine.row_keys["events", (SHOPS,)]
    assert all(one is other for one, other in zip(kept, again, strict=True))
    assert len(leaves) == 1
    assert engine.leaves.popitem()[1] is leaves[0]


def test_texts_are_codes_of_their_levels() -> None:
    """They come back as they were; an empty text is missing, and a value that no row has is nowhere."""
    texts = pl.Series("c", ["b", "", "a", "b"])
    values = values_of(texts)
    assert series_of("c", values).equals(texts)
    assert values.are("b").tolist() == [True, False, False, True]
    assert not values.are("z").any()
    assert Values(np.array([1.0, NAN])).are(1.0).tolist() == [True, False]
