"""Dates whose year, month and day stand in columns of their own; these stay features too."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from automl.data.infer.name_hints import PARTS, date_part
from automl.data.read.column_reader import ColumnReader, Parser
from automl.data.read.frames import join_parts, read_column
from automl.data.rows import Column, Finding, finding

FIRST_ROWS = 2_000  # rows that a format is tried on, before all are


def dates_of_parts(columns: Sequence[Column], raw: pl.DataFrame, zone: str) -> list[Column]:
    """A date for each year, month and day among the features `columns` of the raw rows."""
    named: dict[str, dict[str, str]] = {}
    for column in columns:
        if column.is_feature and (part := date_part(column.name)):
            named.setdefault(part[1], {}).setdefault(part[0], column.name)
    dates = []
    for prefix, given in named.items():
        parts = [given[part] for part in PARTS if part in given]
        if not {"year", "month"} <= set(given):
            continue
        name = prefix.replace(" ", "_") if prefix and "date" in prefix else f"{prefix} date".strip().replace(" ", "_")
        whole = _date_of(name if name not in raw.columns else f"{name}, whole", parts, raw, zone)
        dates += [whole] if whole else []
    return dates


def date_finding(column: Column) -> Finding:
    """What is said of such a date."""
    return finding(
        "date", column.name, f"{column.name!r} is {column.reason}", "noted", {"parts": column.reader["parts"]}
    )


def _date_of(name: str, parts: list[str], raw: pl.DataFrame, zone: str) -> Column | None:
    text = join_parts(raw, parts, name)
    for form in ("%Y %m %d", "%Y %b %d")[:: 1 if raw[parts[1]].dtype.is_numeric() else -1]:
        parser: Parser = {"kind": "date", "format": form[: 3 * len(parts) - 1], "zone": zone}
        reader: ColumnReader = {"name": name, "wire": "date", "missing": [], "parser": parser, "parts": parts}
        if (
            not read_column(reader, text.head(FIRST_ROWS)).is_nan().any()
            and not read_column(reader, text).is_nan().any()
        ):
            reason = f"the date that {', '.join(map(repr, parts))} give together"
            return Column(name=name, wire="date", role="feature", reason=reason, is_feature=True, reader=reader)
    return None
