"""How main and other tables are read, as their values say: keys alike on both sides, times as dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from automl.data.infer.column_types import Guess, guess
from automl.data.read.column_reader import ColumnReader, CsvDialect, Reader, Wire
from automl.data.read.frames import read_column
from automl.data.read.reader import read_value
from automl.data.read.table_rows import TableReader, TableReaders
from automl.data.rows import Finding, Labels, Schema, finding
from automl.data.tables.checks import MAIN, to_of
from automl.errors import DataError, SpecError
from automl.spec import Spec

MOST = 0.5  # share of rows whose time may be unreadable
NAMED = 0.5  # share of distinct texts from which on they are names or ids
FEW = 20  # rows below which nothing is called an id

Place = tuple[str, str]  # a table and a column of it


def table_readers(
    spec: Spec,
    schema: Schema,
    labels: Labels,
    samples: Mapping[str, pl.DataFrame],
    dialects: Mapping[str, CsvDialect | None],
) -> tuple[TableReaders, list[Finding]]:
    """How each table is read, and what is left out of it; `samples` are raw rows of all of them, main's first.

    Where main has a history its own past rows are read as a table, too. `dialects` are those of the other tables.
    """
    keys = _key_wires(spec, samples)
    main = _main_reader(spec, samples[MAIN], schema, keys)
    readers: TableReaders = {"main": main, "tables": {}}
    findings: list[Finding] = []
    for name, dialect in dialects.items():
        reader, left_out = _reader_of(name, spec, samples[name], keys)
        readers["tables"][name] = {"reader": reader, "dialect": dialect}
        findings += _not_used(name, left_out)
    if history := history_of(spec):
        readers["tables"][MAIN] = _past_reader(main, samples[MAIN], schema, labels, spec.data.timezone)
        told = " and by ".join(", ".join(key) for key in history)
        text = f"past rows of main serve as history by {told}; their target from data.horizon after their time on"
        findings.append(finding("table", MAIN, text, "noted"))
    return readers, findings


def wires_of(readers: TableReaders) -> dict[str, dict[str, Wire]]:
    """The columns of each table, main (with its past rows' columns) first."""
    main: TableReader = {"reader": readers["main"]}
    return {name: _wires(table) for name, table in ({MAIN: main} | readers["tables"]).items()}


def cutoff_of(spec: Spec) -> str | None:
    """Main's column of the moment at which features stop."""
    if spec.data.cutoff:
        return spec.data.cutoff
    if len(spec.data.time) > 1:
        hint = "set data.cutoff to one column with the date"
        raise SpecError("other tables need the time of a row in one column", where="data.time", hint=hint)
    return spec.data.time[0] if spec.data.time else None


def history_of(spec: Spec) -> tuple[tuple[str, ...], ...]:
    """The keys of main's own past rows: as stated, else those that it shares with other tables, and its group."""
    cutoff = cutoff_of(spec)
    if spec.data.horizon is None or cutoff is None:
        return ()
    if MAIN in spec.data.tables:
        return tuple(map(tuple, spec.data.tables[MAIN].on))
    keys: list[tuple[str, ...]] = [(spec.data.group,)] if spec.data.group and spec.data.tables else []
    keys += [tuple(join.values()) for table in spec.data.tables.values() if to_of(table) == MAIN for join in table.on]
    return tuple(dict.fromkeys(key for key in keys if not {cutoff, *spec.data.time} & set(key)))


def _key_wires(spec: Spec, samples: Mapping[str, pl.DataFrame]) -> dict[Place, Wire]:
    """How each key column is read: as text, as a date where both sides of every pair it is in are dates."""
    pairs = list(_pairs(spec))
    sides = {side for pair in pairs for side in pair}
    dates = {
        (table, column)
        for table, column in sides
        if (natural := guess(samples[table][column], zone=spec.data.timezone)) and natural.wire == "date"
    }
    while odd := {side for pair in pairs for side, mate in (pair, pair[::-1]) if side in dates and mate not in dates}:
        dates -= odd
    past: dict[Place, Wire] = {(MAIN, column): "category" for key in history_of(spec) for column in key}
    return past | {side: "date" if side in dates else "category" for side in sides}


def _pairs(spec: Spec) -> Iterator[tuple[Place, Place]]:
    """The columns that are compared, a pair for each."""
    for name, table in spec.data.tables.items():
        if name != MAIN:
            yield from (((name, its), (to_of(table), other)) for join in table.on for its, other in join.items())


def _main_reader(spec: Spec, raw: pl.DataFrame, schema: Schema, keys: Mapping[Place, Wire]) -> Reader:
    """How main is read in front of the tables: keys, times, and what other tables' values may be compared with."""
    zone, where = spec.data.timezone, "data.cutoff" if spec.data.cutoff else "data.time"
    times = {cutoff_of(spec), *spec.data.time[:1]}
    columns: list[ColumnReader] = []
    for column in schema.columns:
        if column.name in times:
            columns.append(_date_reader(raw[column.name], zone, where))
        elif (wire := keys.get((MAIN, column.name))) is not None:
            columns.append(_key_reader(raw[column.name], wire, zone, MAIN))
        elif column.is_feature and column.wire != "text":
            columns.append(column.reader)
    return {"columns": columns}


def _past_reader(main: Reader, raw: pl.DataFrame, schema: Schema, labels: Labels, zone: str) -> TableReader:
    """How main's own past rows are read: with what became known since, the positive label as 1."""
    late = {column.name: column.reader for column in schema.columns if column.role == "outcome"}
    target = labels.reader or _key_reader(raw[labels.name], "category", zone, MAIN)
    past: TableReader = {"reader": {"columns": [*main["columns"], *late.values(), target]}}
    if labels.task.kind != "binary":
        return past
    return {**past, "positive": {labels.name: str(read_value(target, labels.values[1]))}}


def _reader_of(name: str, spec: Spec, sample: pl.DataFrame, keys: Mapping[Place, Wire]) -> tuple[Reader, list[str]]:
    """How a table is read, and the columns that nothing can be computed from."""
    table = spec.data.tables[name]
    zone = table.timezone or spec.data.timezone
    columns: list[ColumnReader] = []
    left_out: list[str] = []
    for series in sample:
        told = table.types.get(series.name)
        if (wire := keys.get((name, series.name))) is not None:
            columns.append(_key_reader(series, wire, spec.data.timezone, name))  # as written: days meet days
        elif series.name == table.time:
            columns.append(_date_reader(series, zone, f"data.tables.{name}.time"))
        elif series.name not in table.exclude and told != "id":
            natural = guess(series, zone=zone, wire=told)
            if natural is None or natural.wire == "text" or (told is None and _names_rows(series, natural)):
                left_out.append(series.name)
            else:
                columns.append(natural.reader(series.name))
    return {"columns": columns}, left_out


def _not_used(table: str, columns: list[str]) -> list[Finding]:
    text = f"of {table} nothing is computed from {', '.join(map(repr, columns))}: ids, names or free text"
    return [finding("table", table, text, "noted", {"columns": columns})] if columns else []


def _key_reader(series: pl.Series, wire: Wire, zone: str, table: str) -> ColumnReader:
    as_key = guess(series, zone=zone, wire=wire)
    if as_key is None:
        raise DataError(f"the key {series.name!r} of {table!r} holds no single values")
    return as_key.reader(series.name)


def _date_reader(series: pl.Series, zone: str, where: str) -> ColumnReader:
    """How a time is read. DataError where most of it is no date."""
    as_date = guess(series, zone=zone, wire="date")
    if as_date is None or _share_missing(as_date.reader(series.name), series) > MOST:
        hint = "give a column of dates; data.tables.NAME.types says what a column is"
        raise DataError(f"most values of {series.name!r} are no date", where=where, hint=hint)
    return as_date.reader(series.name)


def _share_missing(reader: ColumnReader, series: pl.Series) -> float:
    return float(read_column(reader, series).is_nan().mean() or 0.0)  # type: ignore[arg-type]  # of flags


def _names_rows(series: pl.Series, natural: Guess) -> bool:
    """Whether the values tell rows apart and nothing else: whole numbers that count them, texts that hardly repeat."""
    if len(series) < FEW:
        return False
    distinct = series.n_unique()
    if natural.wire == "category":
        return distinct > NAMED * len(series)
    called = series.name.lower() in {"id", "key", "index"} or series.name.lower().endswith(("_id", " id", "_key"))
    return series.dtype.is_integer() and distinct == len(series) and (called or series.is_sorted())


def _wires(table: TableReader) -> dict[str, Wire]:
    flags = table.get("positive", {})
    return {
        column["name"]: "flag" if column["name"] in flags else column["wire"] for column in table["reader"]["columns"]
    }
