"""Target encodings of a graph: tables of what the target is like on each level, which can count further rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, FiniteFloat, NonNegativeFloat, NonNegativeInt

from automl.errors import BundleError
from automl.graph.part import values_of
from automl.graph.renumber import renumbered
from automl.graph.session import ENCODINGS
from automl.graph.stages import Graph, Place, attributes
from automl.ops.means import Kind, Means, Reading

Array = NDArray[np.generic]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DIGITS = 2  # of the weight of a level's rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """The value `value` of a graph: numbers that are looked up in a `table` [levels], which are `means`."""

    value: str
    table: Floats
    means: Means

    def with_rows(self, entry: Ints, y: Floats, weight: Floats) -> Encoding:
        """The same once more rows [n] are counted, at their entries of the table; a `weight` counts rows."""
        table, means = self.means.with_rows(self.table, entry, y, weight)
        return replace(self, table=table, means=means)


class _Told(BaseModel):
    """One encoding; `rows` is the place of its counts among all of them, which several encodings may share."""

    value: str
    rows: NonNegativeInt
    belief: NonNegativeFloat
    kind: Kind
    numbers: tuple[FiniteFloat, ...]


class _Entry(BaseModel):
    """What a graph tells of its encodings."""

    counts: list[list[NonNegativeFloat]]
    encodings: list[_Told]


def told(means: Mapping[str, Means]) -> dict[str, str]:
    """The metadata that says of which values of a graph what are the means; without any there is none."""
    counts: dict[tuple[float, ...], int] = {}
    encodings = [
        _Told(
            value=value,
            rows=counts.setdefault(tuple(one.rows.round(DIGITS).tolist()), len(counts)),
            belief=one.belief,
            kind=one.of.kind,
            numbers=one.of.numbers,
        )
        for value, one in means.items()
    ]
    whole = [[int(count) if count.is_integer() else count for count in own] for own in counts]
    entry = {"counts": whole, "encodings": [one.model_dump() for one in encodings]}
    return {ENCODINGS: json.dumps(entry, separators=(",", ":"))} if encodings else {}


def encodings_of(graph: Graph) -> tuple[Encoding, ...]:
    """The encodings that the graph was written with; none in one of an older automl.

    Raises `BundleError` where what it tells of them does not fit it.
    """
    entry = next((one.value for one in graph.model.metadata_props if one.key == ENCODINGS), None)
    if entry is None:
        return ()
    try:
        found = _Entry.model_validate_json(entry)
        return tuple(_encoding(graph, one, found.counts[one.rows]) for one in found.encodings)
    except (ValueError, LookupError) as error:
        raise BundleError("what the graph tells of its target encodings cannot be read", where="model.onnx") from error


def _encoding(graph: Graph, one: _Told, counts: Sequence[float]) -> Encoding:
    table = np.concatenate([values.reshape(-1) for values in _tables(graph, one.value).values()])
    if table.dtype != np.float64:
        raise ValueError(f"{one.value} has a table of {table.dtype}")
    if len(counts) < len(table):
        raise LookupError(f"{one.value} has {len(table)} levels and counts for {len(counts)}")
    of = Reading(kind=one.kind, numbers=one.numbers)
    return Encoding(
        value=one.value,
        table=np.asarray(table, dtype=np.float64),
        means=Means(rows=np.array(counts[: len(table)], dtype=np.float64), belief=one.belief, of=of),
    )


def _tables(graph: Graph, name: str) -> dict[Place, Array]:
    """Where the parts of a table stand, as `graph.ops` writes them: of a dictionary what is not in it comes last."""
    node = graph.maker[name]
    if node.op_type == "LabelEncoder":
        own = attributes(node)
        return {Place(node=name, slot=slot): own[slot] for slot in ("values_tensor", "default_tensor")}
    table = graph.constant(node.input[0])
    if node.op_type != "GatherND" or table is None:
        raise LookupError(f"{name} is looked up in no table")
    return {Place(node=name, slot=0): table}


def entries_of(graph: Graph, encodings: Sequence[Encoding], frame: pl.DataFrame) -> list[Ints]:
    """Of each encoding the entry of its table that each of the read rows `frame` [n] looks up.

    The graph itself says so: its tables with their places as numbers.
    """
    places = [replace(one, table=np.arange(len(one.table), dtype=np.float64)) for one in encodings]
    asked = Graph(renumbered(graph.model.SerializeToString(), _numbers(graph, places)))
    found = values_of(asked, {one.value: "number" for one in encodings}, frame)
    return [found[one.value][:, 0].astype(np.int64) for one in encodings]


def encoded(graph: Graph, encodings: Sequence[Encoding]) -> bytes:
    """The graph with the tables of these encodings in place of its own; all else stays."""
    changed = onnx.load_from_string(renumbered(graph.model.SerializeToString(), _numbers(graph, encodings)))
    entry = next(one for one in changed.metadata_props if one.key == ENCODINGS)
    entry.value = told({one.value: one.means for one in encodings})[ENCODINGS]
    return bytes(changed.SerializeToString(deterministic=True))


def _numbers(graph: Graph, encodings: Sequence[Encoding]) -> dict[Place, Array]:
    found = dict[Place, Array]()
    for one in encodings:
        places = _tables(graph, one.value)
        ends = np.cumsum([values.size for values in places.values()])[:-1]
        found |= dict(zip(places, np.split(one.table, ends), strict=True))
    return found
