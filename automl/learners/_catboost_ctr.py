"""CatBoost's own statistics of categories ("CTRs"), read from its JSON model into tables that ship.

A CTR belongs to a projection: the levels of some categories side by side with the answers to some questions (is a
number above a border, is a category at one level). CatBoost keeps what it counted in a hash table for each projection.
Here every combination that train has becomes a key of `Pair`, and what its CTRs are worth a row of a table. Any other
combination is worth what CatBoost gives for no rows at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.learners._trees import single
from automl.learners.base import Floats
from automl.ops.expr import (
    AsIndex,
    AsNumber,
    Concat,
    Constant,
    Equal,
    Expr,
    Features,
    Ints,
    Less,
    MatMul,
    Pair,
    Pick,
    Take,
    as_index,
)

Hashes = NDArray[np.uint64]
Singles = NDArray[np.float32]
Json = Mapping[str, Any]

MULTIPLIER = np.uint64(0x4906BA494954CB65)  # of CatBoost's hash of several values
FREE = np.uint64(2**64 - 1)  # the key of a free place in its hash tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A column of the matrix with levels below `size - 1`, which stands for what is no level.

    `index` is the level of a row, one value for all that look at it; `hashes` [size] are CatBoost's numbers for the
    levels, of 32 bits with a sign.
    """

    column: int
    size: int
    index: Expr
    hashes: Ints

    def level(self, value: int) -> int:
        """The level whose hash is `value`."""
        return int(np.flatnonzero(self.hashes == value)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What CatBoost was given: the matrix `train` [n, F], its numbers by column, and its categories."""

    train: Floats
    numbers: tuple[int, ...]
    categories: tuple[Category, ...]

    @property
    def matrix(self) -> Features:
        """The matrix in expressions."""
        return Features(self.train.shape[1])


def forgotten(model: Json, least: int) -> Json:
    """The model without what fewer than `least` rows of train told: such a combination is worth what none is.

    What one row told would be its target. CatBoost itself reads the model back, so that it stays its own.
    """
    counted = model.get("ctr_data", {})
    return {**model, "ctr_data": {name: _of_many(table, least) for name, table in counted.items()}}


def ctr_columns(model: Json, given: Given, used: Sequence[int]) -> tuple[tuple[Expr, ...], dict[int, int]]:
    """What the CTRs `used` of a model are worth for a row, some side by side, and where each of them stands."""
    listed = model["features_info"].get("ctrs", ())
    together: dict[str, list[int]] = {}
    for number in used:
        together.setdefault(json.dumps(listed[number]["elements"]), []).append(number)
    columns = tuple(_column(model, given, [listed[number] for number in group]) for group in together.values())
    order = [number for group in together.values() for number in group]
    return columns, {number: place for place, number in enumerate(order)}


def _column(model: Json, given: Given, ctrs: Sequence[Json]) -> Take:
    """The CTRs of one projection [n, ctrs]. A combination that is worth as much as an unknown one needs no key."""
    found = _projected(given, ctrs[0]["elements"])
    worth = [_worth(ctr, model["ctr_data"][ctr["identifier"]], found.hashes) for ctr in ctrs]
    known, unknown = np.stack([each[0] for each in worth], axis=1), np.array([each[1] for each in worth])
    telling = np.any(known != unknown, axis=1)
    places, index, size = found.places[telling], found.index, found.size
    if isinstance(index, Pair):
        index = replace(index, keys=index.keys[places])
        places, size = np.arange(len(places)), len(places) + 1
    table = np.tile(unknown.astype(np.float64), (size, 1))
    table[places] = known[telling]
    return Take(index, table)


# --- projections --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Projected:
    """The combinations of train: `places[i]` is what `index` (below `size`) says of one, `hashes[i]` CatBoost."""

    index: Expr
    size: int
    places: Ints
    hashes: Hashes


def _projected(given: Given, elements: Sequence[Json]) -> _Projected:
    """Categories come first, then questions about numbers, then those about levels: the order in which they hash."""
    categories = [
        given.categories[each["cat_feature_index"]]
        for each in elements
        if each["combination_element"] == "cat_feature_value"
    ]
    codes = [as_index(given.train[:, category.column], category.size) for category in categories]
    parts: list[tuple[Expr, Ints, int]] = [
        (category.index, code, category.size) for category, code in zip(categories, codes, strict=True)
    ]
    answers, said = _answers(given, elements[len(categories) :])
    if answers is not None:
        parts.append((answers, said @ (1 << np.arange(said.shape[1], dtype=np.int64)), 1 << said.shape[1]))
    index, size, place = _chained(parts)
    places, rows = np.unique(place, return_index=True)
    hashes = np.zeros(len(rows), dtype=np.uint64)
    for category, code in zip(categories, codes, strict=True):
        hashes = _hash(hashes, category.hashes[code[rows]])
    for answer in said[rows].T:
        hashes = _hash(hashes, answer)
    return _Projected(index=index, size=size, places=places, hashes=hashes)


def _chained(parts: Sequence[tuple[Expr, Ints, int]]) -> tuple[Expr, int, Ints]:
    """Indices below their sizes as one index, its size, and what it is for each row of train."""
    (index, place, size), *others = parts
    for right, code, below in others:
        keys, place = np.unique(place * below + code, return_inverse=True)
        index, size = Pair(index, right, below, keys), len(keys) + 1
    return index, size, place


def _answers(given: Given, questions: Sequence[Json]) -> tuple[Expr | None, Ints]:
    """The answers to yes/no questions as one index, question i being its bit i, and those of train [n, questions]."""
    numbers = [each for each in questions if each["combination_element"] == "float_feature"]
    levels = questions[len(numbers) :]
    columns = tuple(given.numbers[each["float_feature_index"]] for each in numbers)
    borders = np.array([each["border"] for each in numbers], dtype=np.float32)
    asked = [given.categories[each["cat_feature_index"]] for each in levels]
    exact = np.array([one.level(each["value"]) for one, each in zip(asked, levels, strict=True)], dtype=np.float64)
    places = tuple(one.column for one in asked)
    said = np.hstack([single(given.train[:, columns]) > borders, given.train[:, places] == exact]).astype(np.int64)
    flags: list[Expr] = []
    if columns:
        flags.append(AsNumber(Less(Constant(last_below(borders)), Pick(given.matrix, columns))))
    if places:
        flags.append(AsNumber(Equal(Pick(given.matrix, places), Constant(exact))))
    if not flags:
        return None, said
    if said.shape[1] == 1:
        return AsIndex(flags[0], 2), said
    bits = np.exp2(np.arange(said.shape[1], dtype=np.float64))
    return AsIndex(MatMul(Concat(tuple(flags)), bits[:, None]), 1 << said.shape[1]), said


def last_below(borders: Singles) -> Floats:
    """The largest doubles that are not above `borders` once they are float32: x > border is then x > its double."""
    middle = (borders.astype(np.float64) + np.nextafter(borders, np.float32(np.inf)).astype(np.float64)) / 2
    return np.where(middle.astype(np.float32) > borders, np.nextafter(middle, -np.inf), middle)


def _hash(hashes: Hashes, values: Ints) -> Hashes:
    """CatBoost's hash of what was hashed so far and one more value, modulo 2^64."""
    return MULTIPLIER * (hashes + MULTIPLIER * values.astype(np.uint64))


# --- what was counted ---------------------------------------------------------------------------------


def _worth(ctr: Json, counted: Json, hashes: Hashes) -> tuple[Singles, np.float32]:
    """What a CTR is worth for each of the combinations `hashes`, and for any other."""
    keys, counts = _counts(counted)
    if not np.isin(keys, hashes).all():
        raise ValueError("CatBoost counted combinations of levels that its rows do not have")
    order = np.argsort(keys)
    place = order[np.searchsorted(keys, hashes, sorter=order).clip(max=len(keys) - 1)]
    some, total = _shares(ctr, counts, int(counted["counter_denominator"]))
    known = _value(ctr, some, total)[place]
    unknown = _value(ctr, np.zeros(1), np.full(1, counted["counter_denominator"]))[0]
    return np.where(keys[place] == hashes, known, unknown), unknown


def _of_many(counted: Json, least: int) -> Json:
    """A hash table in which keys with fewer rows have none."""
    cells = np.array(counted["hash_map"], dtype=object).reshape(-1, counted["hash_stride"])
    rows = cells[:, 1:].sum(axis=1)
    cells[:, 1:] = np.where((rows < least)[:, None], 0, cells[:, 1:])
    return {**counted, "hash_map": cells.ravel().tolist()}


def _counts(counted: Json) -> tuple[Hashes, Ints]:
    """The keys of a hash table that are taken, and the counts [keys, counts] of each."""
    cells = np.array(counted["hash_map"], dtype=object).reshape(-1, counted["hash_stride"])
    keys = cells[:, 0].astype(np.uint64)
    return keys[keys != FREE], cells[keys != FREE, 1:].astype(np.int64)


def _shares(ctr: Json, counts: Ints, most: int) -> tuple[Ints, Ints]:
    """How often the target is above a border and how often there is one; how common a combination is and the most."""
    if ctr["ctr_type"] == "Borders":
        return counts[:, ctr["target_border_idx"] + 1 :].sum(axis=1), counts.sum(axis=1)
    if ctr["ctr_type"] == "Counter":
        return counts[:, 0], np.full(len(counts), most)
    raise ValueError(f"no table is known for CTRs of the type {ctr['ctr_type']}")


def _value(ctr: Json, some: NDArray[Any], total: NDArray[Any]) -> Singles:
    """In float32, as CatBoost computes it."""
    prior, weight, shift, scale = (
        np.float32(ctr[name]) for name in ("prior_numerator", "prior_denomerator", "shift", "scale")
    )
    share = (some.astype(np.float32) + prior) / (total.astype(np.float32) + weight)
    return np.asarray((share + shift) * scale, dtype=np.float32)
