"""How other tables hang on the main one: read as their values say, keys compared, lookups and histories told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from automl.data.infer.column_types import Guess, guess
from automl.data.read.open_tables import Opened, open_table
from automl.data.read.source import checked, frame_digest, probe_all
from automl.data.read.typed_tables import Frame, read_table
from automl.data.rows import Finding, Labels, Schema
from automl.data.schema import finding
from automl.data.tables.checks import MAIN, check_columns, check_tables
from automl.data.tables.keys import Join, look, look_at_time
from automl.errors import DataError, SpecError
from automl.spec import Spec
from automl.spec.data import Table

SAMPLE = 100_000  # rows of a table on the disk that its types are found from
MOST = 0.5  # share of rows whose time may be unreadable
NAMED = 0.5  # share of distinct texts from which on they are names or ids
FEW = 20  # rows below which nothing is called an id


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """All tables, read.

    `document` is the part of relational.json that says how they are read: ``main`` (keys, the cutoff, the columns that
    other tables' values may be compared with) and ``tables``. `wires` maps each table, main with them, to its columns;
    `frames` the other tables to their rows in wire types, `raw` as they came. `cutoff` is main's column of the moment
    at which features stop; `history` are the keys by which main's own past rows are found.
    """

    document: Mapping[str, Any]
    wires: Mapping[str, Mapping[str, str]]
    frames: Mapping[str, Frame]
    raw: Mapping[str, Frame]
    joins: tuple[Join, ...]
    cutoff: str | None
    history: tuple[tuple[str, ...], ...]
    findings: tuple[Finding, ...]
    digests: Mapping[str, str]


def join(
    spec: Spec, raw: pl.DataFrame, schema: Schema, labels: Labels, given: Mapping[str, pl.DataFrame] | None = None
) -> Joined:
    """Read the tables of the spec beside the train rows `raw` of main, and look at how their keys meet.

    `given` frames stand in for files. Raises SpecError for columns and tables that are not there and for a cycle,
    DataError for keys that can never meet.
    """
    others = {name: table for name, table in spec.data.tables.items() if name != MAIN}
    check_tables(spec, given or {})
    opened = _opened(others, given or {})
    rows = {name: table.frame for name, table in opened.items()}
    samples = {MAIN: raw, **{name: _sample(frame) for name, frame in rows.items()}}
    pairs = [(name, its, table.to, other) for name, table in others.items() for its, other in table.on.items()]
    check_columns(spec, {name: sample.columns for name, sample in samples.items()})
    cutoff = _cutoff(spec)
    keys = _key_wires(pairs, samples, spec.data.timezone)
    history = _history(spec, others, cutoff)
    keys |= {(MAIN, column): keys.get((MAIN, column), "category") for key in history for column in key}
    main, past = _main_reader(spec, raw, schema, labels, cutoff, keys, history=bool(history))
    document: dict[str, Any] = {"main": {"columns": main}, "tables": {}}
    findings: list[Finding] = []
    for name, table in others.items():
        entries, found = _table_reader(name, table, samples[name], keys, spec.data.timezone)
        document["tables"][name] = {"reader": {"columns": entries}, "dialect": opened[name].dialect}
        findings += found
    frames = {name: read_table(name, document["tables"][name], frame) for name, frame in rows.items()}
    frames_of = {**frames, MAIN: read_table(MAIN, {"reader": document["main"]}, raw)}
    if history:
        document["tables"][MAIN] = past
        told = " and by ".join(", ".join(key) for key in history)
        text = f"past rows of main serve as history by {told}; their target from data.horizon after their time on"
        findings.append(finding("table", MAIN, text, "noted"))
    joins = []
    for name, table in others.items():
        one, found = look(name, table, frames_of, samples)
        joins.append(one)
        findings += found
        findings += look_at_time(one, frames[name], cutoff)
    return Joined(
        document=document,
        wires=_wires(document, history=bool(history)),
        frames=frames,
        raw=rows,
        joins=tuple(joins),
        cutoff=cutoff,
        history=history,
        findings=tuple(findings),
        digests={path: digest for table in opened.values() for path, digest in table.digests.items()},
    )


def _opened(tables: Mapping[str, Table], given: Mapping[str, pl.DataFrame]) -> dict[str, Opened]:
    """The rows of each table with their digests; a file that is joined twice is read once."""
    paths = dict.fromkeys(str(table.path) for name, table in tables.items() if name not in given)
    probe_all(*paths)
    read = {path: open_table(path, probed=True) for path in paths}
    frames = {
        name: Opened(frame=checked(frame, name), digests={f"frame:{name}": frame_digest(frame)})
        for name, frame in given.items()
    }
    return {name: frames[name] if name in given else read[str(table.path)] for name, table in tables.items()}


def _sample(frame: Frame) -> pl.DataFrame:
    """Rows that types are found from: all of a frame, some of a file that stays on the disk."""
    if isinstance(frame, pl.DataFrame):
        return frame
    height = int(frame.select(pl.len()).collect().item())
    return frame.gather_every(max(1, height // SAMPLE)).collect()


def _cutoff(spec: Spec) -> str | None:
    """Main's column of the moment at which features stop."""
    if spec.data.cutoff:
        return spec.data.cutoff
    if len(spec.data.time) > 1:
        hint = "set data.cutoff to one column with the date"
        raise SpecError("other tables need the time of a row in one column", where="data.time", hint=hint)
    return spec.data.time[0] if spec.data.time else None


def _key_wires(
    pairs: Sequence[tuple[str, str, str, str]], samples: Mapping[str, pl.DataFrame], zone: str
) -> dict[tuple[str, str], str]:
    """How each key column is read: as text, as a date where both sides of every pair it is in are dates."""
    sides = {side for name, its, to, other in pairs for side in ((name, its), (to, other))}
    dates = {
        (table, column)
        for table, column in sides
        if (found := guess(samples[table][column], zone=zone)) and found.wire == "date"
    }
    while odd := {
        side
        for name, its, to, other in pairs
        for side, mate in (((name, its), (to, other)), ((to, other), (name, its)))
        if side in dates and mate not in dates
    }:
        dates -= odd
    return {side: "date" if side in dates else "category" for side in sides}


def _history(spec: Spec, others: Mapping[str, Table], cutoff: str | None) -> tuple[tuple[str, ...], ...]:
    """The keys of main's own past rows: as stated, else those that it shares with other tables, and its group."""
    if spec.data.horizon is None or cutoff is None:
        return ()
    if MAIN in spec.data.tables:
        return (tuple(spec.data.tables[MAIN].on),)
    keys: list[tuple[str, ...]] = [(spec.data.group,)] if spec.data.group and others else []
    keys += [tuple(table.on.values()) for table in others.values() if table.to == MAIN]
    return tuple(dict.fromkeys(key for key in keys if not {cutoff, *spec.data.time} & set(key)))


def _entry(series: pl.Series, wire: Any, zone: str) -> dict[str, object] | None:
    found = guess(series, zone=zone, wire=wire)
    return None if found is None else found.reader(series.name)


def _date_entry(series: pl.Series, zone: str, where: str) -> dict[str, object]:
    """How a time is read. DataError where most of it is no date."""
    entry = _entry(series, "date", zone)
    read = read_table("", {"reader": {"columns": [entry]}}, series.to_frame()) if entry else None
    if read is None or float(read.lazy().select(pl.col(series.name).is_nan().mean()).collect().item()) > MOST:
        hint = "give a column of dates; data.tables.NAME.types says what a column is"
        raise DataError(f"most values of {series.name!r} are no date", where=where, hint=hint)
    return entry or {}


def _main_reader(
    spec: Spec,
    raw: pl.DataFrame,
    schema: Schema,
    labels: Labels,
    cutoff: str | None,
    keys: Mapping[tuple[str, str], str],
    *,
    history: bool,
) -> tuple[list[dict[str, object]], dict[str, Any]]:
    """How main is read in front of the tables, and how its own past rows are: with what became known since."""
    zone, where = spec.data.timezone, "data.cutoff" if spec.data.cutoff else "data.time"
    entries: dict[str, dict[str, object]] = {}
    for column in schema.columns:
        wire = keys.get((MAIN, column.name))
        if column.name == cutoff or column.name in spec.data.time[:1]:
            entries[column.name] = _date_entry(raw[column.name], zone, where)
        elif wire is not None:
            entries[column.name] = _entry(raw[column.name], wire, zone) or _no_key(MAIN, column.name)
        elif column.is_feature and column.wire != "text":
            entries[column.name] = dict(column.reader)
    if not history:
        return list(entries.values()), {}
    late = {column.name: dict(column.reader) for column in schema.columns if column.role == "outcome"}
    target = dict(labels.reader) if labels.reader else _entry(raw[labels.name], "category", zone)
    past: dict[str, Any] = {"reader": {"columns": [*entries.values(), *late.values(), target]}}
    if labels.task.kind == "binary":
        past["positive"] = {labels.name: labels.texts[1]}
    return list(entries.values()), past


def _table_reader(
    name: str, table: Table, sample: pl.DataFrame, keys: Mapping[tuple[str, str], str], zone: str
) -> tuple[list[dict[str, object]], list[Finding]]:
    """How a table is read, without what nothing can be computed from."""
    entries, left_out = [], []
    for series in sample:
        wire = keys.get((name, series.name))
        told = table.types.get(series.name)
        if wire is not None:
            entries.append(_entry(series, wire, zone) or _no_key(name, series.name))
        elif series.name == table.time:
            entries.append(_date_entry(series, zone, f"data.tables.{name}.time"))
        elif series.name in table.exclude or told == "id":
            continue
        else:
            found = guess(series, zone=zone, wire=told)
            if found is None or found.wire == "text" or (told is None and _names_rows(series, found)):
                left_out.append(series.name)
            else:
                entries.append(found.reader(series.name))
    text = f"of {name} nothing is computed from {', '.join(map(repr, left_out))}: ids, names or free text"
    return entries, [finding("table", name, text, "noted", {"columns": left_out})] if left_out else []


def _no_key(table: str, column: str) -> dict[str, object]:
    raise DataError(f"the key {column!r} of {table!r} holds no single values")


def _names_rows(series: pl.Series, found: Guess) -> bool:
    """Whether the values tell rows apart and nothing else: whole numbers that count them, texts that hardly repeat."""
    if len(series) < FEW:
        return False
    distinct = series.n_unique()
    if found.wire == "category":
        return distinct > NAMED * len(series)
    called = series.name.lower() in {"id", "key", "index"} or series.name.lower().endswith(("_id", " id", "_key"))
    return series.dtype.is_integer() and distinct == len(series) and (called or series.is_sorted())


def _wires(document: Mapping[str, Any], *, history: bool) -> dict[str, dict[str, str]]:
    wires = {name: _columns(entry) for name, entry in document["tables"].items() if name != MAIN}
    main = document["tables"][MAIN] if history else {"reader": document["main"]}
    return {MAIN: _columns(main), **wires}


def _columns(entry: Mapping[str, Any]) -> dict[str, str]:
    flags = entry.get("positive", {})
    return {
        column["name"]: "flag" if column["name"] in flags else column["wire"] for column in entry["reader"]["columns"]
    }
