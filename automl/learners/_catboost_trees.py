"""Symmetric trees of CatBoost's JSON model as plain ones, over the matrix and the CTRs that they ask about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from automl.learners._catboost_ctr import Given, Json, ctr_columns
from automl.learners._trees import Tree
from automl.learners.base import Floats
from automl.ops.expr import Concat, Expr, Pick

LESS_EQUAL, MEMBER = 0, 2  # as in Ensemble


def grown(model: Json, given: Given, seen: tuple[int, ...]) -> tuple[Expr, list[Tree]]:
    """What the trees look at, and the trees, whose targets are the classes `seen`."""
    of, trees = _symmetric(model, given)
    scale, _ = model["scale_and_bias"]
    return of, [plain for tree in trees for plain in _plain(tree, scale=scale, seen=seen)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """A question: is what stands in `column` above `border`, or, where `exact`, just that."""

    column: int  # of the matrix; beyond it, of the model's CTRs
    border: float
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Symmetric:
    """A symmetric tree: the questions of its levels, and its leaves [2^levels, classes seen]."""

    splits: tuple[_Split, ...]
    leaves: Floats


def _symmetric(model: Json, given: Given) -> tuple[Expr, list[_Symmetric]]:
    """The trees over the matrix, and over what its CTRs are worth beside it if they ask about any."""
    ctrs = _numbered_ctrs(model["features_info"])
    trees = [
        _Symmetric(
            splits=tuple(_split(each, given, ctrs) for each in fields["splits"] or ()),
            leaves=np.asarray(fields["leaf_values"], dtype=np.float64),
        )
        for fields in model["oblivious_trees"]
    ]
    first = given.matrix.columns
    asked = sorted({split.column for tree in trees for split in tree.splits})
    plain, counted = ([column for column in asked if (column >= first) == beyond] for beyond in (False, True))
    if not counted:
        return given.matrix, trees
    columns, places = ctr_columns(model, given, [column - first for column in counted])
    place = {column: i for i, column in enumerate(plain)}
    place |= {first + ctr: len(plain) + i for ctr, i in places.items()}
    moved = [
        replace(tree, splits=tuple(replace(split, column=place[split.column]) for split in tree.splits))
        for tree in trees
    ]
    return Concat((*([Pick(given.matrix, tuple(plain))] if plain else []), *columns)), moved


def _numbered_ctrs(info: Json) -> dict[int, int]:
    """The CTR of each split by number: splits are numbered by borders of numbers, levels, and borders of CTRs."""
    number = sum(len(each["borders"] or ()) for each in info.get("float_features", ()))
    number += sum(len(each.get("values", ())) for each in info.get("categorical_features", ()))
    ctrs = [place for place, each in enumerate(info.get("ctrs", ())) for _ in each["borders"]]
    return dict(enumerate(ctrs, start=number))


def _split(fields: Json, given: Given, ctrs: Mapping[int, int]) -> _Split:
    if fields["split_type"] == "FloatFeature":
        return _Split(column=given.numbers[fields["float_feature_index"]], border=fields["border"])
    if fields["split_type"] == "OneHotFeature":
        category = given.categories[fields["cat_feature_index"]]
        return _Split(column=category.column, border=category.level(fields["value"]), exact=True)
    return _Split(column=given.matrix.columns + ctrs[fields["split_index"]], border=fields["border"])


def _plain(tree: _Symmetric, *, scale: float, seen: tuple[int, ...]) -> Iterator[Tree]:
    """A symmetric tree as plain ones, one for each class seen.

    Split d of D asks ``x > border`` (or ``x == border``) and sets bit d of the leaf's number. Our test
    ``x <= border`` is true for bit 0, ours of a set for bit 1. We ask the last split first: node ``2^k - 1 + i`` is
    the i-th of level k, its bits so far are i, so that the leaf at the end has CatBoost's own number.
    """
    splits = tree.splits[::-1]
    depth = len(splits)
    level = np.repeat(np.arange(depth), 2 ** np.arange(depth))
    zero = 2 * np.arange(2**depth - 1) + 1  # the child of bit 0; a heap, whose nodes from 2^depth - 1 on are the leaves
    inner = len(zero)
    exact = np.array([split.exact for split in splits], dtype=np.bool_)[level]
    border = np.array([split.border for split in splits], dtype=np.float32).astype(np.float64)[level]
    true, false = zero + exact, zero + ~exact
    values = tree.leaves.reshape(2**depth, len(seen)) * scale
    for k, target in enumerate(seen):
        yield Tree(
            feature=np.array([split.column for split in splits], dtype=np.int64)[level],
            threshold=np.where(exact, 0.0, border),
            mode=np.where(exact, MEMBER, LESS_EQUAL).astype(np.int8),
            nan_true=~exact,
            true_child=np.where(true < inner, true, inner - 1 - true),
            false_child=np.where(false < inner, false, inner - 1 - false),
            leaf_value=values[:, k],
            target=target,
            sets={node: (int(border[node]),) for node in np.flatnonzero(exact).tolist()},
        )
