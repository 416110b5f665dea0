"""What the data room hands to the others: columns with roles, labels, and the rows of train and test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.column_reader import ColumnReader, CsvDialect, Reader, Wire
from automl.data.read.frames import side_by_side
from automl.data.read.typed_tables import RelatedTables
from automl.errors import printable
from automl.task import Task

Sense = Literal["", "latitude", "longitude", "code", "both", "list"]
Role = Literal["feature", "target", "key", "time", "group", "weight", "excluded", "outcome", "dropped"]
Action = Literal["noted", "dropped", "changed", "refused"]
Scalar = str | int | float | bool

SEEN = 5  # rows that a level has before it is told apart: fewer say little, and may point at a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One raw column: how it is read (`wire`, `missing`, `parser`), what it is for (`role`), and why.

    `reader` is the column's entry in the manifest: plain JSON that `automl.data.read.reader` understands.
    A `computed` column stands in no source: it comes from other tables, and nothing is read.
    `time` columns may be features too (their date parts): `is_feature` says so.
    `sense` is what the values mean beyond their wire, for steps that can use it: a ``latitude`` or ``longitude`` (the
    other one is the column named `pair`), a ``code`` (a category written as whole numbers), ``both`` (a number whose
    levels tell, too), a ``list`` (a text of levels with `separator` between them: a sign, the quote around each, or
    ``[,]`` for commas within brackets). A level, word or combination stands in the model where `min_level` rows have
    it; fewer are one rare level.
    """

    name: str
    wire: Wire
    role: Role
    reason: str
    is_feature: bool
    reader: ColumnReader
    computed: bool = False
    sense: Sense = ""
    pair: str = ""
    separator: str = ""
    min_level: int = SEEN

    @property
    def has_levels(self) -> bool:
        """Whether its values are levels to feature steps: a category, or a number whose levels tell."""
        return self.wire == "category" or self.sense == "both"

    @property
    def is_text(self) -> bool:
        """Whether its words or items are looked at: a text, or a list that stands as one."""
        return self.wire == "text" or self.sense == "list"

    @property
    def cells(self) -> tuple[str, ...]:
        """The raw columns that it is read from: itself, or the parts of a date."""
        return tuple(self.reader.get("parts", (self.name,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All columns in the order of the source."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column's name."""
        return tuple(column.name for column in self.columns)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that the feature plan starts from; these are the inputs of the graph."""
        return tuple(column for column in self.columns if column.is_feature)

    def reader(self) -> Reader:
        """How the feature columns are read; those that are computed stand in no row."""
        return {"columns": [column.reader for column in self.features if not column.computed]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The target as it came and as `y`: `values[code]` is the label in its own type (D21).

    Binary: code 1 is the positive label. Regression has no labels (`values` is empty).
    `texts[code]` is how a label is written in output columns and in the graph.
    """

    name: str
    task: Task
    values: tuple[Scalar, ...] = ()
    texts: tuple[str, ...] = ()
    dtype: str = "str"  # "str", "int", "float", "bool": what `values` are
    reader: ColumnReader | None = None  # how the numbers of a regression target are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of the main table after the reader, aligned: every array has `frame.height` entries.

    `frame` has the feature columns in wire types (Float64 with NaN, or String with ``""``) and nothing else.
    `beside` has the columns that costs or today's rule name and that are no features, in wire types, None without such.
    `raw` has all source columns as they came (for costs, keys, golden rows, today's rule).
    `group` is a code for each group, `time` microseconds UTC as float64. `order` is each row's place in the file, where
    that stands for the time. `drawn` says that a test part was drawn from among them, so that time parts no folds.
    """

    frame: pl.DataFrame
    raw: pl.DataFrame
    y: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None
    time: NDArray[np.float64] | None = None
    group: NDArray[np.int64] | None = None
    order: NDArray[np.int64] | None = None
    beside: pl.DataFrame | None = None
    drawn: bool = False

    @property
    def by_time(self) -> bool:
        """Whether time parts the rows."""
        return self.time is not None and not self.drawn

    @property
    def inputs(self) -> pl.DataFrame:
        """All read columns: what a graph may take."""
        return self.frame if self.beside is None else side_by_side(self.frame, self.beside)

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.frame.height

    def take(self, index: NDArray[np.int64]) -> Rows:
        """The rows at `index`, in that order."""

        def pick(values: NDArray[np.generic] | None) -> NDArray[np.generic] | None:
            return None if values is None else values[index]

        return Rows(
            frame=self.frame[index],
            raw=self.raw[index],
            y=self.y[index],
            weight=pick(self.weight),  # type: ignore[arg-type]  # the dtype is kept
            drawn=self.drawn,
            time=pick(self.time),  # type: ignore[arg-type]  # the dtype is kept
            group=pick(self.group),  # type: ignore[arg-type]  # the dtype is kept
            order=pick(self.order),  # type: ignore[arg-type]  # the dtype is kept
            beside=None if self.beside is None else self.beside[index],
        )


def joined(first: Rows, second: Rows) -> Rows:
    """The rows of both, in this order; places in the file go on, and what only one has is missing in the other."""

    def both(name: str) -> NDArray[np.generic] | None:
        one, other = getattr(first, name), getattr(second, name)
        return None if one is None or other is None else np.concatenate([one, other])

    return Rows(
        frame=pl.concat([first.frame, second.frame]),
        raw=pl.concat([first.raw, second.raw], how="diagonal_relaxed"),
        y=np.concatenate([first.y, second.y]),
        weight=both("weight"),  # type: ignore[arg-type]  # the dtype is kept
        time=both("time"),  # type: ignore[arg-type]  # the dtype is kept
        group=both("group"),  # type: ignore[arg-type]  # the dtype is kept
        order=None if first.order is None else np.arange(first.n + second.n),
        beside=None if first.beside is None or second.beside is None else pl.concat([first.beside, second.beside]),
        drawn=first.drawn,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the audit: what was seen in which column, with evidence, and what was done about it."""

    check: str  # "constant", "duplicate", "id", "leak", "infinite", "unparsed", ...
    column: str | None
    text: str  # plain English
    action: Action
    evidence: Mapping[str, object] = field(default_factory=dict)


def finding(
    check: str, column: str | None, text: str, action: Action = "dropped", evidence: Mapping[str, object] | None = None
) -> Finding:
    """A finding whose text holds on one line whatever the names and values in it (S08)."""
    line = printable(text.replace("\n", "\\n").replace("\t", "\\t"))
    return Finding(check=check, column=column, text=line, action=action, evidence=evidence or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One outer fold: positions of the rows that fit and of the rows that are predicted."""

    fit: NDArray[np.int64]
    valid: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadRows:
    """Where the rows of train are that memory does not hold, and how they are read again (see `data.unread_rows`).

    The sample has a `share` of all `rows`, about; a share `held` of them is there to judge by. `digests` are those of
    the files. Rows are learned from whose `time` is at least `gap` seconds `before` that moment (microseconds).
    `beside` reads the columns as in `Rows`; `named` are those that costs and today's rule name, None where a second
    reading does not give all that decisions need of a row.
    """

    where: str
    digests: tuple[str, ...]
    share: float
    held: float
    rows: int
    target: str
    reader: Reader
    labels: Labels
    weight: str | None = None
    time: ColumnReader | None = None
    before: float = math.inf
    gap: float = 0.0
    beside: Reader | None = None
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The data, read, audited and split: what the pipeline goes on with.

    `split` says in one plain sentence how test was set aside. `digests` maps each source file
    (or ``"frame:train"``) to its SHA-256 (D12). `dialect` is how a CSV source was written.
    `between` are the rows of the gap before test: what ships may learn from them, what is judged does not.
    `related` is what the computed columns come from, None without other tables. `unread` are the rows of train beyond
    the sample in `train`, or why they cannot be read by chunks; None where all were read.
    """

    schema: Schema
    labels: Labels
    train: Rows
    test: Rows
    findings: tuple[Finding, ...]
    split: str
    digests: Mapping[str, str]
    dialect: CsvDialect | None = None
    related: RelatedTables | None = None
    unread: UnreadRows | str | None = None
    between: Rows | None = None

    @property
    def known(self) -> Rows:
        """All rows whose target is known: train, the gap after it, and test."""
        first = self.train if self.between is None else joined(self.train, self.between)
        return joined(first, self.test)
