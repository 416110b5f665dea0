"""The profile: everything that `automl explore` says, as one frozen value that a page draws and `--json` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.data.rows import Finding, Role

FORMAT = 1  # of the document: a key is never given another meaning under the same number


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Rows between neighbouring `edges`; `below` and `above` are the rows beyond, which are far from all others.

    The edges of a date are microseconds of UTC since 1970, and `edge_texts` says them as people do.
    """

    kind: Literal["histogram"] = "histogram"
    edges: tuple[float, ...]
    edge_texts: tuple[str, ...]
    counts: tuple[int, ...]
    below: int
    above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Rows of the most frequent levels, or of each number where there are few; `others` are the rows of all others."""

    kind: Literal["levels"] = "levels"
    names: tuple[str, ...]
    counts: tuple[int, ...]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows of a column's range or level: the mean of the target with its 95 % interval.

    `shares` has the share of each class where there are several; then `value` is that of the most frequent one.
    """

    name: str
    rows: int
    value: float
    low: float
    high: float
    shares: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Rows of a stretch of time from `start` on: the share without a value, the quartiles of the values.

    Of a category `median` is the share of its most frequent level, and there are no quartiles (NaN).
    """

    start: str
    rows: int
    missing: float
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What is drawn of a column: how its values lie, the target in each bin, and its values by time."""

    distribution: Histogram | Levels
    relation: tuple[Bin, ...]
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Features that a step of the feature plan makes of a column, alone or with others."""

    step: str
    features: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """A column: how it is read (`wire`) and why, what it is for, and what it says.

    `missing` is a share of the rows, `distinct` counts values. `score` is how well it predicts the target alone, out of
    sample, in the profile's measure, and `drift` the AUC with which it tells test rows from train rows; None where that
    was not looked at. `made` is what will be done with it.
    """

    name: str
    role: Role
    wire: str
    reason: str
    feature: bool
    missing: float | None
    distinct: int | None
    score: float | None
    drift: float | None
    findings: tuple[str, ...]
    made: tuple[Made, ...]
    detail: Detail | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetProfile:
    """The target: its kind, its labels with their shares, or how its numbers lie; by time where there is one.

    `measure` is that of the scores of columns, `nothing` the score of one who knows no column.
    """

    name: str
    task: str
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    positive: str | None
    distribution: Histogram | Levels
    periods: tuple[Period, ...]
    measure: str
    nothing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two columns that move together: `strength` is 0 to 1 in a `measure`, with the sign where it has one."""

    one: str
    other: str
    measure: str
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy without a model, or what nobody can beat: its cost for 1,000 rows with its 95 % interval."""

    kind: Literal["constant", "today", "one column", "perfect"]
    name: str
    cost: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What decisions cost before any model, on the `rows` of the test part; `unpriced` rows lack a cost.

    `most` is what a perfect model would save for 1,000 rows against the cheapest policy without a model, `column` what
    the best rule on one column saves of that (its share).
    """

    currency: str
    rows: int
    unpriced: int
    policies: tuple[Policy, ...]
    best: str
    most: float
    column: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All that is said of a table before a model.

    `rows` were looked at, train and test, of about `all_rows` where they are a sample (else None). `columns` stand in
    the order of the source; the first in `shown` have their detail. `correlations` [shown numbers and levels] are the
    strengths among `related`.
    """

    format: int
    source: tuple[str, ...]
    rows: int
    test_rows: int
    all_rows: int | None
    split: str
    time: tuple[str, str] | None
    target: TargetProfile | None
    columns: tuple[ColumnProfile, ...]
    shown: tuple[str, ...]
    pairs: tuple[Pair, ...]
    related: tuple[str, ...]
    correlations: tuple[tuple[float, ...], ...]
    money: Money | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
