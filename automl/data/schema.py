"""What each column is: how it is read, what it is for, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from automl.data.infer.column_types import Guess, guess, text_counts
from automl.data.infer.name_hints import PARTS, coordinate, date_part, is_code, is_id
from automl.data.infer.sentinels import end_of_time, sentinels
from automl.data.read.frames import join_parts, read_column
from automl.data.rows import Column, Finding, Role, Schema, Wire
from automl.errors import SpecError, nearest, printable
from automl.spec import Spec
from automl.spec.data import Data

MANY_LEVELS = 1_000
SHORT = 30  # characters of a value that names something
WORDS = 4  # values of more words are sentences
MINIMUM = 20  # rows below which nothing is called an id
NEARLY_ALL = 0.98  # share of distinct values of what is called an id
FEW_LEVELS = 3  # two levels are a flag, and as well off as a number
LEVEL_ROWS = 10  # rows of a level, on average, before a whole number is a code
LISTS = 2_000  # distinct texts that the look for lists takes
LISTED = 1.5  # levels of a list, on average
SEPARATORS = ("|", ";", ",")
GROUP_ROWS = 20  # rows of a group, on average, that are enough to learn what is its own


def infer_schema(raw: pl.DataFrame, spec: Spec, *, comma: bool = False) -> tuple[Schema, tuple[Finding, ...]]:
    """The schema of the train rows `raw`, and what was seen in columns that cannot be features.

    `comma` says that the csv has decimal commas. Raises SpecError where the spec names a column that is not there.
    """
    check_names(raw.columns, spec)
    columns, findings, names = [], [], raw.columns
    for name in names:
        column, finding = _column(raw[name], spec, comma=comma)
        columns.append(_placed(column, raw, names))
        findings += [finding] if finding else []
    dates = _dates_of_parts(columns, raw, spec)
    schema = Schema(columns=(*columns, *dates))
    for date in dates:
        if set(date.cells) <= set(spec.data.time):
            schema = with_time(schema, date.name, "data.time: ")
    return schema, (*findings, *(_told(column) for column in dates))


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
    parts: dict[str, Any] = {c.name: c.reader["parts"] for c in schema.columns if "parts" in c.reader}
    return raw.with_columns(join_parts(raw, named, name) for name, named in parts.items()) if parts else raw


def check_names(columns: Iterable[str], spec: Spec) -> None:
    """Every column that the spec names is in the data."""
    known = list(columns)
    data = spec.data
    named: dict[str, Iterable[str]] = {
        "objective.target": [spec.objective.target],
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


def finding(
    check: str, column: str | None, text: str, action: str = "dropped", evidence: Mapping[str, object] | None = None
) -> Finding:
    """A finding whose text holds on one line whatever the names and values in it (S08)."""
    line = printable(text.replace("\n", "\\n").replace("\t", "\\t"))
    return Finding(check=check, column=column, text=line, action=action, evidence=evidence or {})  # type: ignore[arg-type]  # one of the four words


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


def _column(series: pl.Series, spec: Spec, *, comma: bool) -> tuple[Column, Finding | None]:
    name, data = series.name, spec.data
    told = data.types.get(name)
    wire: Wire | None = None if told in {None, "id"} else told  # type: ignore[assignment]  # the other words are wires
    found = guess(series, zone=data.timezone, comma=comma, wire=wire)
    role, why = _role(name, spec)
    if found is None:
        text = f"{name!r} holds {series.dtype}: lists, structs and bytes are no single values"
        plain = Guess(wire="text", reason=text)
        return _made(name, plain, "dropped" if role == "feature" else role, text), finding("type", name, text)
    if role in {"feature", "time"} and told == "id":
        return _made(name, found, "dropped", "set as an id in [data.types]"), None
    if role == "feature":
        return _feature(series, found, left_alone=name in data.audit.keep, told=told is not None)
    if role == "group" and _comes_back(series, data):
        if found.wire == "number" and told is None:  # its numbers name groups and measure nothing
            found = replace(found, wire="category", parser=None, sentinels=())
        reason = f"{why}{found.reason}; groups come back later, so it is a feature too"
        return replace(_made(name, found, role, reason), is_feature=found.wire != "text"), None
    return _made(name, found, role, f"{why}{found.reason}"), None


def _feature(series: pl.Series, found: Guess, *, left_alone: bool, told: bool) -> tuple[Column, Finding | None]:
    """What the values of a feature are; `told` in [data.types] or `left_alone` by the audit they are what they seem."""
    name = series.name
    if not left_alone:
        found = _without_sentinels(series, found)
    if told or left_alone:
        return _made(name, found, "feature", found.reason), None
    if levels := _code_levels(series, found):
        code = replace(found, wire="category", parser=None, sentinels=())
        reason = f"a code by its name: {levels} whole numbers that measure nothing"
        return replace(_made(name, code, "feature", reason), sense="code"), None
    shape = _identifier(series) if found.wire == "number" else _wordy(series, found)
    if separator := _list(series, found):
        listed = replace(found, wire="text") if shape else found
        reason = f"{found.reason}: lists of levels with {separator!r} between them"
        return replace(_made(name, listed, "feature", reason), sense="list", separator=separator), None
    if shape is None:
        return _made(name, found, "feature", found.reason), None
    check, text = shape
    if check == "text":
        return _made(name, replace(found, wire="text"), "feature", text), None
    return _made(name, found, "dropped", text), finding(check, name, text)


def _comes_back(groups: pl.Series, data: Data) -> bool:
    """Whether the groups of train will be seen again, each with enough rows to learn what is its own."""
    return bool(data.time) and not data.unseen_groups and groups.n_unique() * GROUP_ROWS <= len(groups)


def _made(name: str, found: Guess, role: Role, reason: str) -> Column:
    is_feature = role == "feature" or (role == "time" and found.wire != "text")
    return Column(
        name=name, wire=found.wire, role=role, reason=reason, is_feature=is_feature, reader=found.reader(name)
    )


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


def _identifier(series: pl.Series) -> tuple[str, str] | None:
    """Whole numbers, each once, that count the rows or are called an id."""
    if series.dtype == pl.String:
        series = series.cast(pl.Int64, strict=False)
    if not series.dtype.is_integer() or series.null_count() or len(series) < MINIMUM:
        return None
    span = int(series.max()) - int(series.min()) + 1  # type: ignore[arg-type]  # whole numbers
    distinct = series.n_unique()
    if span < distinct or distinct < NEARLY_ALL * len(series):
        return None
    called = is_id(series.name)
    if distinct < len(series) and not (called and distinct >= MANY_LEVELS):
        return None
    if not (called or series.is_sorted() or span <= 2 * len(series)):
        return None
    each = "another whole number in each row" if distinct == len(series) else f"{distinct} values in {len(series)} rows"
    return "id", f"{series.name!r} has {each}: an id, no measure"


def _code_levels(series: pl.Series, found: Guess) -> int:
    """How many levels a code has: whole numbers from 0 on, so named, with rows to learn what each is; else 0."""
    if found.wire != "number" or found.parser is not None or not is_code(series.name):
        return 0
    number = read_column(found.reader(series.name), series).drop_nans()
    if not len(number) or not ((number >= 0) & (number == number.floor())).all():
        return 0
    levels = number.n_unique()
    return levels if FEW_LEVELS <= levels <= len(number) / LEVEL_ROWS else 0


def _without_sentinels(series: pl.Series, found: Guess) -> Guess:
    """The guess with the numbers that stand for missing."""
    if found.wire not in {"number", "date"}:
        return found
    if found.wire == "number":
        plain = series.dtype.is_numeric()
        marks = sentinels(series if plain else read_column(found.reader(series.name), series).fill_nan(None))
    elif isinstance(series.dtype, pl.Date | pl.Datetime | pl.String):
        marks = end_of_time(read_column(found.reader(series.name), series))
    else:
        marks = ()
    return replace(found, sentinels=marks)


def _list(series: pl.Series, found: Guess) -> str:
    """The sign between the levels of lists such as "a|b|c", where levels come back; "" if these are no lists."""
    if series.dtype == pl.Object or found.wire not in {"category", "text"}:
        return ""
    values = text_counts(series, found.missing)[0].head(LISTS)
    if len(values) < MINIMUM:
        return ""
    for sign in SEPARATORS:
        parts = values.str.split(sign).explode().str.strip_chars()
        if len(parts) < LISTED * len(values) or (parts == "").mean() > 0.05:  # type: ignore[operator]  # noqa: PLR2004  # a share; a few blanks
            continue
        short = float(parts.str.count_matches(r"\S+").mean() or 0.0) < WORDS - 1  # type: ignore[arg-type]  # of counts
        if short and parts.n_unique() <= min(len(values), MANY_LEVELS) / 2:
            return sign
    return ""


def _placed(column: Column, raw: pl.DataFrame, names: Sequence[str]) -> Column:
    """The column as half of a place, if it is one: degrees north or east with a partner of the same name."""
    if column.wire != "number" or not column.is_feature or (half := coordinate(column.name, names)) is None:
        return column
    sense, pair = half
    degrees = read_column(column.reader, raw[column.name]).drop_nans()
    most = 90.0 if sense == "latitude" else 180.0
    if not len(degrees) or float(degrees.abs().max()) > most:  # type: ignore[arg-type]  # of floats
        return column
    return replace(column, sense=sense, pair=pair, reason=f"{column.reason}: the {sense} of a place, with {pair!r}")


def _dates_of_parts(columns: list[Column], raw: pl.DataFrame, spec: Spec) -> list[Column]:
    """A date for each year, month and day that stand in columns of their own; these stay features too."""
    named: dict[str, dict[str, str]] = {}
    for column in columns:
        if column.is_feature and (part := date_part(column.name)):
            named.setdefault(part[1], {}).setdefault(part[0], column.name)
    found = []
    for prefix, given in named.items():
        parts = [given[part] for part in PARTS if part in given]
        if not {"year", "month"} <= set(given):
            continue
        name = prefix.replace(" ", "_") if prefix and "date" in prefix else f"{prefix} date".strip().replace(" ", "_")
        whole = _date_of(name if name not in raw.columns else f"{name}, whole", parts, raw, spec)
        found += [whole] if whole else []
    return found


def _date_of(name: str, parts: list[str], raw: pl.DataFrame, spec: Spec) -> Column | None:
    text = join_parts(raw, parts, name)
    for form in ("%Y %m %d", "%Y %b %d")[:: 1 if raw[parts[1]].dtype.is_numeric() else -1]:
        parser = {"kind": "date", "format": form[: 3 * len(parts) - 1], "zone": spec.data.timezone}
        reader: dict[str, object] = {"name": name, "wire": "date", "missing": [], "parser": parser, "parts": parts}
        if not read_column(reader, text.head(LISTS)).is_nan().any() and not read_column(reader, text).is_nan().any():
            reason = f"the date that {', '.join(map(repr, parts))} give together"
            return Column(name=name, wire="date", role="feature", reason=reason, is_feature=True, reader=reader)
    return None


def _told(column: Column) -> Finding:
    return finding(
        "date", column.name, f"{column.name!r} is {column.reason}", "noted", {"parts": column.reader["parts"]}
    )


def _wordy(series: pl.Series, found: Guess) -> tuple[str, str] | None:
    """Text that is an id (nearly each row its own) or sentences, so no category."""
    if found.wire != "category" or series.dtype == pl.Object:
        return None
    values, count = text_counts(series, found.missing)
    distinct, rows = len(values), int(count.sum())
    if rows < MINIMUM or distinct <= MINIMUM:
        return None
    sample = values.gather_every(max(1, distinct // 1_000))
    length = float(sample.str.len_chars().mean() or 0.0)  # type: ignore[arg-type]  # of lengths
    words = float(sample.str.count_matches(r"\S+").mean() or 0.0)  # type: ignore[arg-type]  # of counts
    named = length <= SHORT and words < WORDS
    if not named and distinct > 50:  # noqa: PLR2004  # fewer sentences are the answers of a form
        return "text", f"{series.name!r} is free text ({words:.0f} words a value)"
    if distinct >= 0.95 * rows:
        return "id", f"{series.name!r} has {distinct} values in {rows} rows: an id, no category"
    if distinct > 0.5 * rows and distinct > MANY_LEVELS and words > 2:  # noqa: PLR2004  # names have two
        return "text", f"{series.name!r} is free text ({distinct} values in {rows} rows)"
    return None
