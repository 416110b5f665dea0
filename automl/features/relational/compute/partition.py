"""Which rows are looked at at once: of large tables those of some keys, read from the disk by bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from automl.features.relational.compute.ranges import Ints
from automl.features.relational.definition import MAIN, Expr, Hop, steps

Links = Mapping[str, set[tuple[str | None, Hop]]]  # how each table is reached: from which (None: main), by which hop


class Dealt(Protocol):
    """A table whose rows lie apart by the bucket of their key."""

    def of(self, number: int) -> pl.LazyFrame:
        """The rows of a bucket."""


Deal = Callable[[pl.LazyFrame, Sequence[str], int], Dealt]  # a table, its key, and how many buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """Rows of main in parts by the key of the largest table, and the tables that are parted by it, too."""

    rows: Mapping[int, Ints]
    buckets: Mapping[str, Dealt]

    def tables(self, number: int) -> dict[str, pl.LazyFrame]:
        """What those tables have for the part of that number."""
        return {name: buckets.of(number) for name, buckets in self.buckets.items()}


def bucket(key: Sequence[str], count: int) -> pl.Expr:
    """The bucket of each row, of so many, by the columns of its key: equal keys have equal buckets in all tables."""
    return pl.struct(pl.col(name).alias(str(place)) for place, name in enumerate(key)).hash() % count


def links_of(exprs: list[Expr]) -> dict[str, set[tuple[str | None, Hop]]]:
    """For each table how it is reached: from which table (None: the rows to be scored), by which hop."""
    links: dict[str, set[tuple[str | None, Hop]]] = {}
    for expr in exprs:
        for here, hop in steps(expr):
            links.setdefault(hop.table, set()).add((here, Hop(table=hop.table, on=hop.on)))
    return links


def partition(
    main: pl.DataFrame, lazy: Mapping[str, pl.LazyFrame], links: Links, part: int, deal: Deal | None = None
) -> Partition | None:
    """The parts of main, each of which reaches some `part` rows of the largest table that it has a key of.

    None where all of main reaches no more. With `deal` a table that main reaches by that key alone is dealt out to
    buckets once, so that no part reads all of it.
    """
    own = {name: [hop for here, hop in links.get(name, ()) if here is None] for name in lazy}
    sizes = {name: int(lazy[name].select(pl.len()).collect().item()) for name, hops in own.items() if hops}
    name = max(sizes, key=lambda name: sizes[name], default=MAIN)
    if sizes.get(name, 0) <= part:
        return None
    key = [here for here, _ in own[name][0].on]
    count = -(-_reached(main, lazy[name], own[name][0]) // part)
    if count < 2:  # noqa: PLR2004  # one part is all
        return None
    at = main.select(bucket(key, count)).to_series().to_numpy()
    rows = {number: rows for number in range(count) if len(rows := np.flatnonzero(at == number))}
    buckets = {
        name: deal(_semi(lazy[name], main, hop), [there for _, there in hop.on], count)
        for name, hop in _by_key(links, key)
        if deal is not None and sizes[name] > part // count
    }
    return Partition(rows=rows, buckets=buckets)


def _reached(main: pl.DataFrame, frame: pl.LazyFrame, hop: Hop) -> int:
    """The rows of a table that main's keys reach."""
    keys = frame.select(there for _, there in hop.on)
    return int(_semi(keys, main, hop).select(pl.len()).collect(engine="streaming").item())


def _by_key(links: Links, key: Sequence[str]) -> Iterator[tuple[str, Hop]]:
    """The tables that are reached from main by the columns `key` and in no other way."""
    for name, ways in links.items():
        for here, hop in _only(ways, frozenset()):
            if here is None and [own for own, _ in hop.on] == list(key):
                yield name, hop


def _semi(frame: pl.LazyFrame, start: pl.DataFrame, hop: Hop) -> pl.LazyFrame:
    """The rows of a table that a hop reaches from those of `start`."""
    left = start.lazy().select(pl.col(column).alias(there) for column, there in hop.on).unique()
    return frame.join(left, on=[there for _, there in hop.on], how="semi", maintain_order="left")


def collected(main: pl.DataFrame, lazy: Mapping[str, pl.LazyFrame], links: Links) -> dict[str, pl.DataFrame]:
    """The tables in memory: of one that is reached by a single way only the rows that are reached."""
    frames: dict[str, pl.DataFrame] = {}

    def collect(name: str, waiting: frozenset[str]) -> pl.DataFrame:
        if name not in frames:
            frame = lazy[name]
            for here, hop in _only(links[name], waiting | {name}):
                frame = _semi(frame, main if here is None else collect(here, waiting | {name}), hop)
            frames[name] = frame.collect(engine="streaming")
        return frames[name]

    for name in lazy:
        collect(name, frozenset())
    return frames


def _only(ways: set[tuple[str | None, Hop]], waiting: frozenset[str]) -> Iterator[tuple[str | None, Hop]]:
    if len(ways) == 1:
        yield from (way for way in ways if way[0] not in waiting)
