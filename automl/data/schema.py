"""What each column is: how it is read, what it is for, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from automl.data.infer.column_types import Guess, guess
from automl.data.infer.date_parts import date_finding, dates_of_parts
from automl.data.infer.plain_numbers import DECIMALS, plain_numbers
from automl.data.infer.semantic_types import feature_column, placed
from automl.data.infer.typed_values import unreadable
from automl.data.infer.unread_times import unread_times
from automl.data.read.column_reader import Wire
from automl.data.read.frames import join_parts
from automl.data.rows import SEEN, Column, Finding, Role, Schema, finding
from automl.errors import SpecError, nearest
from automl.spec import Spec
from automl.spec.data import Data
from automl.spec.objective import Explain

GROUP_ROWS = 20  # rows of a group, on average, that are enough to learn what is its own


def infer_schema(raw: pl.DataFrame, spec: Spec, *, comma: bool = False) -> tuple[Schema, tuple[Finding, ...]]:
    """The schema of the train rows `raw`, and what was seen in columns that cannot be features.

    `comma` says that the csv has decimal commas. Raises SpecError where the spec names a column that is not there.
    """
    check_names(raw.columns, spec)
    return read_schema(raw, spec, comma=comma)


def read_schema(raw: pl.DataFrame, spec: Spec, *, comma: bool = False) -> tuple[Schema, tuple[Finding, ...]]:
    """`infer_schema` of rows that may lack columns that the spec names, the target among them."""
    columns, findings, names = [], [], raw.columns
    decimals = plain_numbers(raw)
    for series in raw:
        column, seen = _column(series, spec, comma=comma, decimals=decimals.get(series.name))
        columns.append(placed(column, raw, names))
        told = series.name in {*spec.data.types, *spec.data.audit.keep} or column.role not in {"feature", "dropped"}
        findings += [found for found in (seen, None if told else unread_times(series, column)) if found]
    dates = dates_of_parts(columns, raw, spec.data.timezone)
    least = spec.data.privacy.min_level or SEEN
    schema = Schema(columns=tuple(replace(column, min_level=least) for column in (*columns, *dates)))
    for date in dates:
        if set(date.cells) <= set(spec.data.time):
            schema = with_time(schema, date.name, "data.time: ")
    return schema, (*findings, *(date_finding(column) for column in dates))


def with_time(schema: Schema, name: str, why: str = "") -> Schema:
    """The schema with the date `name` as the time of the prediction."""
    return Schema(
        columns=tuple(
            replace(column, role="time", reason=f"{why}{column.reason}") if column.name == name else column
            for column in schema.columns
        )
    )


def with_dates(raw: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The raw rows with a column for each date that is read from several, as the reader joins their texts."""
    parts = {column.name: column.reader["parts"] for column in schema.columns if "parts" in column.reader}
    return raw.with_columns(join_parts(raw, named, name) for name, named in parts.items()) if parts else raw


def check_names(columns: Iterable[str], spec: Spec) -> None:
    """Every column that the spec names is in the data."""
    known = list(columns)
    data = spec.data
    explained = spec.objective.explain or Explain()
    named: dict[str, Iterable[str]] = {
        "objective.target": [spec.objective.target],
        "objective.explain.fixed": explained.fixed,
        "objective.explain.words": explained.words,
        "objective.explain.levels": explained.levels,
        "data.time": data.time,
        "data.group": [data.group] if data.group else [],
        "data.weight": [data.weight] if data.weight else [],
        "data.key": data.key,
        "data.exclude": data.exclude,
        "data.outcomes": data.outcomes,
        "data.types": data.types,
        "data.audit.keep": data.audit.keep,
    }
    for where, names in named.items():
        for name in names:
            if name not in known:
                close = nearest(name, known)
                hint = f"did you mean {close!r}?" if close else f"the columns are {', '.join(map(repr, known[:20]))}"
                raise SpecError(f"the data has no column {name!r}", where=where, hint=hint)


def drop(schema: Schema, findings: Iterable[Finding]) -> Schema:
    """The schema without the features that `findings` say are dropped."""
    gone = {f.column: f.text for f in findings if f.action == "dropped" and f.column}
    return Schema(
        columns=tuple(
            replace(column, role="dropped", is_feature=False, reason=gone[column.name])
            if column.name in gone and column.is_feature
            else column
            for column in schema.columns
        )
    )


def _column(series: pl.Series, spec: Spec, *, comma: bool, decimals: pl.Series | None) -> tuple[Column, Finding | None]:
    """The column of a raw series; `decimals` are its values where all of them are plain numbers."""
    name, data = series.name, spec.data
    told = data.types.get(name)
    wire: Wire | None = None if told == "id" else told
    kept = name in data.audit.keep
    known = decimals is not None and wire is None
    guessed = DECIMALS if known else guess(series, zone=data.timezone, comma=comma, wire=wire, as_is=kept)
    role, why = _role(name, spec)
    if guessed is None:
        text = f"{name!r} holds {unreadable(series)}"
        plain = Guess(wire="text", reason=text)
        return plain.column(name, "dropped" if role == "feature" else role, text), finding("type", name, text)
    if role in {"feature", "time"} and told == "id":
        return guessed.column(name, "dropped", "set as an id in [data.types]"), None
    if role == "feature":
        values = series if decimals is None else decimals
        return feature_column(values, guessed, left_alone=kept, told=told is not None)
    if role == "group" and _comes_back(series, data):
        if guessed.wire == "number" and told is None:  # its numbers name groups and measure nothing
            guessed = guessed.as_category()
        reason = f"{why}{guessed.reason}; groups come back later, so it is a feature too"
        return replace(guessed.column(name, role, reason), is_feature=guessed.wire != "text"), None
    return guessed.column(name, role, f"{why}{guessed.reason}"), None


def _comes_back(groups: pl.Series, data: Data) -> bool:
    """Whether the groups of train will be seen again, each with enough rows to learn what is its own."""
    return bool(data.time) and not data.unseen_groups and groups.n_unique() * GROUP_ROWS <= len(groups)


def _role(name: str, spec: Spec) -> tuple[Role, str]:
    data = spec.data
    roles: tuple[tuple[Role, str, Iterable[str | None]], ...] = (
        ("target", "objective.target: ", [spec.objective.target]),
        ("outcome", "data.outcomes: ", data.outcomes),
        ("excluded", "data.exclude: ", data.exclude),
        ("key", "data.key: ", data.key),
        ("group", "data.group: ", [data.group]),
        ("weight", "data.weight: ", [data.weight]),
        ("time", "data.time: ", data.time),
    )
    return next(((role, why) for role, why, names in roles if name in names), ("feature", ""))
