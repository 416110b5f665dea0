"""The vocabulary of `ops`: typed operations over columns, written as frozen values that form a graph.

An expression has N rows and a static `width`; its `dtype` is one of

- ``number``  float64, NaN is missing
- ``text``    str, ``""`` is missing (width 1)
- ``flag``    bool
- ``index``   int64 (never missing)

Comparisons follow IEEE: with NaN they are False. Width-1 operands broadcast against wider ones.
`automl.ops.bulk` runs an expression on many rows with numpy and polars, `automl.graph` writes it as ONNX;
an operation stands in both or it does not exist. Expressions compare and hash by identity, so that
a shared part is computed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.ops.means import Means

Dtype = Literal["number", "text", "flag", "index"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Expr:
    """The root of all operations."""

    @property
    def dtype(self) -> Dtype:
        """The type of each cell."""
        return "number"

    @property
    def width(self) -> int:
        """Columns of the value; by default the widest operand's."""
        return max((part.width for part in self.parts()), default=1)

    def parts(self) -> tuple[Expr, ...]:
        """The operands, in the order of the fields."""
        found: list[Expr] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Expr):
                found.append(value)
            elif isinstance(value, tuple):
                found.extend(item for item in value if isinstance(item, Expr))
        return tuple(found)


# --- leaves -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Column(Expr):
    """A raw column as the reader gives it: `number` (also for dates and flags, see design 5) or `text`."""

    name: str
    of: Literal["number", "text"] = "number"

    @property
    def dtype(self) -> Dtype:
        return self.of


@dataclass(frozen=True, eq=False)
class Features(Expr):
    """The feature matrix [N, columns] that a feature plan gives to learners. Only `Pick` and `Trees` may use it."""

    columns: int

    @property
    def width(self) -> int:
        return self.columns


@dataclass(frozen=True, eq=False)
class Stub(Expr):
    """A named number matrix bound at evaluation, such as a member's raw score: parity by stage starts there."""

    name: str
    columns: int = 1

    @property
    def width(self) -> int:
        return self.columns


@dataclass(frozen=True, eq=False)
class Constant(Expr):
    """One row of numbers [width], the same for every row."""

    values: Floats

    @property
    def width(self) -> int:
        return int(self.values.shape[0])


def constant(*values: float) -> Constant:
    """`Constant` from plain numbers."""
    return Constant(np.asarray(values, dtype=np.float64))


# --- arithmetic: number -> number ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Binary(Expr):
    """An operation on two numbers, cell by cell."""

    left: Expr
    right: Expr


class Add(Binary):
    """left + right."""


class Subtract(Binary):
    """left - right."""


class Multiply(Binary):
    """left * right."""


class Divide(Binary):
    """left / right, IEEE: x/0 is an infinity, 0/0 is NaN."""


class Minimum(Binary):
    """The smaller; NaN if either is NaN."""


class Maximum(Binary):
    """The larger; NaN if either is NaN."""


@dataclass(frozen=True, eq=False)
class Unary(Expr):
    """An operation on one number, cell by cell."""

    of: Expr


class Absolute(Unary):
    """|x|."""


class Floor(Unary):
    """The largest whole number not above x."""


class Logarithm(Unary):
    """Natural logarithm; of 0 it is -inf, of negatives NaN."""


class Exponential(Unary):
    """e to the x."""


class SquareRoot(Unary):
    """The root; of negatives NaN."""


class Sigmoid(Unary):
    """1 / (1 + e^-x)."""


class Softmax(Unary):
    """Along the width: e^x over the sum of the row's e^x."""


# --- logic ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Comparison(Expr):
    """Two numbers compared, cell by cell; False where either is NaN."""

    left: Expr
    right: Expr

    @property
    def dtype(self) -> Dtype:
        return "flag"


class Less(Comparison):
    """left < right."""


class LessEqual(Comparison):
    """left <= right."""


class Equal(Comparison):
    """left == right."""


@dataclass(frozen=True, eq=False)
class Logic(Expr):
    """Two flags combined."""

    left: Expr
    right: Expr

    @property
    def dtype(self) -> Dtype:
        return "flag"


class And(Logic):
    """Both."""


class Or(Logic):
    """Either."""


@dataclass(frozen=True, eq=False)
class Not(Expr):
    """The other flag."""

    of: Expr

    @property
    def dtype(self) -> Dtype:
        return "flag"


@dataclass(frozen=True, eq=False)
class IsMissing(Expr):
    """NaN of a number, ``""`` of a text."""

    of: Expr

    @property
    def dtype(self) -> Dtype:
        return "flag"


@dataclass(frozen=True, eq=False)
class EqualText(Expr):
    """The text equals `value`."""

    of: Expr
    value: str

    @property
    def dtype(self) -> Dtype:
        return "flag"


@dataclass(frozen=True, eq=False)
class Where(Expr):
    """`then` where the flag holds, else `other` (both numbers)."""

    flag: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, eq=False)
class AsNumber(Expr):
    """A flag as 0.0 or 1.0, an index as its number."""

    of: Expr


# --- tables -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class IndexOf(Expr):
    """The place of a text in `keys` (0..len-1), `len(keys)` if it is none of them."""

    of: Expr
    keys: tuple[str, ...]

    @property
    def dtype(self) -> Dtype:
        return "index"

    @property
    def width(self) -> int:
        return 1


@dataclass(frozen=True, eq=False)
class Tokens(Expr):
    """The first `most` parts of a text that `pattern` matches, from the left, each as the code of its key.

    `codes[i]` (0..size-2) is the code of `keys[i]`; several keys may share one, such as upper and lower case. A part
    that is no key, and each place after the last part, is `size - 1`. `pattern` is a regular expression that RE2
    and Rust read alike: a class of characters by explicit ranges, once or repeated.
    """

    of: Expr
    pattern: str
    keys: tuple[str, ...]
    codes: tuple[int, ...]
    most: int

    @property
    def dtype(self) -> Dtype:
        return "index"

    @property
    def width(self) -> int:
        return self.most

    @property
    def size(self) -> int:
        """The number of codes, the one of what is no key included."""
        return max(self.codes, default=-1) + 2


@dataclass(frozen=True, eq=False)
class CountMatches(Expr):
    """How many parts of a text `pattern` matches (a pattern as in `Tokens`)."""

    of: Expr
    pattern: str

    @property
    def width(self) -> int:
        return 1


@dataclass(frozen=True, eq=False)
class Pair(Expr):
    """The place of ``left * size + right`` in `keys` (ascending), `len(keys)` if it is none of them.

    Two indices side by side become one, `right` being below `size`; of pairs, triples are made in the same way.
    """

    left: Expr
    right: Expr
    size: int
    keys: Ints

    @property
    def dtype(self) -> Dtype:
        return "index"


@dataclass(frozen=True, eq=False)
class AsIndex(Expr):
    """A whole number in [0, size) as an index; anything else, NaN too, becomes `size - 1`."""

    of: Expr
    size: int

    @property
    def dtype(self) -> Dtype:
        return "index"


@dataclass(frozen=True, eq=False)
class Take(Expr):
    """Row `index` of `table` [rows, width]; of a wider index the sum of all its rows.

    `means` says what the rows are means of, where they are (width 1).
    """

    index: Expr
    table: Floats
    means: Means | None = None

    @property
    def width(self) -> int:
        return int(self.table.shape[1])


@dataclass(frozen=True, eq=False)
class TakeText(Expr):
    """Text number `index` of `texts`."""

    index: Expr
    texts: tuple[str, ...]

    @property
    def dtype(self) -> Dtype:
        return "text"


@dataclass(frozen=True, eq=False)
class Interpolate(Expr):
    """Piecewise linear through the knots (`x` strictly increasing, `y`), flat outside; NaN stays NaN. Width 1."""

    of: Expr
    x: Floats
    y: Floats


# --- along the width ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Concat(Expr):
    """Numbers side by side."""

    items: tuple[Expr, ...]

    @property
    def width(self) -> int:
        return sum(item.width for item in self.items)


@dataclass(frozen=True, eq=False)
class Pick(Expr):
    """The columns `columns` of `of`, in that order."""

    of: Expr
    columns: tuple[int, ...]

    @property
    def dtype(self) -> Dtype:
        return self.of.dtype

    @property
    def width(self) -> int:
        return len(self.columns)


@dataclass(frozen=True, eq=False)
class RowSum(Expr):
    """The sum along the width."""

    of: Expr

    @property
    def width(self) -> int:
        return 1


@dataclass(frozen=True, eq=False)
class ArgMin(Expr):
    """The place of the smallest number of the row, the first one on ties; NaN counts as infinite."""

    of: Expr

    @property
    def dtype(self) -> Dtype:
        return "index"

    @property
    def width(self) -> int:
        return 1


@dataclass(frozen=True, eq=False)
class MatMul(Expr):
    """[N, F] times `weights` [F, width]."""

    of: Expr
    weights: Floats

    @property
    def width(self) -> int:
        return int(self.weights.shape[1])


# --- trees --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ensemble:
    """Decision trees as arrays over all nodes; leaves are entries of `leaf_*`.

    Children are given as node numbers, or as ``-1 - leaf`` for a leaf. The test of node i is true when
    ``x[feature] <= threshold`` (mode 0), ``x[feature] < threshold`` (mode 1) or ``x[feature]`` is in
    ``sets[i]`` (mode 2; such a feature holds whole numbers or NaN only). NaN goes to the true side where
    `nan_true`. `roots` holds a node (or leaf, same coding) for each tree. The raw score is the sum of the
    leaves' `leaf_value` at their `leaf_target` (a column of the result), in the order of the trees, + `base`.
    """

    feature: Ints
    threshold: Floats
    mode: NDArray[np.int8]
    nan_true: NDArray[np.bool_]
    true_child: Ints
    false_child: Ints
    sets: dict[int, tuple[int, ...]]
    leaf_value: Floats
    leaf_target: Ints
    roots: Ints
    base: Floats  # [width]
    float32_inputs: bool = False  # XGBoost and scikit-learn compare features as float32

    @property
    def width(self) -> int:
        """Columns of the raw score."""
        return int(self.base.shape[0])


@dataclass(frozen=True, eq=False)
class Trees(Expr):
    """The raw score [N, width] of a tree ensemble over the columns of `of`."""

    of: Expr
    ensemble: Ensemble

    @property
    def width(self) -> int:
        return self.ensemble.width


# --- reading ------------------------------------------------------------------------------------------


def leaf_name(leaf: Column | Features | Stub) -> str:
    """The name under which the values of a leaf are given."""
    return "features" if isinstance(leaf, Features) else leaf.name


def as_index(values: Floats, size: int) -> Ints:
    """What `AsIndex` makes of numbers."""
    valid = (values >= 0) & (values < size) & (np.floor(values) == values)
    return np.where(valid, values, size - 1).astype(np.int64)


def segments(expr: Interpolate) -> Floats:
    """The line before, between and after the knots [knots + 1, 3]: where it starts, its value there, its slope."""
    slope = np.diff(expr.y) / np.diff(expr.x)
    start = np.concatenate([expr.x[:1], expr.x])
    value = np.concatenate([expr.y[:1], expr.y])
    return np.stack([start, value, np.concatenate([[0.0], slope, [0.0]])], axis=1)


# --- walking ------------------------------------------------------------------------------------------


def walk(*roots: Expr) -> Iterator[Expr]:
    """Every expression below `roots` once, operands before what uses them."""
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        expr, ready = stack.pop()
        if id(expr) in seen:
            continue
        if ready:
            seen.add(id(expr))
            yield expr
        else:
            stack.append((expr, True))
            stack.extend((part, False) for part in reversed(expr.parts()))
