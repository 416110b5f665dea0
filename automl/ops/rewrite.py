"""Changes expressions without changing what they compute: other leaves, fewer features."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np

from automl.errors import AutomlError
from automl.ops.expr import (
    AsIndex,
    AsNumber,
    Column,
    Concat,
    Ensemble,
    Expr,
    Features,
    Pick,
    Take,
    Tokens,
    Trees,
    as_index,
    walk,
)


def used_features(*exprs: Expr) -> tuple[int, ...]:
    """The columns of the `Features` leaf that `exprs` look at, in ascending order; of trees, those they test."""
    used: set[int] = set()
    for expr in walk(*exprs):
        if isinstance(expr, Pick) and isinstance(expr.of, Features):
            used.update(expr.columns)
        elif isinstance(expr, Trees) and isinstance(expr.of, Features):
            used.update(expr.ensemble.feature.tolist())
        elif any(isinstance(part, Features) for part in expr.parts()):
            raise AutomlError(f"{type(expr).__name__} looks at the whole feature matrix; only Pick and Trees may")
    return tuple(sorted(used))


def swap(expr: Expr, old: Expr, new: Expr) -> Expr:
    """`expr` with `new` in the place of `old` (the same object); what is not above `old` is shared."""
    if expr is old:
        return new
    changed: dict[str, object] = {}
    for field in fields(expr):
        value = getattr(expr, field.name)
        if isinstance(value, Expr):
            changed[field.name] = swap(value, old, new)
        elif isinstance(value, tuple) and any(isinstance(item, Expr) for item in value):
            changed[field.name] = tuple(swap(item, old, new) for item in value)
    return replace(expr, **changed) if changed else expr


def used_columns(*exprs: Expr) -> tuple[str, ...]:
    """The names of the columns that occur in the expressions, in the order in which they come."""
    return tuple(dict.fromkeys(leaf.name for leaf in walk(*exprs) if isinstance(leaf, Column)))


def narrow(*exprs: Expr, keep: tuple[int, ...]) -> tuple[Expr, ...]:
    """`exprs` over a `Features` leaf of the columns `keep` only, which must hold all that they use."""
    return _placed(exprs, Features(len(keep)), {column: index for index, column in enumerate(keep)})


def widen(*exprs: Expr, columns: int, keep: tuple[int, ...]) -> tuple[Expr, ...]:
    """The way back from `narrow`: `exprs` over a `Features` leaf of all `columns`, of which they looked at `keep`."""
    return _placed(exprs, Features(columns), dict(enumerate(keep)))


def _placed(exprs: tuple[Expr, ...], leaf: Features, place: dict[int, int]) -> tuple[Expr, ...]:
    """`exprs` over the `Features` leaf `leaf`, where the column c stands at `place[c]`."""

    def rule(expr: Expr) -> Expr:
        if isinstance(expr, Features):
            return leaf
        if isinstance(expr, Pick) and expr.of is leaf:
            return replace(expr, columns=tuple(place[column] for column in expr.columns))
        if isinstance(expr, Trees) and expr.of is leaf:
            return replace(expr, ensemble=_renumbered(expr.ensemble, place))
        return expr

    return _rewrite(exprs, lambda _, rebuilt: rule(rebuilt))


def substitute(*exprs: Expr, by: Callable[[Expr], Expr | None]) -> tuple[Expr, ...]:
    """`exprs` with every part for which `by` gives another one replaced; what they shared they still share.

    What gets simpler is made so: one column picked from several is that column, numbers picked one by one from an index
    are picked together, an index as a number and back is that index, a look-up by a looked-up number is one look-up.
    """

    def rule(old: Expr, rebuilt: Expr) -> Expr:
        other = by(old)
        return _simpler(rebuilt) if other is None else other

    return _rewrite(exprs, rule)


def _rewrite(exprs: tuple[Expr, ...], rule: Callable[[Expr, Expr], Expr]) -> tuple[Expr, ...]:
    """Rebuild from the leaves; `rule` gets each part as it was and with its operands rebuilt."""
    new: dict[int, Expr] = {}
    for expr in walk(*exprs):
        new[id(expr)] = rule(expr, _rebuilt(expr, new))
    return tuple(new[id(expr)] for expr in exprs)


def _rebuilt(expr: Expr, new: dict[int, Expr]) -> Expr:
    if all(new[id(part)] is part for part in expr.parts()):
        return expr
    return replace(expr, **{field.name: _swapped(getattr(expr, field.name), new) for field in fields(expr)})


def _swapped(value: object, new: dict[int, Expr]) -> object:
    if isinstance(value, Expr):
        return new[id(value)]
    if isinstance(value, tuple):
        return tuple(_swapped(item, new) for item in value)
    return value


def _simpler(expr: Expr) -> Expr:
    match expr:
        case Pick(of=Concat(items=items), columns=(column,)) if all(item.width == 1 for item in items):
            return items[column]
        case Pick(of=Concat(items=items), columns=columns) if all(item.width == 1 for item in items):
            return _together([items[column] for column in columns]) or expr
        case AsIndex(of=AsNumber(of=index), size=size) if _size(index) <= size:
            return index
        case Take(index=AsIndex(of=Take(index=index, table=numbers), size=size)) if numbers.shape[1] == 1:
            places = as_index(numbers[:, 0], size)
            return Take(index, expr.table[places], None if expr.means is None else expr.means.take(places))
        case _:
            return expr


def _together(items: list[Expr]) -> Expr | None:
    """Numbers of one index side by side as one expression; None if they are anything else."""
    picks = [item.of for item in items if isinstance(item, AsNumber) and isinstance(item.of, Pick)]
    if len(picks) < len(items) or any(pick.of is not picks[0].of for pick in picks):
        return None
    of, columns = picks[0].of, tuple(column for pick in picks for column in pick.columns)
    return AsNumber(of if columns == tuple(range(of.width)) else Pick(of, columns))


def _size(index: Expr) -> float:
    """Its values are below that, as far as is known."""
    match index:
        case Tokens(size=size) | AsIndex(size=size):
            return size
        case Pick(of=of):
            return _size(of)
        case _:
            return math.inf


def _renumbered(ensemble: Ensemble, place: dict[int, int]) -> Ensemble:
    feature = np.array([place[column] for column in ensemble.feature.tolist()], dtype=np.int64)
    return replace(ensemble, feature=feature)
