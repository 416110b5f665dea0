"""How other tables hang on the main one: opened, read as their values say, and their keys compared with main's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from automl.data.read.column_reader import Wire
from automl.data.read.open_tables import OpenedTable, open_table
from automl.data.read.source import checked, frame_digest, probe_all
from automl.data.read.table_rows import TableReaders
from automl.data.read.typed_tables import Frame, read_table
from automl.data.rows import Finding, Labels, Schema
from automl.data.tables.checks import MAIN, check_columns, check_tables, routed
from automl.data.tables.clocks import inspect_clocks
from automl.data.tables.keys import Join, inspect_keys, inspect_times
from automl.data.tables.table_readers import cutoff_of, history_of, table_readers, wires_of
from automl.spec import Spec
from automl.spec.data import Table

SAMPLE = 100_000  # rows of a table on the disk that its types are found from


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedTables:
    """All tables, read.

    `document` is the part of relational.json that says how. `wires` maps each table, main with them, to its columns;
    `frames` the other tables to their rows in wire types, `raw` as they came. `cutoff` is main's column of the moment
    at which features stop; `history` are the keys by which main's own past rows are found.
    """

    document: TableReaders
    wires: Mapping[str, Mapping[str, Wire]]
    frames: Mapping[str, Frame]
    raw: Mapping[str, Frame]
    joins: tuple[Join, ...]
    cutoff: str | None
    history: tuple[tuple[str, ...], ...]
    findings: tuple[Finding, ...]
    digests: Mapping[str, str]


def join_tables(
    spec: Spec, raw: pl.DataFrame, schema: Schema, labels: Labels, given: Mapping[str, pl.DataFrame] | None = None
) -> JoinedTables:
    """Read the tables of the spec beside the train rows `raw` of main, and look at how their keys meet.

    `given` frames stand in for files. Raises SpecError for columns and tables that are not there and for a cycle,
    DataError for keys that can never meet.
    """
    check_tables(spec, given or {})
    opened = _opened({name: table for name, table in spec.data.tables.items() if name != MAIN}, given or {})
    samples = {MAIN: raw, **{name: _sample(table.frame) for name, table in opened.items()}}
    known = {name: sample.columns for name, sample in samples.items()}
    spec, findings = routed(spec, known)
    check_tables(spec, given or {})
    check_columns(spec, known)
    dialects = {name: table.dialect for name, table in opened.items()}
    document, told = table_readers(spec, schema, labels, samples, dialects)
    findings += told
    frames = {name: read_table(name, document["tables"][name], table.frame) for name, table in opened.items()}
    with_main = {**frames, MAIN: read_table(MAIN, {"reader": document["main"]}, raw)}
    joins: list[Join] = []
    for name in opened:
        own, seen = inspect_keys(name, spec.data.tables[name], with_main, samples)
        joins += own
        findings += [*seen, *inspect_times(own[0], frames[name], cutoff_of(spec))]
    findings += inspect_clocks(joins, with_main, cutoff_of(spec))
    return JoinedTables(
        document=document,
        wires=wires_of(document),
        frames=frames,
        raw={name: table.frame for name, table in opened.items()},
        joins=tuple(joins),
        cutoff=cutoff_of(spec),
        history=history_of(spec),
        findings=tuple(findings),
        digests={path: digest for table in opened.values() for path, digest in table.digests.items()},
    )


def _opened(tables: Mapping[str, Table], given: Mapping[str, pl.DataFrame]) -> dict[str, OpenedTable]:
    """The rows of each table with their digests; a file that is joined twice is read once."""
    paths = dict.fromkeys(str(table.path) for name, table in tables.items() if name not in given)
    probe_all(*paths)
    read = {path: open_table(path, probed=True) for path in paths}
    frames = {
        name: OpenedTable(frame=frame, digests={f"frame:{name}": frame_digest(frame)})
        for name, frame in ((name, checked(frame, name)) for name, frame in given.items())
    }
    return {name: frames[name] if name in given else read[str(table.path)] for name, table in tables.items()}


def _sample(frame: Frame) -> pl.DataFrame:
    """Rows that types are found from: all of a frame, some of a file that stays on the disk."""
    if isinstance(frame, pl.DataFrame):
        return frame
    height = int(frame.select(pl.len()).collect().item())
    return frame.gather_every(max(1, height // SAMPLE)).collect()
