"""What each column is: how it is read, what it is for, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from automl.data.rows import Column, Finding, Role, Schema, Wire
from automl.data.wires import Guess, guess, text_counts
from automl.errors import SpecError, nearest, printable
from automl.spec import Spec
from automl.spec.data import Data

MANY_LEVELS = 1_000
SHORT = 30  # characters of a value that names something
WORDS = 4  # values of more words are sentences
MINIMUM = 20  # rows below which nothing is called an id
GROUP_ROWS = 20  # rows of a group, on average, that are enough to learn what is its own


def infer_schema(raw: pl.DataFrame, spec: Spec, *, comma: bool = False) -> tuple[Schema, tuple[Finding, ...]]:
    """The schema of the train rows `raw`, and what was seen in columns that cannot be features.

    `comma` says that the csv has decimal commas. Raises SpecError where the spec names a column that is not there.
    """
    check_names(raw.columns, spec)
    columns, findings = [], []
    for name in raw.columns:
        column, finding = _column(raw[name], spec, comma=comma)
        columns.append(column)
        findings += [finding] if finding else []
    return Schema(columns=tuple(columns)), tuple(findings)


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
    if role == "feature" and told is None and name not in data.audit.keep:
        shape = _identifier(series) if found.wire == "number" else _wordy(series, found)
        if shape:
            check, text = shape
            found = replace(found, wire="text") if check == "text" else found
            return _made(name, found, "dropped", text), finding(check, name, text)
    if role == "feature" and found.wire == "text":
        text = f"{name!r} is free text; text steps come later"
        return _made(name, found, "dropped", text), finding("text", name, text)
    if role == "group" and _comes_back(series, data):
        reason = f"{why}{found.reason}; groups come back later, so it is a feature too"
        return replace(_made(name, found, role, reason), is_feature=found.wire != "text"), None
    return _made(name, found, role, f"{why}{found.reason}"), None


def _comes_back(groups: pl.Series, data: Data) -> bool:
    """Whether the groups of train will be seen again, each with enough rows to learn what is its own."""
    return bool(data.time) and not data.unseen_groups and groups.n_unique() * GROUP_ROWS <= len(groups)


def _made(name: str, found: Guess, role: Role, reason: str) -> Column:
    is_feature = role in {"feature", "time"} and found.wire != "text"
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
    if span < len(series) or series.n_unique() < len(series):
        return None
    low = series.name.lower()
    called = (
        low in {"id", "key", "index"}
        or low.endswith(("_id", " id", "_key", "_no", "_nr"))
        or series.name[-2:]
        in {
            "Id",
            "ID",
        }
    )
    if not (called or series.is_sorted() or span <= 2 * len(series)):
        return None
    return "id", f"{series.name!r} has another whole number in each row: an id, no measure"


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
        return "text", f"{series.name!r} is free text ({words:.0f} words a value); text steps come later"
    if distinct >= 0.95 * rows:
        return "id", f"{series.name!r} has {distinct} values in {rows} rows: an id, no category"
    if distinct > 0.5 * rows and distinct > MANY_LEVELS and words > 2:  # noqa: PLR2004  # names have two
        return "text", f"{series.name!r} is free text ({distinct} values in {rows} rows); text steps come later"
    return None
